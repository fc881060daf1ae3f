#include "base/catalog.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static _Atomic int process_lang = LANG_EN;

static const char *const lang_names[LANG_COUNT] = {"en", "fr"};

/* "fr", "fr_CA.UTF-8", "fr:en" begin with the language's name. */
static bool speaks(const char *locale, enum lang *ret_lang)
{
	for (int l = 0; l < LANG_COUNT; l++)
		if (strncmp(locale, lang_names[l], 2) == 0 &&
			strchr("_-.@:", locale[2]) != NULL) {
			*ret_lang = (enum lang)l;
			return true;
		}
	return false;
}

/* GNU's list of languages, the dearest first. */
static bool first_of(const char *list, enum lang *ret_lang)
{
	while (*list != '\0') {
		if (speaks(list, ret_lang))
			return true;
		list += strcspn(list, ":");
		list += *list == ':';
	}
	return false;
}

static bool is_plain(const char *locale)
{
	return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0 ||
	       strncmp(locale, "C.", 2) == 0;
}

enum lang catalog_choose(const char *wanted)
{
	static const char *const vars[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *list = wanted == NULL ? getenv("LANGUAGE") : NULL;
	enum lang lang = LANG_EN;

	for (size_t i = 0; wanted == NULL && i < 3; i++) {
		wanted = getenv(vars[i]);
		if (wanted != NULL && *wanted == '\0')
			wanted = NULL;
	}
	if (wanted == NULL ||
		(list != NULL && !is_plain(wanted) && first_of(list, &lang)))
		return lang;
	return speaks(wanted, &lang) ? lang : LANG_EN;
}

void catalog_set_lang(enum lang lang)
{
	atomic_store(&process_lang, (int)lang);
}

enum lang catalog_lang(void)
{
	return (enum lang)atomic_load(&process_lang);
}

const char *catalog_lang_name(enum lang lang)
{
	return lang_names[lang];
}

static int row_cmp(const void *key, const void *row)
{
	return strcmp(key, ((const struct catalog_row *)row)->key);
}

const char *catalog_find(enum lang lang, const char *key)
{
	const struct catalog_row *row = bsearch(key, catalog_rows,
		catalog_rows_count, sizeof(*catalog_rows), row_cmp);

	return row != NULL ? row->text[lang] : NULL;
}

const char *catalog_get(const char *key)
{
	const char *text = catalog_find(catalog_lang(), key);

	return text != NULL ? text : key;
}

static const char *arg_value(const struct catalog_arg *args, size_t n_args,
	const char *name, size_t len)
{
	for (size_t i = 0; i < n_args; i++)
		if (strlen(args[i].name) == len &&
			memcmp(args[i].name, name, len) == 0)
			return args[i].value;
	return NULL;
}

static size_t append(char *out, size_t size, size_t at, const char *s, size_t n)
{
	if (at + 1 < size) {
		size_t room = size - 1 - at;

		memcpy(out + at, s, n < room ? n : room);
	}
	return at + n;
}

static bool says_nothing(const char *value, const char *before)
{
	return value == NULL || *value == '\0' ||
	       (before != NULL && strcmp(value, before) == 0);
}

size_t catalog_format(enum lang lang, const char *key,
	const struct catalog_arg *args, size_t n_args, char *ret_text,
	size_t size)
{
	const char *t = catalog_find(lang, key), *end, *before = NULL;
	size_t at = 0;

	if (t == NULL)
		t = key;
	while (*t != '\0') {
		bool aside = strncmp(t, " ({", 3) == 0;
		const char *place = t + (aside ? 2 : 0);

		if (*place == '{' && (end = strchr(place, '}')) != NULL) {
			const char *v = arg_value(args, n_args, place + 1,
				(size_t)(end - place - 1));

			if (aside && end[1] == ')' && says_nothing(v, before)) {
				t = end + 2;
				continue;
			}
			before = v != NULL ? v : "?";
			at = append(ret_text, size, at, t, (size_t)(place - t));
			at = append(ret_text, size, at, before, strlen(before));
			t = end + 1;
			continue;
		}
		at = append(ret_text, size, at, t, 1);
		t++;
	}
	if (size != 0)
		ret_text[at < size ? at : size - 1] = '\0';
	return at;
}

/* ---- details ---- */

#define DETAIL    "detail."
#define DELIMITER ":;,()\""

static bool same(const char *text, const char *part, size_t n)
{
	return strncasecmp(text, part, n) == 0 && text[n] == '\0';
}

static const struct catalog_row *find_detail(const char *part, size_t n)
{
	for (size_t i = 0; i < catalog_rows_count; i++) {
		const struct catalog_row *row = &catalog_rows[i];

		if (strncmp(row->key, DETAIL, strlen(DETAIL)) == 0 &&
			(same(row->key + strlen(DETAIL), part, n) ||
				same(row->text[LANG_EN], part, n)))
			return row;
	}
	return NULL;
}

/* The row of the longest run of parts that starts at `from`. NULL: there is
 * none, and *ret_n is the length of the first part. */
static const struct catalog_row *longest(const char *from, size_t *ret_n)
{
	const struct catalog_row *found = NULL, *row;
	size_t n = strcspn(from, DELIMITER), len;

	*ret_n = n;
	for (;;) {
		for (len = n; len != 0 && from[len - 1] == ' '; len--)
			continue;
		row = len != 0 ? find_detail(from, len) : NULL;
		if (row != NULL) {
			found = row;
			*ret_n = len;
		}
		if (from[n] == '\0')
			return found;
		n += 1 + strcspn(from + n + 1, DELIMITER);
	}
}

/* The language's own for what stands at `words`; NULL: it stays. A quote that
 * nothing closes is no quote. */
static const char *own_delimiter(const char *words, bool *quoted)
{
	if (strncmp(words, ": ", 2) == 0)
		return "unit.colon";
	if (strncmp(words, "; ", 2) == 0)
		return "unit.semicolon";
	if (*words != '"' || (!*quoted && strchr(words + 1, '"') == NULL))
		return NULL;
	*quoted = !*quoted;
	return *quoted ? "unit.quote_open" : "unit.quote_close";
}

/* Their length. */
static size_t delimiters(const char **words, bool *quoted, enum lang lang,
	char *ret_text, size_t size, size_t at)
{
	size_t from = at;

	while (**words != '\0' && strchr(DELIMITER " ", **words) != NULL) {
		const char *key = own_delimiter(*words, quoted);
		const char *text = key != NULL ? catalog_find(lang, key) : NULL;

		at = append(ret_text, size, at, text != NULL ? text : *words,
			text != NULL ? strlen(text) : 1);
		*words += key != NULL && **words != '"' ? 2 : 1;
	}
	return at - from;
}

size_t catalog_words(
	enum lang lang, const char *words, char *ret_text, size_t size)
{
	const struct catalog_row *row;
	bool quoted = false;
	size_t at = 0, n;

	while (*words != '\0') {
		at += delimiters(&words, &quoted, lang, ret_text, size, at);
		row = longest(words, &n);
		if (row != NULL)
			at = append(ret_text, size, at, row->text[lang],
				strlen(row->text[lang]));
		else
			at = append(ret_text, size, at, words, n);
		words += n;
	}
	if (size != 0)
		ret_text[at < size ? at : size - 1] = '\0';
	return at;
}
