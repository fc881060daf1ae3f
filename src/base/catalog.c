#include "base/catalog.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int process_lang = LANG_EN;

static const char *const lang_names[LANG_COUNT] = {"en", "fr"};

enum lang catalog_choose(const char *wanted)
{
	static const char *const vars[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; wanted == NULL && i < 3; i++) {
		wanted = getenv(vars[i]);
		if (wanted != NULL && *wanted == '\0')
			wanted = NULL;
	}
	if (wanted != NULL)
		for (int l = 0; l < LANG_COUNT; l++)
			if (strncmp(wanted, lang_names[l], 2) == 0 &&
				strchr("_-.@", wanted[2]) != NULL)
				return (enum lang)l;
	return LANG_EN;
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
	return "?";
}

static size_t append(char *out, size_t size, size_t at, const char *s, size_t n)
{
	if (at + 1 < size) {
		size_t room = size - 1 - at;

		memcpy(out + at, s, n < room ? n : room);
	}
	return at + n;
}

size_t catalog_format(enum lang lang, const char *key,
	const struct catalog_arg *args, size_t n_args, char *ret_text,
	size_t size)
{
	const char *t = catalog_find(lang, key), *end;
	size_t at = 0;

	if (t == NULL)
		t = key;
	while (*t != '\0') {
		if (*t == '{' && (end = strchr(t, '}')) != NULL) {
			const char *v = arg_value(args, n_args, t + 1,
				(size_t)(end - t - 1));

			at = append(ret_text, size, at, v, strlen(v));
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
