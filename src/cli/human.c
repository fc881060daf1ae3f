#include "cli/human.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/catalog.h"

#define ELLIPSIS "…"

/* One digit behind the point below 10, none above, like df -h and ls -h do. */
static void number(char *ret, size_t size, uint64_t tenths)
{
	uint64_t whole = tenths / 10, part = tenths % 10;

	if (whole >= 100 || part == 0) {
		snprintf(ret, size, "%llu", (unsigned long long)whole);
		return;
	}
	snprintf(ret, size, "%llu%s%llu", (unsigned long long)whole,
		catalog_get("unit.point"), (unsigned long long)part);
}

char *human_bytes(char ret_text[HUMAN_MAX], uint64_t bytes, bool brief)
{
	static const char *const units[] = {"unit.b", "unit.kib", "unit.mib",
		"unit.gib", "unit.tib", "unit.pib", "unit.eib"};
	char digits[24];
	unsigned power = 0;
	uint64_t rest = bytes, below = 0;

	while (rest >= 1000 && power < 6) {
		below = rest % 1024;
		rest /= 1024;
		power++;
	}
	number(digits, sizeof(digits), rest * 10 + below * 10 / 1024);
	if (brief)
		snprintf(ret_text, HUMAN_MAX, "%s%.1s", digits,
			power == 0 ? "" : &"KMGTPE"[power - 1]);
	else
		snprintf(ret_text, HUMAN_MAX, "%s %s", digits,
			catalog_get(units[power]));
	return ret_text;
}

char *human_rate(char ret_text[HUMAN_MAX], uint64_t bytes_per_s, bool brief)
{
	size_t n;

	human_bytes(ret_text, bytes_per_s, brief);
	n = strlen(ret_text);
	snprintf(ret_text + n, HUMAN_MAX - n, "/s");
	return ret_text;
}

char *human_duration(char ret_text[HUMAN_MAX], uint64_t ms)
{
	unsigned long long s = ms / 1000;
	char digits[24];

	if (s >= 86400)
		snprintf(ret_text, HUMAN_MAX, "%llu %s %llu h", s / 86400,
			catalog_get("unit.day"), s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(ret_text, HUMAN_MAX, "%llu h %llu min", s / 3600,
			s % 3600 / 60);
	else if (s >= 60)
		snprintf(
			ret_text, HUMAN_MAX, "%llu min %llu s", s / 60, s % 60);
	else {
		number(digits, sizeof(digits), s < 10 ? ms / 100 : s * 10);
		snprintf(ret_text, HUMAN_MAX, "%s s", digits);
	}
	return ret_text;
}

char *human_rtt(char ret_text[HUMAN_MAX], uint32_t us)
{
	char digits[24];

	number(digits, sizeof(digits),
		us < 10000 ? us / 100 : us / 1000 * (uint64_t)10);
	snprintf(ret_text, HUMAN_MAX, "%s ms", digits);
	return ret_text;
}

static bool starts_column(const char *p)
{
	unsigned char c = (unsigned char)*p;

	if ((c & 0xc0) == 0x80)
		return false;
	/* U+0300..U+036F, the combining marks. */
	if (c == 0xcc || (c == 0xcd && (unsigned char)p[1] < 0xb0))
		return false;
	return true;
}

size_t human_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += starts_column(text);
	return n;
}

/* Where column `column` begins, or the end. */
static const char *at_column(const char *text, size_t column)
{
	for (; *text != '\0'; text++)
		if (starts_column(text) && column-- == 0)
			break;
	return text;
}

char *human_fit(char *ret_text, size_t size, const char *text, size_t columns,
	enum human_cut cut)
{
	size_t width = human_width(text), head, tail;

	if (width <= columns || columns == 0) {
		snprintf(ret_text, size, "%s", columns == 0 ? "" : text);
		return ret_text;
	}
	tail = cut == HUMAN_CUT_MIDDLE ? (columns - 1) / 2 : 0;
	head = columns - 1 - tail;
	snprintf(ret_text, size, "%.*s" ELLIPSIS "%s",
		(int)(at_column(text, head) - text), text,
		at_column(text, width - tail));
	return ret_text;
}

char *human_utc(char ret_text[HUMAN_MAX], uint64_t wall_ms)
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(ret_text, HUMAN_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text + n, HUMAN_MAX - n, ".%03uZ",
		(unsigned)(wall_ms % 1000));
	return ret_text;
}

char *human_clock(char ret_text[HUMAN_MAX], uint64_t wall_ms, bool with_day)
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(ret_text, HUMAN_MAX,
		with_day ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm);
	return ret_text;
}
