#include "cli/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "cli/exit_code.h"
#include "cli/field.h"
#include "cli/text.h"

#define SHOWN_MAX 8 /* names in the sentence about an ambiguous one */

static json_t *by_name(const json_t *list, const char *word)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i,
		one) if (strcmp(field_text(one, "name"), word) == 0) return one;
	return NULL;
}

/* Names are never all digits, so that this is not one. */
static json_t *by_id(const json_t *list, const char *word)
{
	char id[24];
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		snprintf(id, sizeof(id), "%lld",
			(long long)field_int(one, "id"));
		if (strcmp(id, word) == 0)
			return one;
	}
	return NULL;
}

typedef int compare_fn(const char *a, const char *b, size_t n);

static unsigned by_beginning(const json_t *list, const char *word,
	compare_fn *compare, json_t **ret_first, struct buf *names)
{
	unsigned n = 0;
	json_t *one;
	size_t i;

	buf_clear(names);
	json_array_foreach(list, i, one)
	{
		const char *name = field_text(one, "name");

		if (compare(name, word, strlen(word)) != 0)
			continue;
		if (n++ == 0)
			*ret_first = one;
		if (n <= SHOWN_MAX)
			buf_printf(names, "%s%s", n > 1 ? ", " : "", name);
	}
	if (n > SHOWN_MAX)
		buf_printf(names, ", …");
	return n;
}

static void nearest(const json_t *list, const char *word, struct buf *hint)
{
	const char **names =
		mem_zalloc(json_array_size(list) + 1, sizeof(*names));
	const char *near;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) names[i] = field_text(one, "name");
	near = text_nearest(word, names);
	if (near != NULL)
		buf_printf(hint, "%s", near);
	free(names);
}

int names_find(const json_t *list, const char *word, json_t **ret_found,
	struct buf *hint)
{
	json_t *found = by_name(list, word);
	unsigned n;

	if (found == NULL)
		found = by_id(list, word);
	if (found != NULL) {
		*ret_found = found;
		return 0;
	}
	n = *word == '\0' ? 0 : by_beginning(list, word, strncmp, &found, hint);
	if (n == 0 && *word != '\0')
		n = by_beginning(list, word, strncasecmp, &found, hint);
	if (n == 1) {
		buf_clear(hint);
		*ret_found = found;
		return 0;
	}
	if (n > 1)
		return -ERR_CONFLICT;
	nearest(list, word, hint);
	return -ERR_NOT_FOUND;
}

static const struct {
	const char *none, *near, *ambiguous;
} sentences[] = {
	[NAMES_SERVER] = {"server_name.none", "server_name.near",
		"server_name.ambiguous"},
	[NAMES_FORWARD] = {"forward_name.none", "forward_name.near",
		"forward_name.ambiguous"},
	[NAMES_TOKEN] = {"token_name.none", "token_name.near",
		"token_name.ambiguous"},
};

int names_pick(const json_t *list, enum names_what what, const char *word,
	json_t **ret_found)
{
	struct buf hint = BUF_INIT;
	char text[TEXT_MAX];
	const char *key;
	int r = names_find(list, word, ret_found, &hint);

	buf_put_u8(&hint, 0);
	if (r < 0) {
		key = r == -ERR_CONFLICT   ? sentences[what].ambiguous
		      : buf_len(&hint) > 1 ? sentences[what].near
					   : sentences[what].none;
		text_complain(text_format(text, sizeof(text), key, "name", word,
			"list", (const char *)buf_ptr(&hint), NULL));
	}
	buf_done(&hint);
	return r == 0               ? 0
	       : r == -ERR_CONFLICT ? EXIT_CODE_USAGE
				    : EXIT_CODE_OTHER;
}
