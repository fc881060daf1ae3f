#include "api/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_list.h"

#define TEXT_MAX_BYTES 4096
#define LIST_MAX_ITEMS 256

const char *fields_string(const json_t *value, struct trouble *trouble)
{
	const char *text = json_string_value(value);

	if (text == NULL) {
		trouble_say(trouble, ERR_INVALID, "a text is wanted");
	} else if (strlen(text) != json_string_length(value)) {
		trouble_say(trouble, ERR_INVALID, "it has control characters");
		text = NULL;
	}
	return text;
}

int fields_number(const json_t *value, uint64_t max, uint64_t *ret_number,
	struct trouble *trouble)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return trouble_say(
			trouble, ERR_INVALID, "a whole number is wanted");
	if (number < 0 || (uint64_t)number > max)
		return trouble_say(trouble, ERR_INVALID,
			"it is out of range (0..%" PRIu64 ")", max);
	*ret_number = (uint64_t)number;
	return 0;
}

static void *place_of(const struct fields_row *row, void *record)
{
	return (char *)record + row->offset;
}

int fields_text(const struct fields_row *row, const json_t *value, void *record,
	struct trouble *trouble)
{
	size_t max = row->max != 0 ? (size_t)row->max : TEXT_MAX_BYTES;
	char **place = place_of(row, record);
	const char *text = NULL;

	if (!json_is_null(value)) {
		text = fields_string(value, trouble);
		if (text == NULL)
			return -ERR_INVALID;
		if (strlen(text) > max)
			return trouble_say(trouble, ERR_INVALID,
				"it is too long (%zu > %zu)", strlen(text),
				max);
	}
	free(*place);
	*place = text != NULL && *text != '\0' ? mem_strdup(text) : NULL;
	return 0;
}

int fields_flag(const struct fields_row *row, const json_t *value, void *record,
	struct trouble *trouble)
{
	if (!json_is_boolean(value) && !json_is_null(value))
		return trouble_say(
			trouble, ERR_INVALID, "true or false is wanted");
	*(bool *)place_of(row, record) = json_is_true(value);
	return 0;
}

static int read_number(const struct fields_row *row, const json_t *value,
	uint64_t most, uint64_t *ret_number, struct trouble *trouble)
{
	*ret_number = 0;
	if (json_is_null(value))
		return 0;
	return fields_number(
		value, row->max != 0 ? row->max : most, ret_number, trouble);
}

int fields_u16(const struct fields_row *row, const json_t *value, void *record,
	struct trouble *trouble)
{
	uint64_t number;
	int err = read_number(row, value, UINT16_MAX, &number, trouble);

	if (err == 0)
		*(uint16_t *)place_of(row, record) = (uint16_t)number;
	return err;
}

int fields_u32(const struct fields_row *row, const json_t *value, void *record,
	struct trouble *trouble)
{
	uint64_t number;
	int err = read_number(row, value, UINT32_MAX, &number, trouble);

	if (err == 0)
		*(uint32_t *)place_of(row, record) = (uint32_t)number;
	return err;
}

int fields_u64(const struct fields_row *row, const json_t *value, void *record,
	struct trouble *trouble)
{
	uint64_t number;
	int err = read_number(row, value, INT64_MAX, &number, trouble);

	if (err == 0)
		*(uint64_t *)place_of(row, record) = number;
	return err;
}

int fields_i64(const struct fields_row *row, const json_t *value, void *record,
	struct trouble *trouble)
{
	if (!json_is_integer(value) && !json_is_null(value))
		return trouble_say(
			trouble, ERR_INVALID, "a whole number is wanted");
	*(int64_t *)place_of(row, record) = json_integer_value(value);
	return 0;
}

int fields_texts(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	size_t max = row->max != 0 ? (size_t)row->max : LIST_MAX_ITEMS;
	struct string_list list = {0}, *place = place_of(row, record);
	const char *text;

	if (!json_is_array(value) && !json_is_null(value))
		return trouble_say(
			trouble, ERR_INVALID, "a list of texts is wanted");
	if (json_array_size(value) > max)
		return trouble_say(trouble, ERR_INVALID,
			"it is too long (%zu > %zu)", json_array_size(value),
			max);
	for (size_t i = 0; i < json_array_size(value); i++) {
		text = fields_string(json_array_get(value, i), trouble);
		if (text == NULL) {
			store_list_done(&list);
			return -ERR_INVALID;
		}
		store_list_add(&list, text);
	}
	store_list_done(place);
	*place = list;
	return 0;
}

static const struct fields_row *find(
	const struct fields_row *rows, size_t n_rows, const char *name)
{
	for (size_t i = 0; i < n_rows; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

void fields_read(const struct fields_row *rows, size_t n_rows,
	const json_t *body, void *record, struct control_fields *fields)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)body, name, value) {
		const struct fields_row *row = find(rows, n_rows, name);
		struct trouble trouble;

		if (row == NULL)
			fields_wrong(fields, name, "there is no such field");
		else if (row->read != NULL &&
			 row->read(row, value, record, &trouble) != 0)
			control_fields_add(fields, row->name, &trouble);
	}
}

void fields_wrong(
	struct control_fields *fields, const char *field, const char *detail)
{
	struct trouble trouble;

	trouble_say(&trouble, ERR_INVALID, "%s", detail);
	control_fields_add(fields, field, &trouble);
}

static bool same_matter(const char *a, const char *b)
{
	size_t n = strcspn(a, "_");

	return n == strcspn(b, "_") && strncmp(a, b, n) == 0;
}

void fields_merge(
	struct control_fields *fields, const struct control_fields *more)
{
	unsigned n = fields->n;

	for (unsigned i = 0; i < more->n; i++) {
		bool said = false;

		for (unsigned k = 0; k < n; k++)
			said = said || same_matter(fields->item[k].field,
					       more->item[i].field);
		if (!said)
			control_fields_add(fields, more->item[i].field,
				&more->item[i].trouble);
	}
}
