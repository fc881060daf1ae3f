/*
 * The manual and the help against the tables: every command has its section,
 * and every option is named there. The French pages have the form of the
 * English ones. The argument is the manual's folder.
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
enum { OVERVIEW, RUN, DAEMON, PAGES };
static const char *const names[LANG_COUNT][PAGES] = {
	{"taupe.1", "taupe-run.1", "taupe-daemon.8"},
	{"fr/taupe.1", "fr/taupe-run.1", "fr/taupe-daemon.8"}};
static struct buf pages[LANG_COUNT][PAGES]; /* NUL-ended */
static const char *const common_titles[LANG_COUNT] = {
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
	for (int i = 0; i < LANG_COUNT * PAGES; i++)
		read_page(&pages[i / PAGES][i % PAGES],
			names[i / PAGES][i % PAGES]);
	return 0;
}

static int drop_pages(void **state)
{
	for (int i = 0; i < LANG_COUNT * PAGES; i++)
		buf_done(&pages[i / PAGES][i % PAGES]);
	return 0;
}

static const char *text_of(int lang, int page)
{
	return (const char *)buf_ptr(&pages[lang][page]);
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
	const struct args_option *o, int lang)
{
	const char *name = path->command->name;
	char title[80];

	if (strcmp(name, "run") == 0)
		return strdup(text_of(lang, RUN));
	if (strcmp(name, "daemon") == 0)
		return strdup(text_of(lang, DAEMON));
	if (is_common(o))
		return section(
			text_of(lang, OVERVIEW), ".Sh ", common_titles[lang]);
	snprintf(title, sizeof(title), "taupe %s", name);
	return section(text_of(lang, OVERVIEW), ".Ss ", title);
}

static void check_option(void *arg, const struct completion_path *path,
	const struct args_option *o)
{
	const char letter[] = {'-', o->letter, '\0'};

	for (int l = 0; l < LANG_COUNT; l++) {
		char *text = text_about(path, o, l);

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
	for (int l = 0; l < LANG_COUNT; l++) {
		char *text = section(text_of(l, OVERVIEW), ".Ss ", title);

		if (text == NULL || strstr(text, path->action) == NULL) {
			print_error("%s %s is not in %s\n", title, path->action,
				names[l][OVERVIEW]);
			missing++;
		}
		free(text);
	}
	completion_each_option(path, check_option, NULL);
}

static void every_command_and_option_is_there(void **state)
{
	missing = 0;
	completion_each_path(check_path, NULL);
	assert_int_equal(missing, 0);
}

/* Whether what follows this macro is the same word in every language. */
static bool is_for_all(const char *macro)
{
	static const char *const those[] = {"Fl", "Ev", "Cm", "Dv", "Pa", "Xr"};

	for (size_t i = 0; i < sizeof(those) / sizeof(*those); i++)
		if (strcmp(macro, those[i]) == 0)
			return true;
	return false;
}

static bool is_macro(const char *word)
{
	return isupper((unsigned char)word[0]) &&
	       islower((unsigned char)word[1]) && word[2] == '\0';
}

/* A line's words that no language changes: options, variables, numbers. */
static void put_words(struct buf *out, char *line)
{
	char *rest = line, *word;
	bool kept = false;

	while ((word = strsep(&rest, " ")) != NULL) {
		if (is_macro(word))
			kept = is_for_all(word);
		else if (ispunct((unsigned char)*word) && word[1] == '\0')
			continue; /* The sentence's. */
		else if (!kept && !isdigit((unsigned char)*word))
			continue;
		buf_put(out, word, strlen(word));
		buf_put_u8(out, ' ');
	}
	buf_put_u8(out, '\n');
}

/* A page's bones: its titles and entries, and the pages that it names. */
static void put_form(struct buf *out, const char *text)
{
	static const char *const kinds[] = {
		".Dd ", ".Sh", ".Ss", ".Bl", ".It ", ".El", ".Xr "};
	char line[512];

	for (; *text != '\0'; text += *text == '\n') {
		size_t n = strcspn(text, "\n");

		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
			if (strncmp(text, kinds[i], strlen(kinds[i])) != 0)
				continue;
			snprintf(line, sizeof(line), "%.*s", (int)n, text);
			if (strncmp(line, ".It ", 4) != 0 &&
				strncmp(line, ".Xr ", 4) != 0)
				line[3] = '\0';
			put_words(out, line + 1);
		}
		text += n;
	}
	buf_put_u8(out, 0);
}

/* Says the first line in which they differ. */
static void expect_same(const char *a, const char *b, const char *name)
{
	while (*a != '\0' || *b != '\0') {
		int m = (int)strcspn(a, "\n"), n = (int)strcspn(b, "\n");

		if (m != n || memcmp(a, b, (size_t)n) != 0) {
			print_error("%s has \"%.*s\", not \"%.*s\"\n", name, n,
				b, m, a);
			missing++;
			return;
		}
		a += m + (a[m] == '\n');
		b += n + (b[n] == '\n');
	}
}

static void every_language_has_the_same_form(void **state)
{
	missing = 0;
	for (int page = 0; page < PAGES; page++) {
		struct buf english = {0}, french = {0};

		put_form(&english, text_of(LANG_EN, page));
		put_form(&french, text_of(LANG_FR, page));
		expect_same((const char *)buf_ptr(&english),
			(const char *)buf_ptr(&french), names[LANG_FR][page]);
		buf_done(&english);
		buf_done(&french);
	}
	assert_int_equal(missing, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_and_option_is_there),
		cmocka_unit_test(the_help_has_every_option),
		cmocka_unit_test(every_language_has_the_same_form),
	};

	if (argc != 2)
		return EXIT_FAILURE;
	folder = argv[1];
	return cmocka_run_group_tests(tests, read_pages, drop_pages);
}
