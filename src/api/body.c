#include "api/body.h"

#include <stdbool.h>

/* The parser recurses: its depth is bounded before it starts. */
static bool is_deep(const char *p, size_t n)
{
	bool in_string = false;
	unsigned depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (in_string) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				in_string = false;
		} else if (p[i] == '"') {
			in_string = true;
		} else if (p[i] == '{' || p[i] == '[') {
			if (++depth > BODY_DEPTH)
				return true;
		} else if ((p[i] == '}' || p[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

json_t *body_parse(const void *p, size_t n, struct trouble *trouble)
{
	json_error_t error;
	json_t *body;

	if (is_deep(p, n)) {
		trouble_say(trouble, ERR_INVALID,
			"the body is nested more than 16 deep");
		return NULL;
	}
	body = json_loadb(p, n, JSON_REJECT_DUPLICATES, &error);
	if (body == NULL &&
		json_error_code(&error) == json_error_duplicate_key) {
		trouble_say(
			trouble, ERR_INVALID, "the body names a field twice");
		return NULL;
	}
	if (!json_is_object(body)) {
		json_decref(body);
		trouble_say(trouble, ERR_INVALID, "the body is no JSON object");
		return NULL;
	}
	return body;
}
