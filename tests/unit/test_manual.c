/*
 * The manual and the help against the tables: every command has its section,
 * and every option is named there. The argument is the manual's folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/catalog.h"
#include "cli/completion.h"

static const char *folder;
enum { OVERVIEW, OVERVIEW_FR, RUN, DAEMON, PAGES };
static const char *const names[PAGES] = {
	"taupe.1", "fr/taupe.1", "taupe-run.1", "taupe-daemon.8"};
static struct buf pages[PAGES]; /* NUL-ended */
static const char *const common_titles[] = {
	"OPTIONS OF EVERY COMMAND", "OPTIONS DE CHAQUE COMMANDE"};
static unsigned missing;

static void read_page(struct buf *page, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s can't be read", path);
	while (!feof(f) && !ferror(f)) {
		uint8_t *p = buf_reserve(page, 65536);

		buf_commit(page, fread(p, 1, 65536, f));
	}
	fclose(f);
	buf_put_u8(page, 0);
}

static int read_pages(void **state)
{
	for (int i = 0; i < PAGES; i++)
		read_page(&pages[i], names[i]);
	return 0;
}

static int drop_pages(void **state)
{
	for (int i = 0; i < PAGES; i++)
		buf_done(&pages[i]);
	return 0;
}

/* The text below a title with `word` in it, up to the next title. malloc'ed;
 * NULL: there is none. */
static char *section(const char *text, const char *macro, const char *word)
{
	size_t length = strlen(word), n;

	while ((text = strstr(text, macro)) != NULL) {
		const char *at = strstr(text, word);
		const char *end = strchr(text, '\n');

		if (at != NULL && at < end &&
			(at[length] == ',' || at + length == end)) {
			for (n = 1; end[n] != '\0' &&
				    strncmp(end + n, ".Sh", 3) != 0 &&
				    strncmp(end + n, ".Ss", 3) != 0;) {
				n += strcspn(end + n, "\n");
				n += end[n] == '\n';
			}
			return strndup(end, n);
		}
		text = end;
	}
	return NULL;
}

/* "Fl -tag", with nothing behind that makes it another one. */
static bool names_option(const char *text, const char *name)
{
	char wanted[80];
	size_t n = (size_t)snprintf(wanted, sizeof(wanted), "Fl %s", name + 1);

	for (; (text = strstr(text, wanted)) != NULL; text += n)
		if (!isalnum((unsigned char)text[n]) && text[n] != '-')
			return true;
	return false;
}

/* A list of names stands behind one Fl: "Fl f , -follow", "Fl 46gqv". */
static bool lists_option(const char *text, const char *name)
{
	char line[512], *rest, *word;

	for (; (text = strstr(text, "Fl ")) != NULL; text += 3) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"),
			text);
		rest = line + 3;
		while ((word = strsep(&rest, " ")) != NULL) {
			if (strcmp(word, name + 1) == 0 ||
				(word == line + 3 && name[2] == '\0' &&
					*word != '-' &&
					strchr(word, name[1]) != NULL))
				return true;
		}
	}
	return false;
}

static void look_for(const char *text, const char *where, const char *name)
{
	if (text != NULL &&
		(names_option(text, name) || lists_option(text, name)))
		return;
	print_error("%s: %s is not in the manual\n", where, name);
	missing++;
}

static bool is_common(const struct args_option *o)
{
	for (const struct args_option *c = args_common; c->name != NULL; c++)
		if (c == o)
			return true;
	return false;
}

/* malloc'ed; NULL: it is nowhere. */
static char *text_about(const struct completion_path *path,
	const struct args_option *o, int overview)
{
	const char *name = path->command->name;
	const char *page = (const char *)buf_ptr(&pages[overview]);
	char title[80];

	if (strcmp(name, "run") == 0)
		return strdup((const char *)buf_ptr(&pages[RUN]));
	if (strcmp(name, "daemon") == 0)
		return strdup((const char *)buf_ptr(&pages[DAEMON]));
	if (is_common(o))
		return section(page, ".Sh ", common_titles[overview]);
	snprintf(title, sizeof(title), "taupe %s", name);
	return section(page, ".Ss ", title);
}

static void check_option(void *arg, const struct completion_path *path,
	const struct args_option *o)
{
	const char letter[] = {'-', o->letter, '\0'};

	for (int page = OVERVIEW; page <= OVERVIEW_FR; page++) {
		char *text = text_about(path, o, page);

		if (*o->name != '\0')
			look_for(text, path->command->name, o->name);
		if (o->letter != 0)
			look_for(text, path->command->name, letter);
		free(text);
	}
}

/* `edit` says that it takes what `add` takes. */
static bool helps_with(
	enum lang lang, const char *command, const struct args_option *o)
{
	char key[64];
	const char *text;
	size_t n = strlen(o->name);

	snprintf(key, sizeof(key), "help.%s", command);
	text = catalog_find(lang, key);
	while (text != NULL && (text = strstr(text, o->name)) != NULL) {
		text += n;
		if (*text != '-' && !isalnum((unsigned char)*text))
			return true;
	}
	return strcmp(command, "edit") == 0 && helps_with(lang, "add", o);
}

static void check_help(void *arg, const struct completion_path *path,
	const struct args_option *o)
{
	for (int l = 0; l < LANG_COUNT; l++) {
		if (*o->name == '\0' || strcmp(o->name, "--help") == 0 ||
			helps_with((enum lang)l, path->command->name, o))
			continue;
		print_error("help of %s (%s) has no %s\n", path->command->name,
			catalog_lang_name((enum lang)l), o->name);
		missing++;
	}
}

static void check_help_of(void *arg, const struct completion_path *path)
{
	completion_each_option(path, check_help, NULL);
}

static void the_help_has_every_option(void **state)
{
	missing = 0;
	completion_each_path(check_help_of, NULL);
	assert_int_equal(missing, 0);
}

static void check_path(void *arg, const struct completion_path *path)
{
	char title[80];

	snprintf(title, sizeof(title), "taupe %s", path->command->name);
	for (int page = OVERVIEW; page <= OVERVIEW_FR; page++) {
		char *text = section(
			(const char *)buf_ptr(&pages[page]), ".Ss ", title);

		if (text == NULL || strstr(text, path->action) == NULL) {
			print_error("%s %s is not in %s\n", title, path->action,
				names[page]);
			missing++;
		}
		free(text);
	}
	completion_each_option(path, check_option, NULL);
}

static void every_command_and_option_is_there(void **state)
{
	completion_each_path(check_path, NULL);
	assert_int_equal(missing, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_and_option_is_there),
		cmocka_unit_test(the_help_has_every_option),
	};

	if (argc != 2)
		return EXIT_FAILURE;
	folder = argv[1];
	return cmocka_run_group_tests(tests, read_pages, drop_pages);
}
