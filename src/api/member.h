/*
 * Members of JSON objects that we make: short words for what every resource
 * does. There is memory or the process ends (mem.h). Texts that are no UTF-8
 * (a peer's, a file's) are cleaned, as JSON has no other way to say them.
 *
 * Any thread; an object has one owner.
 */
#ifndef TAUPE_API_MEMBER_H
#define TAUPE_API_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "store/store.h"

/* An object and an array that are there. */
json_t *member_object(void);
json_t *member_array(void);
/* `value` is taken over. */
void member_set(json_t *object, const char *name, json_t *value);
void member_append(json_t *array, json_t *value);

/* A JSON text, made fit; null for NULL. */
json_t *member_string(const char *text);

void member_text(json_t *object, const char *name, const char *text);
void member_number(json_t *object, const char *name, uint64_t number);
void member_flag(json_t *object, const char *name, bool flag);
void member_null(json_t *object, const char *name);
/* As json_time: null for 0. */
void member_time(json_t *object, const char *name, uint64_t wall_ms);
void member_list(
	json_t *object, const char *name, const struct string_list *list);
/* An id, where 0 stands for none: null. */
void member_id(json_t *object, const char *name, uint32_t id);

#endif
