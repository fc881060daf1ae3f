#include "api/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* In place. What can't be shown can't be meant (clean.h). */
static int decode(char *text, bool plus_is_space)
{
	char *to = text, *clean;
	bool same;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '%') {
			int high = hex(from[1]);
			int low = high < 0 ? -1 : hex(from[2]);

			if (low < 0 || high < 2)
				return -ERR_INVALID; /* no escape, a control */
			*to++ = (char)(high << 4 | low);
			from += 2;
		} else {
			*to++ = *from == '+' && plus_is_space ? ' ' : *from;
		}
	}
	*to = '\0';
	clean = clean_copy(text, strlen(text), TARGET_MAX);
	same = strcmp(clean, text) == 0;
	free(clean);
	return same ? 0 : -ERR_INVALID;
}

static int take_path(struct target *t, char *path)
{
	char *next;

	for (char *p = path + 1; p != NULL && *p != '\0'; p = next) {
		next = strchr(p, '/');
		if (next != NULL)
			*next++ = '\0';
		if (*p == '\0' || t->n_segments == TARGET_SEGMENTS ||
			decode(p, false) != 0)
			return -ERR_INVALID;
		if (strcmp(p, ".") == 0 || strcmp(p, "..") == 0 ||
			strchr(p, '/') != NULL)
			return -ERR_INVALID;
		t->segment[t->n_segments++] = p;
	}
	return 0;
}

static int take_query(struct target *t, char *query)
{
	char *next, *value;

	for (char *p = query; p != NULL && *p != '\0'; p = next) {
		next = strchr(p, '&');
		if (next != NULL)
			*next++ = '\0';
		if (*p == '\0')
			continue;
		value = strchr(p, '=');
		if (value != NULL)
			*value++ = '\0';
		if (t->n_args == TARGET_ARGS || decode(p, true) != 0 ||
			(value != NULL && decode(value, true) != 0))
			return -ERR_INVALID;
		t->arg[t->n_args].name = p;
		t->arg[t->n_args++].value = value != NULL ? value : "";
	}
	return 0;
}

int target_parse(const char *uri, struct target *ret_target)
{
	struct target t = {0};
	char *query;
	int err;

	if (*uri != '/' || strlen(uri) > TARGET_MAX)
		return -ERR_INVALID;
	t.text = mem_strdup(uri);
	query = strchr(t.text, '?');
	if (query != NULL)
		*query++ = '\0';
	err = take_path(&t, t.text);
	if (err == 0)
		err = take_query(&t, query);
	if (err != 0) {
		target_done(&t);
		return err;
	}
	*ret_target = t;
	return 0;
}

void target_done(struct target *t)
{
	free(t->text);
	*t = (struct target){0};
}

const char *target_arg(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->n_args; i++)
		if (strcmp(t->arg[i].name, name) == 0)
			return t->arg[i].value;
	return NULL;
}

bool target_matches(
	const struct target *t, const char *pattern, const char **ret_id)
{
	const char *id = NULL;
	size_t i = 0;

	for (const char *p = pattern; *p == '/'; i++) {
		size_t n = strcspn(++p, "/");

		if (i == t->n_segments)
			return false;
		if (n == 4 && strncmp(p, "{id}", 4) == 0)
			id = t->segment[i];
		else if (strncmp(p, t->segment[i], n) != 0 ||
			 t->segment[i][n] != '\0')
			return false;
		p += n;
	}
	if (i != t->n_segments)
		return false;
	*ret_id = id;
	return true;
}

uint32_t target_number(const char *text)
{
	uint64_t number = 0;

	if (*text < '1' || *text > '9')
		return 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		number = number * 10 + (uint64_t)(*text - '0');
		if (number > UINT32_MAX)
			return 0;
	}
	return (uint32_t)number;
}
