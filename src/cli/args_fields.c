/* What options say, as the API's JSON. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/args.h"

/* JSON's numbers are exact up to here. */
#define NUMBER_MAX (UINT64_C(1) << 53)

struct unit {
	char letter;
	uint64_t factor;
};

static const struct unit seconds[] = {
	{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {0, 0}};
static const struct unit bytes[] = {{'k', UINT64_C(1) << 10},
	{'m', UINT64_C(1) << 20}, {'g', UINT64_C(1) << 30}, {0, 0}};

static int digits(const char **text, uint64_t *ret)
{
	const char *p = *text;
	uint64_t n = 0;

	if (*p < '0' || *p > '9')
		return -ERR_INVALID;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > NUMBER_MAX)
			return -ERR_INVALID;
	}
	*text = p;
	*ret = n;
	return 0;
}

int args_number(const char *text, uint64_t *ret)
{
	uint64_t n;

	if (digits(&text, &n) < 0 || *text != '\0')
		return -ERR_INVALID;
	*ret = n;
	return 0;
}

static uint64_t factor_of(const struct unit *units, char letter)
{
	for (; units->letter != 0; units++)
		if (units->letter == (letter | 0x20))
			return units->factor;
	return 0;
}

/* A sum such as 1h30m; a number without a unit stands alone. */
static int sum(const char *text, const struct unit *units, uint64_t *ret)
{
	uint64_t total = 0, n, factor;

	if (args_number(text, ret) == 0)
		return 0;
	do {
		if (digits(&text, &n) < 0)
			return -ERR_INVALID;
		factor = factor_of(units, *text);
		if (factor == 0 || n > NUMBER_MAX / factor ||
			n * factor > NUMBER_MAX - total)
			return -ERR_INVALID;
		total += n * factor;
	} while (*++text != '\0');
	*ret = total;
	return 0;
}

int args_seconds(const char *text, uint64_t *ret)
{
	return sum(text, seconds, ret);
}

int args_bytes(const char *text, uint64_t *ret)
{
	return sum(text, bytes, ret);
}

/* ~ and %d stay for the daemon, which is the same person's. */
static json_t *absolute(const char *path)
{
	char folder[PATH_MAX];
	json_t *made;
	char *whole;

	if (*path == '/' || *path == '~' || *path == '%' ||
		strcmp(path, "none") == 0 ||
		getcwd(folder, sizeof(folder)) == NULL)
		return json_string(path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	whole = mem_printf("%s/%s", folder, path);
	made = json_string(whole);
	free(whole);
	return made;
}

static json_t *number(const struct args_given *g)
{
	uint64_t n = 0;
	int r = g->option->kind == ARGS_NUMBER    ? args_number(g->value, &n)
		: g->option->kind == ARGS_SECONDS ? args_seconds(g->value, &n)
						  : args_bytes(g->value, &n);

	return r == 0 ? json_integer((json_int_t)n) : NULL;
}

static json_t *list(json_t *body, const struct args_given *g)
{
	json_t *made = json_object_get(body, g->option->field);

	made = made != NULL ? json_incref(made) : json_array();
	if (*g->value != '\0')
		json_array_append_new(made, g->option->kind == ARGS_PATHS
						    ? absolute(g->value)
						    : json_string(g->value));
	return made;
}

static json_t *value(json_t *body, const struct args_given *g)
{
	switch (g->option->kind) {
	case ARGS_FLAG:
		return json_true();
	case ARGS_NOT:
		return json_false();
	case ARGS_NUMBER:
	case ARGS_SECONDS:
	case ARGS_BYTES:
		return number(g);
	case ARGS_LIST:
	case ARGS_PATHS:
		return list(body, g);
	case ARGS_PATH:
		return *g->value != '\0' ? absolute(g->value) : json_null();
	case ARGS_PLACE:
		return strchr(g->value, '/') != NULL ? absolute(g->value)
		       : *g->value != '\0'           ? json_string(g->value)
						     : json_null();
	case ARGS_TEXT:
		break;
	}
	return *g->value != '\0' ? json_string(g->value) : json_null();
}

/* Which sentence a value that makes no sense gets. */
static const char *complaint(enum args_kind kind)
{
	switch (kind) {
	case ARGS_NUMBER:
		return "cli.bad_number";
	case ARGS_SECONDS:
		return "cli.bad_seconds";
	case ARGS_BYTES:
		return "cli.bad_bytes";
	default:
		return "cli.bad_text";
	}
}

int args_fields(const struct args *a, json_t *body, char ret_error[TEXT_MAX])
{
	for (int i = 0; i < a->n_given; i++) {
		const struct args_given *g = &a->given[i];
		json_t *made;

		if (g->option->field == NULL)
			continue;
		made = value(body, g);
		if (made == NULL) {
			text_format(ret_error, TEXT_MAX,
				complaint(g->option->kind), "flag",
				g->option->name, "value", g->value, NULL);
			return -ERR_INVALID;
		}
		json_object_set_new(body, g->option->field, made);
	}
	return 0;
}
