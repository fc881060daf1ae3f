/*
 * The sentences that people read, in every language of lang/.
 *
 * lang/en.json and lang/fr.json map a key to a sentence with {named} places;
 * the build turns them into one sorted table. The page reads the same files.
 * tests/unit/test_catalog.c fails on a key that is missing in a language or
 * whose places differ. Any thread, after catalog_choose().
 */
#ifndef TAUPE_BASE_CATALOG_H
#define TAUPE_BASE_CATALOG_H

#include <stddef.h>

enum lang { LANG_EN, LANG_FR, LANG_COUNT };

/* From "--lang"'s value, or when it is NULL from LC_ALL, LC_MESSAGES, LANG (in
 * that order; the first that is set and not empty decides), unless that is not
 * C and LANGUAGE, gettext's list, has one of ours. English when nothing fits.
 */
enum lang catalog_choose(const char *wanted);

/* The process-wide language that catalog_get() uses; set once at start. */
void catalog_set_lang(enum lang lang);
enum lang catalog_lang(void);
const char *catalog_lang_name(enum lang lang); /* "en" */

/* The sentence for `key`, or `key` itself when it is not in the catalogue;
 * catalog_find gives NULL then. Never freed. */
const char *catalog_get(const char *key);
const char *catalog_find(enum lang lang, const char *key);

struct catalog_arg {
	const char *name;
	const char *value;
};

/* Writes the sentence of `key` with its {places} filled from `args`; a place
 * without an argument becomes "?". A place alone in parentheses is left out
 * with them and the space before where it says nothing new: it has no argument,
 * or that of the place before. Always NUL-ends; returns the length that the
 * whole text has, as snprintf. */
size_t catalog_format(enum lang lang, const char *key,
	const struct catalog_arg *args, size_t n_args, char *ret_text,
	size_t size);

/* What the layers below say in a few words ("cipher: aes128-cbc") for a person:
 * each part that is the name of a "detail" row, or its English text, becomes
 * the row's text in `lang`; the rest stays. Parts stand between colons,
 * semicolons, commas, parentheses and quotes; what stands around colons,
 * semicolons and quotes becomes the language's. As snprintf. */
size_t catalog_words(
	enum lang lang, const char *words, char *ret_text, size_t size);

/* The generated table, sorted by key. */
struct catalog_row {
	const char *key;
	const char *text[LANG_COUNT];
};
extern const struct catalog_row catalog_rows[];
extern const size_t catalog_rows_count;

#endif
