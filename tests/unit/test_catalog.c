/*
 * The catalogue against the sources: no sentence is missing, none is left over.
 * The first argument is the source folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <ftw.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/catalog.h"
#include "base/err.h"

static const char *source_folder;
static struct buf sources; /* all C files, one after the other, NUL-ended */

static int read_source(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	const char *dot = strrchr(path, '.');
	FILE *f;

	if (kind != FTW_F || dot == NULL ||
		(strcmp(dot, ".c") != 0 && strcmp(dot, ".h") != 0))
		return 0;
	f = fopen(path, "r");
	if (f == NULL)
		return 0; /* gone since */
	while (!feof(f) && !ferror(f)) {
		uint8_t *p = buf_reserve(&sources, 65536);

		buf_commit(&sources, fread(p, 1, 65536, f));
	}
	fclose(f);
	return 0;
}

static int read_sources(void **state)
{
	if (nftw(source_folder, read_source, 16, FTW_PHYS) != 0)
		return -1;
	buf_put_u8(&sources, 0);
	return 0;
}

static int drop_sources(void **state)
{
	buf_done(&sources);
	return 0;
}

/* The first `n` letters of `key` and then `tail`, as a whole literal. */
static bool in_sources(const char *key, size_t n, const char *tail)
{
	char text[128];

	snprintf(text, sizeof(text), "\"%.*s%s\"", (int)n, key, tail);
	return strstr((const char *)buf_ptr(&sources), text) != NULL;
}

static void every_error_has_its_sentence(void **state)
{
	static const char *const prefixes[] = {"error", "offer"};
	char key[64];

	for (int code = 1; code < ERR_COUNT; code++)
		for (int l = 0; l < LANG_COUNT; l++)
			for (int p = 0; p < 2; p++) {
				snprintf(key, sizeof(key), "%s.%s", prefixes[p],
					err_name(code));
				if (catalog_find((enum lang)l, key) == NULL)
					fail_msg("%s is missing", key);
			}
}

/* An error's, or one of its steps', which stands in the sources. */
static bool is_error_key(const char *key)
{
	const char *name = strchr(key, '.') + 1, *step = strchr(name, '.');
	size_t n = step != NULL ? (size_t)(step++ - name) : strlen(name);

	if (strncmp(key, "error.", 6) != 0 && strncmp(key, "offer.", 6) != 0)
		return false;
	for (int code = 1; code < ERR_COUNT; code++)
		if (strlen(err_name(code)) == n &&
			memcmp(err_name(code), name, n) == 0)
			return step == NULL ||
			       in_sources(step, strlen(step), "");
	return false;
}

/* Words of the system: of errno, of getaddrinfo. */
static bool is_of_the_system(const char *text)
{
	for (int e = 1; e < 134; e++)
		if (strcmp(strerror(e), text) == 0)
			return true;
	return strcmp(text, gai_strerror(EAI_NONAME)) == 0 ||
	       strcmp(text, gai_strerror(EAI_AGAIN)) == 0;
}

/* A detail stands in the sources by its English words or by its name, which is
 * an error's; a part of a longer literal will do. */
static bool is_detail_said(const struct catalog_row *row)
{
	const char *name = row->key + strlen("detail.");

	if (strncmp(row->key, "detail.", strlen("detail.")) != 0)
		return false;
	for (int code = 1; code < ERR_COUNT; code++)
		if (strcmp(err_name(code), name) == 0)
			return true;
	return strstr((const char *)buf_ptr(&sources), row->text[LANG_EN]) !=
		       NULL ||
	       is_of_the_system(row->text[LANG_EN]);
}

static void details_are_put_in_words(void **state)
{
	static const struct {
		const char *said, *en, *fr;
	} rows[] = {
		{"", "", ""},
		{"x", "x", "x"},
		{"connection refused", "Connection refused",
			"connexion refusée"},
		{"hop: Connection refused", "hop: Connection refused",
			"hop : connexion refusée"},
		{"publickey (~/a: key_permissions, ~/b), password",
			"publickey (~/a: refused, as others can read it: "
			"chmod 600, ~/b), password",
			"publickey (~/a : refusée, car d’autres peuvent la "
			"lire : "
			"chmod 600, ~/b), "
			"password"},
		{"unknown option \"none such\"", "unknown option “none such”",
			"option inconnue « none such »"},
		{"\"a\": x; \"b", "“a”: x; \"b", "« a » : x ; \"b"},
		{"too many parts; IPv6 addresses go in brackets",
			"too many parts; IPv6 addresses go in brackets",
			"trop de parties ; les adresses IPv6 vont entre "
			"crochets"},
		{"cipher", "cipher", "chiffrement"},
		{"a cipher", "a cipher", "a cipher"},
		{"::;;(( ", "::;;(( ", "::;;(( "},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = catalog_words(
			LANG_EN, rows[i].said, text, sizeof(text));

		assert_string_equal(text, rows[i].en);
		assert_int_equal(n, strlen(rows[i].en));
		catalog_words(LANG_FR, rows[i].said, text, sizeof(text));
		assert_string_equal(text, rows[i].fr);
	}
	assert_int_equal(catalog_words(LANG_FR, "cipher", text, 6), 11);
	assert_string_equal(text, "chiff");
}

static void an_aside_says_something_new(void **state)
{
	struct catalog_arg args[] = {
		{"host", "h"}, {"address", "::1"}, {"port", "22"}};
	char text[256];

	catalog_format(
		LANG_EN, "error.connect_refused", args, 3, text, sizeof(text));
	assert_string_equal(text, "h (::1) refuses connections on port 22.");
	args[1].value = "h";
	catalog_format(
		LANG_EN, "error.connect_refused", args, 3, text, sizeof(text));
	assert_string_equal(text, "h refuses connections on port 22.");
	args[1] = args[2];
	catalog_format(
		LANG_EN, "error.connect_refused", args, 2, text, sizeof(text));
	assert_string_equal(text, "h refuses connections on port 22.");
}

/* As it stands, or made with "prefix.%s". */
static void every_sentence_is_used(void **state)
{
	unsigned unused = 0;

	for (size_t i = 0; i < catalog_rows_count; i++) {
		const char *key = catalog_rows[i].key;
		const char *dot = strrchr(key, '.');

		assert_non_null(dot);
		if (is_error_key(key) || is_detail_said(&catalog_rows[i]) ||
			in_sources(key, strlen(key), "") ||
			in_sources(key, (size_t)(dot - key), ".%s"))
			continue;
		print_error("nothing says %s\n", key);
		unused++;
	}
	assert_int_equal(unused, 0);
}

/* The first part of a key that the catalogue has. */
static bool is_prefix(const char *word, size_t n)
{
	for (size_t i = 0; i < catalog_rows_count; i++)
		if (strncmp(catalog_rows[i].key, word, n) == 0 &&
			catalog_rows[i].key[n] == '.')
			return true;
	return false;
}

/* String literals of the form "prefix.rest", in lower case. */
static void every_key_in_the_sources_exists(void **state)
{
	const char *p = (const char *)buf_ptr(&sources);
	unsigned missing = 0;

	while ((p = strchr(p, '"')) != NULL) {
		size_t n = strspn(
			       ++p, "abcdefghijklmnopqrstuvwxyz_0123456789."),
		       head = strcspn(p, ".\"");
		char key[96];

		if (p[n] != '"' || head + 1 >= n || n >= sizeof(key) ||
			!is_prefix(p, head))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)n, p);
		if (catalog_find(LANG_EN, key) != NULL)
			continue;
		print_error("%s is said, but not written\n", key);
		missing++;
	}
	assert_int_equal(missing, 0);
}

static size_t places(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '{')) != NULL; text++)
		n++;
	return n;
}

static void sentences_are_whole(void **state)
{
	for (size_t i = 0; i < catalog_rows_count; i++) {
		const struct catalog_row *row = &catalog_rows[i];

		for (int l = 0; l < LANG_COUNT; l++)
			if (*row->text[l] == '\0' ||
				isspace((unsigned char)*row->text[l]))
				fail_msg("%s is empty", row->key);
		assert_int_equal(
			places(row->text[0]) == 0, places(row->text[1]) == 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_its_sentence),
		cmocka_unit_test(every_sentence_is_used),
		cmocka_unit_test(every_key_in_the_sources_exists),
		cmocka_unit_test(sentences_are_whole),
		cmocka_unit_test(details_are_put_in_words),
		cmocka_unit_test(an_aside_says_something_new),
	};

	if (argc != 2)
		return EXIT_FAILURE;
	source_folder = argv[1];
	return cmocka_run_group_tests(tests, read_sources, drop_sources);
}
