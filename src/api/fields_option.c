#include "api/fields_option.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/option_text.h"
#include "store/store_list.h"

static struct string_list *place_of(const struct fields_row *row, void *record)
{
	return (struct string_list *)((char *)record + row->offset);
}

int fields_option_try(const char *option, struct trouble *trouble)
{
	struct options scratch;
	int err;

	options_init(&scratch);
	err = options_set(&scratch, option, trouble);
	options_done(&scratch);
	return err;
}

/* The field says it already. */
static void drop_name(struct trouble *trouble, const char *option)
{
	const char *detail = trouble_get(trouble, "detail");
	size_t n = strlen(option);

	if (detail != NULL && strncmp(detail, option, n) == 0 &&
		strncmp(detail + n, ": ", 2) == 0)
		trouble_arg(trouble, "detail", "%s", detail + n + 2);
}

static int set(const struct fields_row *row, struct string_list *options,
	const char *value, struct trouble *trouble)
{
	char *option = mem_printf("%s=%s", row->option, value);
	int err = fields_option_try(option, trouble);

	if (err == 0)
		store_list_add(options, option);
	else
		drop_name(trouble, row->option);
	free(option);
	return err;
}

/* Replaces what there is of the option by `value`; NULL: by nothing. */
static int replace(const struct fields_row *row, void *record,
	const char *value, struct trouble *trouble)
{
	struct string_list *options = place_of(row, record);
	struct string_list one = {0};

	if (value != NULL && set(row, &one, value, trouble) != 0)
		return -ERR_INVALID;
	option_text_drop(options, row->option);
	if (one.n != 0)
		store_list_add(options, one.item[0]);
	store_list_done(&one);
	return 0;
}

/* A text, or NULL for null and "": *ret_text. */
static int text_or_null(
	const json_t *value, const char **ret_text, struct trouble *trouble)
{
	*ret_text = NULL;
	if (json_is_null(value))
		return 0;
	*ret_text = fields_string(value, trouble);
	if (*ret_text == NULL)
		return -ERR_INVALID;
	if (strpbrk(*ret_text, "\r\n") != NULL)
		return trouble_say(
			trouble, ERR_INVALID, "it has control characters");
	if (**ret_text == '\0')
		*ret_text = NULL;
	return 0;
}

int fields_option_line(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	const char *text;
	int err = text_or_null(value, &text, trouble);

	return err != 0 ? err : replace(row, record, text, trouble);
}

int fields_option_word(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	const char *text;
	char *word;
	int err = text_or_null(value, &text, trouble);

	if (err != 0)
		return err;
	word = text != NULL ? option_text_quote(text) : NULL;
	err = replace(row, record, word, trouble);
	free(word);
	return err;
}

int fields_option_flag(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	if (!json_is_boolean(value) && !json_is_null(value))
		return trouble_say(
			trouble, ERR_INVALID, "true or false is wanted");
	return replace(row, record,
		json_is_null(value)   ? NULL
		: json_is_true(value) ? "yes"
				      : "no",
		trouble);
}

int fields_option_number(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	uint64_t number;
	char text[32];
	int err;

	if (json_is_null(value))
		return replace(row, record, NULL, trouble);
	err = fields_number(value, row->max, &number, trouble);
	if (err != 0)
		return err;
	snprintf(text, sizeof(text), "%" PRIu64, number);
	return replace(row, record, text, trouble);
}

int fields_option_choice(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	char list[96] = "";
	const char *text;
	size_t at = 0;

	if (json_is_null(value))
		return replace(row, record, NULL, trouble);
	text = fields_string(value, trouble);
	if (text == NULL)
		return -ERR_INVALID;
	for (const char *const *w = row->words; *w != NULL; w += 2) {
		if (strcmp(w[0], text) == 0)
			return replace(row, record, w[1], trouble);
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s",
			at != 0 ? ", " : "", w[0]);
	}
	return trouble_say(trouble, ERR_INVALID,
		"it can't be \"%.40s\"; it takes: %s", text, list);
}

int fields_option_texts(const json_t *value, struct string_list *ret_texts,
	struct trouble *trouble)
{
	static const struct fields_row row = {.offset = 0};
	int err = fields_texts(&row, value, ret_texts, trouble);

	for (size_t i = 0; err == 0 && i < ret_texts->n; i++)
		if (*ret_texts->item[i] == '\0' ||
			strpbrk(ret_texts->item[i], "\r\n") != NULL)
			err = trouble_say(
				trouble, ERR_INVALID, "a text of it is empty");
	return err;
}

/* One option an item. */
int fields_option_each(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	struct string_list *options = place_of(row, record);
	struct string_list texts = {0}, made = {0};
	int err = fields_option_texts(value, &texts, trouble);

	for (size_t i = 0; err == 0 && i < texts.n; i++) {
		char *word = option_text_quote(texts.item[i]);

		err = set(row, &made, word, trouble);
		free(word);
	}
	if (err == 0) {
		option_text_drop(options, row->option);
		for (size_t i = 0; i < made.n; i++)
			store_list_add(options, made.item[i]);
	}
	store_list_done(&texts);
	store_list_done(&made);
	return err;
}

/* All items in one option. */
int fields_option_words(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	struct string_list texts = {0};
	struct buf line = BUF_INIT;
	int err = fields_option_texts(value, &texts, trouble);

	for (size_t i = 0; err == 0 && i < texts.n; i++) {
		char *word = option_text_quote(texts.item[i]);

		buf_printf(&line, "%s%s", i != 0 ? " " : "", word);
		free(word);
	}
	buf_put_u8(&line, 0);
	if (err == 0)
		err = replace(row, record,
			texts.n != 0 ? (const char *)buf_ptr(&line) : NULL,
			trouble);
	buf_done(&line);
	store_list_done(&texts);
	return err;
}
