/*
 * JSON that a person typed, read field by field into a record by a table.
 *
 * Each member of the body has a row, or is an error: the row says what kind of
 * value it takes and where it goes. What is wrong is collected, so that a form
 * shows all of it at once; a field that is wrong stays as it was. null is the
 * default of a field.
 *
 * Pure. Any thread.
 */
#ifndef TAUPE_API_FIELDS_H
#define TAUPE_API_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "daemon/control.h"

struct fields_row;

/* Reads `value` into the record; -ERR_INVALID with "detail". */
typedef int fields_read_fn(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble);

struct fields_row {
	const char *name;
	fields_read_fn *read; /* NULL: taken, and read elsewhere */
	size_t offset;        /* of the place in the record */
	/* of a number; of a text's bytes, a list's items. 0: the kind's own */
	uint64_t max;
	const char *option;       /* ssh_config's name of it, or NULL */
	const char *const *words; /* pairs of ours and ssh's; NULL ends */
};

/* Reads the members of `body`, an object, into `record`. The names of `fields`
 * may be borrowed from `body`. */
void fields_read(const struct fields_row *rows, size_t n_rows,
	const json_t *body, void *record, struct control_fields *fields);

/* Kinds, for places in a record. */
fields_read_fn fields_text,                 /* char *, NULL for null or "" */
	fields_flag,                        /* bool; null: false */
	fields_u16,                         /* null: 0 */
	fields_u32, fields_u64, fields_i64, /* either sign */
	fields_texts;                       /* struct string_list */

/* Adds what is wrong: ERR_INVALID with the detail. */
void fields_wrong(
	struct control_fields *fields, const char *field, const char *detail);
/* Adds those of `more` whose matter `fields` does not have yet: "local" says
 * all there is to say of "local_port". */
void fields_merge(
	struct control_fields *fields, const struct control_fields *more);

/* The text of a JSON string without a NUL in it; NULL, with "detail". */
const char *fields_string(const json_t *value, struct trouble *trouble);
/* A whole number from 0 to `max`. */
int fields_number(const json_t *value, uint64_t max, uint64_t *ret_number,
	struct trouble *trouble) WARN_UNUSED;

#endif
