#include "import/ssh_config_file.h"

#include <ctype.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/match.h"
#include "base/mem.h"
#include "import/import.h"
#include "store/option_text.h"
#include "store/store_list.h"

#define LINES_MAX    20000
#define DEPTH_MAX    8
#define INCLUDES_MAX 256

/* Where the reader is. */
struct place {
	struct ssh_config_file *file;
	size_t block;
	size_t outer;  /* the block that includes this file */
	bool includes; /* other files are read */
	unsigned no, depth;
};

static void open_block(
	struct place *p, enum ssh_config_when when, char *patterns)
{
	struct ssh_config_file *f = p->file;

	f->blocks = mem_realloc(f->blocks, f->n_blocks + 1, sizeof(*f->blocks));
	f->blocks[f->n_blocks].when = when;
	f->blocks[f->n_blocks].patterns = patterns;
	f->blocks[f->n_blocks].outer = p->outer;
	p->block = f->n_blocks++;
}

static int too_many(struct trouble *trouble)
{
	return trouble_say(trouble, ERR_LIMIT, "too many entries");
}

static int add_host(struct place *p, const char *name, struct trouble *trouble)
{
	struct ssh_config_file *f = p->file;

	if (name[0] == '\0' || !match_is_literal(slice_of(name)))
		return 0;
	for (size_t i = 0; i < f->n_hosts; i++)
		if (strcasecmp(f->hosts[i].name, name) == 0)
			return 0;
	if (f->n_hosts == IMPORT_ITEMS_MAX)
		return too_many(trouble);
	f->hosts = mem_realloc(f->hosts, f->n_hosts + 1, sizeof(*f->hosts));
	f->hosts[f->n_hosts].line = p->no;
	f->hosts[f->n_hosts++].name = mem_strdup(name);
	return 0;
}

static int host_block(struct place *p, const struct string_list *words,
	struct trouble *trouble)
{
	struct buf list = BUF_INIT;
	int r = 0;

	for (size_t i = 0; i < words->n && r == 0; i++) {
		r = add_host(p, words->item[i], trouble);
		buf_printf(&list, "%s%s", i != 0 ? "," : "", words->item[i]);
	}
	open_block(p, SSH_CONFIG_HOST, mem_dup(buf_ptr(&list), buf_len(&list)));
	buf_done(&list);
	return r;
}

static int match_block(struct place *p, const struct string_list *words,
	struct trouble *trouble)
{
	bool all = words->n == 1 && strcasecmp(words->item[0], "all") == 0;

	(void)trouble;
	for (size_t i = 0; i < words->n; i++)
		if (strcasecmp(words->item[i], "exec") == 0 ||
			strcasecmp(words->item[i], "!exec") == 0 ||
			strncasecmp(words->item[i], "exec=", 5) == 0)
			p->file->runs_commands = true;
	if (!all && !p->file->has_match) {
		p->file->has_match = true;
		p->file->match_line = p->no;
	}
	open_block(p, all ? SSH_CONFIG_ALL : SSH_CONFIG_MATCH, NULL);
	return 0;
}

static int read_lines(struct place *p, char *text, struct trouble *trouble);

/* What is relative stands in ~/.ssh, wherever the file itself is. */
static char *include_pattern(const char *word)
{
	const char *home = getenv("HOME");

	if (word[0] == '/')
		return mem_strdup(word);
	if (word[0] == '~' && word[1] == '/')
		return mem_printf("%s%s", home != NULL ? home : "", word + 1);
	return mem_printf("%s/.ssh/%s", home != NULL ? home : "", word);
}

static int include_file(
	struct place *p, const char *path, struct trouble *trouble)
{
	struct place inner = *p;
	struct buf text = BUF_INIT;
	struct trouble unread = {0};
	int r = 0;

	if (p->depth == DEPTH_MAX || p->file->n_includes++ == INCLUDES_MAX)
		return trouble_say(
			trouble, ERR_LIMIT, "files include each other");
	/* As ssh does: what can't be read is passed over. */
	if (file_read(path, IMPORT_TEXT_MAX, &text, &unread) == 0 &&
		memchr(buf_ptr(&text), '\0', buf_len(&text)) == NULL) {
		buf_put(&text, "", 1);
		inner.no = 0;
		inner.depth++;
		inner.outer = p->block;
		r = read_lines(&inner, (char *)buf_ptr(&text), trouble);
	}
	buf_done(&text);
	return r;
}

static int include(struct place *p, const struct string_list *words,
	struct trouble *trouble)
{
	int r = 0;

	if (!p->includes)
		return 0;
	for (size_t i = 0; i < words->n && r == 0; i++) {
		char *pattern = include_pattern(words->item[i]);
		glob_t found;

		if (glob(pattern, 0, NULL, &found) == 0) {
			for (size_t k = 0; k < found.gl_pathc && r == 0; k++)
				r = include_file(p, found.gl_pathv[k], trouble);
			globfree(&found);
		}
		free(pattern);
	}
	return r;
}

/* These take the rest of the line, whatever is in it. */
static bool is_command(const char *name)
{
	static const char *const names[] = {"proxycommand", "localcommand",
		"remotecommand", "knownhostscommand"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* A # that begins a word, outside of quotes, begins a comment. */
static void cut_comment(char *value)
{
	char quote = '\0', before = ' ';

	for (char *at = value; *at != '\0'; before = *at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == quote)
			quote = '\0';
		else if (quote == '\0' && (*at == '"' || *at == '\''))
			quote = *at;
		else if (*at == '#' && quote == '\0' &&
			 isspace((unsigned char)before)) {
			*at = '\0';
			return;
		}
	}
}

static void cut_space(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
}

static int add_line(
	struct place *p, char *name, const char *value, struct trouble *trouble)
{
	struct ssh_config_file *f = p->file;
	struct ssh_config_line *line;

	if (f->n_lines == LINES_MAX)
		return too_many(trouble);
	f->lines = mem_realloc(f->lines, f->n_lines + 1, sizeof(*f->lines));
	line = &f->lines[f->n_lines++];
	line->no = p->no;
	line->block = p->block;
	line->name = mem_strdup(name);
	line->value = mem_strdup(value);
	return 0;
}

/* "Name value", "Name=value" or "Name = value". */
static int one_line(struct place *p, char *name, struct trouble *trouble)
{
	static const struct {
		const char *name;
		int (*fn)(struct place *p, const struct string_list *words,
			struct trouble *trouble);
	} structure[] = {
		{"host", host_block},
		{"match", match_block},
		{"include", include},
	};
	struct string_list words = {0};
	char *value = name + strcspn(name, " \t=");
	char *behind = value + strspn(value, " \t");
	int r;

	behind += *behind == '=';
	behind += strspn(behind, " \t");
	*value = '\0';
	for (char *at = name; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	if (!is_command(name))
		cut_comment(behind);
	cut_space(behind);
	for (size_t i = 0; i < sizeof(structure) / sizeof(structure[0]); i++)
		if (strcmp(structure[i].name, name) == 0) {
			option_text_words(behind, &words);
			r = structure[i].fn(p, &words, trouble);
			store_list_done(&words);
			return r;
		}
	return add_line(p, name, behind, trouble);
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
		at += strspn(at, " \t");
		cut_space(at);
		if (*at != '\0' && *at != '#')
			r = one_line(p, at, trouble);
		at = next;
	}
	return r;
}

int ssh_config_file_read(char *text, const char *path,
	struct ssh_config_file *ret_file, struct trouble *trouble)
{
	struct ssh_config_file file = {0};
	struct place p = {.file = &file, .includes = path != NULL};
	int r;

	open_block(&p, SSH_CONFIG_ALL, NULL);
	r = read_lines(&p, text, trouble);
	if (r < 0)
		ssh_config_file_done(&file);
	else
		*ret_file = file;
	return r;
}

void ssh_config_file_done(struct ssh_config_file *file)
{
	for (size_t i = 0; i < file->n_blocks; i++)
		free(file->blocks[i].patterns);
	for (size_t i = 0; i < file->n_lines; i++) {
		free(file->lines[i].name);
		free(file->lines[i].value);
	}
	for (size_t i = 0; i < file->n_hosts; i++)
		free(file->hosts[i].name);
	free(file->blocks);
	free(file->lines);
	free(file->hosts);
	*file = (struct ssh_config_file){0};
}

static bool block_holds(const struct ssh_config_block *block, const char *host)
{
	switch (block->when) {
	case SSH_CONFIG_ALL:
		return true;
	case SSH_CONFIG_HOST:
		return match_list(slice_of(host), slice_of(block->patterns)) ==
		       MATCH_FOUND;
	default:
		return false;
	}
}

bool *ssh_config_file_holds(
	const struct ssh_config_file *file, const char *host)
{
	bool *holds = mem_zalloc(file->n_blocks, sizeof(*holds));

	/* What is outside comes before what is inside. */
	holds[0] = true;
	for (size_t i = 1; i < file->n_blocks; i++)
		holds[i] = holds[file->blocks[i].outer] &&
			   block_holds(&file->blocks[i], host);
	return holds;
}

/* The block, or one around it, is a Match. */
static bool in_match(const struct ssh_config_file *file, size_t block)
{
	while (block != 0 && file->blocks[block].when != SSH_CONFIG_MATCH)
		block = file->blocks[block].outer;
	return block != 0;
}

bool ssh_config_file_matches(
	const struct ssh_config_file *file, const char *name)
{
	for (size_t i = 0; i < file->n_lines; i++)
		if (strcmp(file->lines[i].name, name) == 0 &&
			in_match(file, file->lines[i].block))
			return true;
	return false;
}
