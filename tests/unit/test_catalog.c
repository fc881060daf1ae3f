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

static bool is_error_key(const char *key)
{
	if (strncmp(key, "error.", 6) != 0 && strncmp(key, "offer.", 6) != 0)
		return false;
	for (int code = 1; code < ERR_COUNT; code++)
		if (strcmp(err_name(code), key + 6) == 0)
			return true;
	return false;
}

/* As it stands, or made with "prefix.%s". */
static void every_sentence_is_used(void **state)
{
	unsigned unused = 0;

	for (size_t i = 0; i < catalog_rows_count; i++) {
		const char *key = catalog_rows[i].key;
		const char *dot = strrchr(key, '.');

		assert_non_null(dot);
		if (is_error_key(key) || in_sources(key, strlen(key), "") ||
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

		if (p[n] != '"' || head >= n || n >= sizeof(key) ||
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
	};

	if (argc != 2)
		return EXIT_FAILURE;
	source_folder = argv[1];
	return cmocka_run_group_tests(tests, read_sources, drop_sources);
}
