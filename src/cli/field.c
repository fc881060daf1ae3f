#include "cli/field.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *field_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

json_int_t field_int(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

uint64_t field_count(const json_t *object, const char *name)
{
	json_int_t n = field_int(object, name);

	return n > 0 ? (uint64_t)n : 0;
}

bool field_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

uint64_t field_time(const json_t *object, const char *name)
{
	const char *rest;
	struct tm tm = {0};
	unsigned long ms = 0;
	time_t s;

	rest = strptime(field_text(object, name), "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL)
		return 0;
	if (*rest == '.')
		ms = strtoul(rest + 1, NULL, 10);
	if (ms > 999)
		ms = 0;
	s = timegm(&tm);
	return s > 0 ? (uint64_t)s * 1000 + ms : 0;
}

const json_t *field_object(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);

	return json_is_object(member) ? member : NULL;
}
