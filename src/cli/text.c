#include "cli/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "base/clean.h"

#define ARGS_MAX    8  /* places in one sentence */
#define NEAREST_MAX 32 /* the longest word that is compared */

char *text_format(char *ret_text, size_t size, const char *key, ...)
{
	struct catalog_arg args[ARGS_MAX];
	size_t n = 0;
	va_list ap;

	va_start(ap, key);
	while (n < ARGS_MAX) {
		args[n].name = va_arg(ap, const char *);
		if (args[n].name == NULL)
			break;
		args[n].value = va_arg(ap, const char *);
		n++;
	}
	va_end(ap);
	catalog_format(catalog_lang(), key, args, n, ret_text, size);
	return ret_text;
}

bool text_set_lang(const char *name)
{
	for (int l = 0; l < LANG_COUNT; l++)
		if (strcmp(catalog_lang_name((enum lang)l), name) == 0) {
			catalog_set_lang((enum lang)l);
			return true;
		}
	return false;
}

void text_complain(const char *sentence)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "taupe: ");
	text_put_clean(&line, sentence, strlen(sentence));
	buf_put(&line, "\n", 1);
	fwrite(buf_ptr(&line), 1, buf_len(&line), stderr);
	fflush(stderr);
	buf_done(&line);
}

char *text_trouble(const struct trouble *t, char *ret_text, size_t size)
{
	size_t n = trouble_text(t, ret_text, size);

	if (n == 0)
		n = (size_t)snprintf(
			ret_text, size, "%s.", err_name((int)t->code));
	if (n + 2 < size) {
		ret_text[n] = ' ';
		if (trouble_offer(t, ret_text + n + 1, size - n - 1) == 0)
			ret_text[n] = '\0';
	}
	return ret_text;
}

void text_put_clean(struct buf *out, const char *text, size_t n)
{
	char *at = (char *)buf_reserve(out, n + 1);

	buf_commit(out, clean_text(at, n + 1, text, n));
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's distance. */
static unsigned distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned row[NEAREST_MAX + 1];

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return NEAREST_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1,
				corner + (a[i - 1] != b[j - 1]));
			corner = above;
		}
	}
	return row[lb];
}

const char *text_nearest(const char *typed, const char *const *names)
{
	const char *best = NULL;
	unsigned least = (unsigned)strlen(typed) / 3 + 2;

	for (; *names != NULL; names++) {
		unsigned d = distance(typed, *names);

		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
