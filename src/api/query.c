#include "api/query.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/fields.h"
#include "api/refuse.h"

uint64_t query_number(const struct request *r, const char *name, uint64_t max,
	uint64_t initial, struct control_fields *fields)
{
	const char *text = request_query(r, name);
	unsigned long long number;
	char *end;

	if (text == NULL)
		return initial;
	number = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && *end == '\0' &&
		strlen(text) < 19 && number <= max)
		return number;
	fields_wrong(fields, name, "a whole number is wanted");
	return initial;
}

uint32_t query_id(const struct request *r, const char *name,
	struct control_fields *fields)
{
	return (uint32_t)query_number(r, name, UINT32_MAX, 0, fields);
}

/* `n` digits at `*p`; -1: there are not. */
static int digits(const char **p, int n)
{
	int number = 0;

	for (; n > 0; n--, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return -1;
		number = number * 10 + (**p - '0');
	}
	return number;
}

static bool take(const char **p, const char *any)
{
	if (**p == '\0' || strchr(any, **p) == NULL)
		return false;
	(*p)++;
	return true;
}

static bool read_day(const char **p, struct tm *tm)
{
	tm->tm_year = digits(p, 4) - 1900;
	if (tm->tm_year < 70 || !take(p, "-"))
		return false;
	tm->tm_mon = digits(p, 2) - 1;
	if (tm->tm_mon < 0 || tm->tm_mon > 11 || !take(p, "-"))
		return false;
	tm->tm_mday = digits(p, 2);
	return tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

static bool read_clock(const char **p, struct tm *tm)
{
	tm->tm_hour = digits(p, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !take(p, ":"))
		return false;
	tm->tm_min = digits(p, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59 || !take(p, ":"))
		return false;
	tm->tm_sec = digits(p, 2);
	return tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* "Z", "+02:00": the minutes that it is ahead of UTC. */
static bool read_offset(const char **p, int *ret_minutes)
{
	bool behind = **p == '-';
	int hours, minutes;

	*ret_minutes = 0;
	if (take(p, "Zz"))
		return true;
	/* In a query a plus that was not escaped is a space. */
	if (!take(p, "+- "))
		return false;
	hours = digits(p, 2);
	if (hours < 0 || hours > 23 || !take(p, ":"))
		return false;
	minutes = digits(p, 2);
	if (minutes < 0 || minutes > 59)
		return false;
	*ret_minutes = (hours * 60 + minutes) * (behind ? -1 : 1);
	return true;
}

bool query_parse_time(const char *text, uint64_t *ret_wall_ms)
{
	uint64_t ms = 0, scale = 100;
	struct tm tm = {0};
	int ahead;
	time_t at;

	if (!read_day(&text, &tm) || !take(&text, "Tt ") ||
		!read_clock(&text, &tm))
		return false;
	if (take(&text, "."))
		for (; isdigit((unsigned char)*text); text++, scale /= 10)
			ms += (uint64_t)(*text - '0') * scale;
	if (!read_offset(&text, &ahead) || *text != '\0')
		return false;
	at = timegm(&tm) - ahead * 60;
	if (at < 0)
		return false;
	*ret_wall_ms = (uint64_t)at * 1000 + ms;
	return true;
}

uint64_t query_time(const struct request *r, const char *name,
	struct control_fields *fields)
{
	const char *text = request_query(r, name);
	uint64_t wall_ms = 0;

	if (text != NULL && !query_parse_time(text, &wall_ms))
		fields_wrong(fields, name, "a time as in RFC 3339 is wanted");
	return wall_ms;
}

const char *query_word(const struct request *r, const char *name,
	const char *const *words, struct control_fields *fields)
{
	const char *text = request_query(r, name);

	if (text == NULL)
		return NULL;
	for (; *words != NULL; words++)
		if (strcmp(*words, text) == 0)
			return *words;
	fields_wrong(fields, name, "it is none of the words that it takes");
	return NULL;
}

bool query_is_wrong(struct request *r, const struct control_fields *fields)
{
	if (fields->n != 0)
		refuse_fields(r, fields);
	return fields->n != 0;
}
