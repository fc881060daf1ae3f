#include "api/member.h"

#include <stdlib.h>
#include <string.h>

#include "api/request.h"
#include "base/clean.h"

/* As mem.h: there is no memory, and nothing better to do. */
static json_t *there(json_t *value)
{
	if (value == NULL)
		abort();
	return value;
}

json_t *member_object(void)
{
	return there(json_object());
}

json_t *member_array(void)
{
	return there(json_array());
}

void member_set(json_t *object, const char *name, json_t *value)
{
	/* Names are literals of ours: nothing to check in them. */
	if (json_object_set_new_nocheck(object, name, value) != 0)
		abort();
}

void member_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		abort();
}

json_t *member_string(const char *text)
{
	json_t *value;
	char *clean;

	if (text == NULL)
		return json_null();
	value = json_string(text);
	if (value != NULL)
		return value;
	clean = clean_copy(text, strlen(text), strlen(text));
	value = there(json_string(clean));
	free(clean);
	return value;
}

void member_text(json_t *object, const char *name, const char *text)
{
	member_set(object, name, member_string(text));
}

void member_number(json_t *object, const char *name, uint64_t number)
{
	if (number > INT64_MAX)
		number = INT64_MAX;
	member_set(object, name, there(json_integer((json_int_t)number)));
}

void member_flag(json_t *object, const char *name, bool flag)
{
	member_set(object, name, json_boolean(flag));
}

void member_null(json_t *object, const char *name)
{
	member_set(object, name, json_null());
}

void member_time(json_t *object, const char *name, uint64_t wall_ms)
{
	member_set(object, name, json_time(wall_ms));
}

void member_list(
	json_t *object, const char *name, const struct string_list *list)
{
	json_t *array = member_array();

	for (size_t i = 0; i < list->n; i++)
		member_append(array, member_string(list->item[i]));
	member_set(object, name, array);
}

void member_id(json_t *object, const char *name, uint32_t id)
{
	if (id != 0)
		member_number(object, name, id);
	else
		member_null(object, name);
}
