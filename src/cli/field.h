/*
 * Members of the API's JSON, read without a fuss: what is missing or of another
 * type is "", 0 or false. NULL may stand for an object. Pure.
 */
#ifndef TAUPE_CLI_FIELD_H
#define TAUPE_CLI_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* Borrowed from the object. */
const char *field_text(const json_t *object, const char *name);
json_int_t field_int(const json_t *object, const char *name);
/* Negative ones are 0. */
uint64_t field_count(const json_t *object, const char *name);
bool field_true(const json_t *object, const char *name);
/* "2026-11-23T04:54:16.250Z" as Unix milliseconds; 0: none or null. */
uint64_t field_time(const json_t *object, const char *name);
/* An object that is there and not null, or NULL. */
const json_t *field_object(const json_t *object, const char *name);

#endif
