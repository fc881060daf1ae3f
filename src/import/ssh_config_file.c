#include "import/ssh_config_file.h"

#include <ctype.h>
#include <glob.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/match.h"
#include "base/mem.h"
#include "import/import.h"
#include "import/shell_words.h"

#define LINES_MAX    20000
#define DEPTH_MAX    8
#define INCLUDES_MAX 256

/* Where the reader is. */
struct place {
	struct ssh_config_file *file;
	enum ssh_config_block block;
	char *patterns;     /* of the Host block, or NULL */
	const char *folder; /* for relative includes; NULL: none is read */
	unsigned no, depth;
};

static char *lower(const char *text, size_t n)
{
	char *copy = mem_dup(text, n);

	for (size_t i = 0; i < n; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	return copy;
}

static void add_host(struct place *p, const char *name)
{
	struct ssh_config_file *f = p->file;

	if (!match_is_literal(slice_of(name)) || name[0] == '\0')
		return;
	for (size_t i = 0; i < f->n_hosts; i++)
		if (strcasecmp(f->hosts[i], name) == 0)
			return;
	f->hosts = mem_realloc(f->hosts, f->n_hosts + 1, sizeof(char *));
	f->host_lines =
		mem_realloc(f->host_lines, f->n_hosts + 1, sizeof(unsigned));
	f->host_lines[f->n_hosts] = p->no;
	f->hosts[f->n_hosts++] = mem_strdup(name);
}

static void host_block(struct place *p, const char *value)
{
	struct string_list words = {0};
	struct buf list = BUF_INIT;

	(void)shell_words_next(value, &words);
	for (size_t i = 0; i < words.n; i++) {
		add_host(p, words.item[i]);
		buf_printf(&list, "%s%s", i != 0 ? "," : "", words.item[i]);
	}
	free(p->patterns);
	p->patterns = mem_dup(buf_ptr(&list), buf_len(&list));
	p->block = SSH_CONFIG_HOST;
	buf_done(&list);
	shell_words_done(&words);
}

static void match_block(struct place *p, const char *value)
{
	struct string_list words = {0};

	(void)shell_words_next(value, &words);
	p->block = words.n == 1 && strcasecmp(words.item[0], "all") == 0
			   ? SSH_CONFIG_ALL
			   : SSH_CONFIG_MATCH;
	for (size_t i = 0; i < words.n; i++)
		if (strcasecmp(words.item[i], "exec") == 0 ||
			strcasecmp(words.item[i], "!exec") == 0)
			p->file->runs_commands = true;
	if (p->block == SSH_CONFIG_MATCH && !p->file->has_match) {
		p->file->has_match = true;
		p->file->match_line = p->no;
	}
	shell_words_done(&words);
}

static int read_lines(struct place *p, char *text, struct trouble *trouble);

/* ~ is the home folder, what is relative stands in the file's own. */
static char *include_pattern(const struct place *p, const char *word)
{
	const char *home = getenv("HOME");

	if (word[0] == '~' && word[1] == '/' && home != NULL)
		return mem_printf("%s%s", home, word + 1);
	if (word[0] == '/')
		return mem_strdup(word);
	return mem_printf("%s/%s", p->folder, word);
}

static int include_file(
	struct place *p, const char *path, struct trouble *trouble)
{
	struct place inner = *p;
	struct buf text = BUF_INIT;
	struct trouble unread = {0};
	int r = 0;

	/* As ssh does: what can't be read is passed over. */
	if (file_read(path, IMPORT_TEXT_MAX, &text, &unread) == 0) {
		buf_put(&text, "", 1);
		inner.no = 0;
		inner.depth++;
		inner.patterns =
			p->patterns != NULL ? mem_strdup(p->patterns) : NULL;
		r = read_lines(&inner, (char *)buf_ptr(&text), trouble);
		free(inner.patterns);
	}
	buf_done(&text);
	return r;
}

static int include(struct place *p, const char *value, struct trouble *trouble)
{
	struct string_list words = {0};
	int r = 0;

	if (p->folder == NULL)
		return 0;
	if (p->depth == DEPTH_MAX)
		return trouble_say(
			trouble, ERR_LIMIT, "files include each other");
	(void)shell_words_next(value, &words);
	for (size_t i = 0; i < words.n && r == 0; i++) {
		char *pattern = include_pattern(p, words.item[i]);
		glob_t found;

		if (glob(pattern, 0, NULL, &found) == 0) {
			for (size_t k = 0; k < found.gl_pathc &&
					   k < INCLUDES_MAX && r == 0;
				k++)
				r = include_file(p, found.gl_pathv[k], trouble);
			globfree(&found);
		}
		free(pattern);
	}
	shell_words_done(&words);
	return r;
}

static void add_line(struct place *p, char *name, const char *value)
{
	struct ssh_config_file *f = p->file;
	struct ssh_config_line *line;

	f->lines = mem_realloc(f->lines, f->n + 1, sizeof(*f->lines));
	line = &f->lines[f->n++];
	line->no = p->no;
	line->block = p->block;
	line->patterns =
		p->block == SSH_CONFIG_HOST ? mem_strdup(p->patterns) : NULL;
	line->name = name;
	line->value = mem_strdup(value);
}

/* "Name value", "Name=value" or "Name = value". */
static int one_line(struct place *p, char *text, struct trouble *trouble)
{
	size_t n;
	char *name, *value = text + strspn(text, " \t"), *end;
	int r = 0;

	if (*value == '\0' || *value == '#')
		return 0;
	n = strcspn(value, " \t=");
	name = lower(value, n);
	value += n;
	value += strspn(value, " \t");
	value += *value == '=';
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && strchr(" \t\r", end[-1]) != NULL)
		*--end = '\0';
	if (strcmp(name, "host") == 0)
		host_block(p, value);
	else if (strcmp(name, "match") == 0)
		match_block(p, value);
	else if (strcmp(name, "include") == 0)
		r = include(p, value, trouble);
	else if (p->file->n == LINES_MAX)
		r = trouble_say(trouble, ERR_LIMIT, "too many entries");
	else {
		add_line(p, name, value);
		return 0;
	}
	free(name);
	return r;
}

static int read_lines(struct place *p, char *text, struct trouble *trouble)
{
	char *at = text;
	int r = 0;

	while (at != NULL && *at != '\0' && r == 0) {
		char *next = strchr(at, '\n');

		if (next != NULL)
			*next++ = '\0';
		p->no++;
		r = one_line(p, at, trouble);
		at = next;
	}
	return r;
}

int ssh_config_file_read(char *text, const char *path,
	struct ssh_config_file *ret_file, struct trouble *trouble)
{
	struct ssh_config_file file = {0};
	struct place p = {.file = &file, .block = SSH_CONFIG_ALL};
	char *copy = path != NULL ? mem_strdup(path) : NULL;
	int r;

	p.folder = copy != NULL ? dirname(copy) : NULL;
	r = read_lines(&p, text, trouble);
	free(p.patterns);
	free(copy);
	if (r < 0)
		ssh_config_file_done(&file);
	else
		*ret_file = file;
	return r;
}

void ssh_config_file_done(struct ssh_config_file *file)
{
	for (size_t i = 0; i < file->n; i++) {
		free(file->lines[i].patterns);
		free(file->lines[i].name);
		free(file->lines[i].value);
	}
	for (size_t i = 0; i < file->n_hosts; i++)
		free(file->hosts[i]);
	free(file->lines);
	free(file->hosts);
	free(file->host_lines);
	*file = (struct ssh_config_file){0};
}

bool ssh_config_line_holds(const struct ssh_config_line *line, const char *host)
{
	if (line->block != SSH_CONFIG_HOST)
		return line->block == SSH_CONFIG_ALL;
	return match_list(slice_of(host), slice_of(line->patterns)) ==
	       MATCH_FOUND;
}
