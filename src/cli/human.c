#include "cli/human.h"

#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

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

/* The C library's own table of widths, whatever the person's locale. NULL:
 * this system has none; a byte is then a column. */
static locale_t letters(void)
{
	static locale_t made;
	static bool tried;

	if (!tried)
		made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	tried = true;
	return made;
}

/* The columns of the letter at `p`, which is not the end; its bytes. What can't
 * be shown counts as one. */
static size_t letter(const char *p, size_t *ret_bytes)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t n = mbrtowc(&wide, p, MB_LEN_MAX, &state);
	int width = 1;

	if (n == (size_t)-1 || n == (size_t)-2 || n == 0)
		n = 1;
	else
		width = wcwidth(wide);
	*ret_bytes = n;
	return width < 0 ? 1 : (size_t)width;
}

/* Moves behind the letters that fit into `columns`, with the marks that stand
 * on the last of them; returns the columns they take. */
static size_t walk(const char **text, size_t columns)
{
	size_t used = 0, width, bytes;

	while (**text != '\0') {
		width = letter(*text, &bytes);
		if (used + width > columns)
			break;
		used += width;
		*text += bytes;
	}
	return used;
}

static size_t width_of(const char *text)
{
	return walk(&text, SIZE_MAX / 2);
}

/* Where the end begins that fits into `columns`. */
static const char *tail_of(const char *text, size_t columns)
{
	size_t width = width_of(text), bytes;

	while (*text != '\0' && width > columns) {
		width -= letter(text, &bytes);
		text += bytes;
	}
	/* Not with marks of what was cut. */
	while (*text != '\0' && letter(text, &bytes) == 0)
		text += bytes;
	return text;
}

size_t human_width(const char *text)
{
	locale_t before = uselocale(letters());
	size_t width = width_of(text);

	uselocale(before);
	return width;
}

char *human_fit(char *ret_text, size_t size, const char *text, size_t columns,
	enum human_cut cut)
{
	locale_t before = uselocale(letters());
	const char *head = text, *tail = "";

	if (columns == 0) {
		snprintf(ret_text, size, "%s", "");
	} else if (width_of(text) <= columns) {
		snprintf(ret_text, size, "%s", text);
	} else {
		size_t behind = cut == HUMAN_CUT_MIDDLE ? (columns - 1) / 2 : 0;

		walk(&head, columns - 1 - behind);
		if (behind != 0)
			tail = tail_of(text, behind);
		snprintf(ret_text, size, "%.*s" ELLIPSIS "%s",
			(int)(head - text), text, tail);
	}
	uselocale(before);
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
