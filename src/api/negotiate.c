#include "api/negotiate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/rd.h"

#define SPACE " \t"

static struct slice trim(const char *p, size_t n)
{
	while (n > 0 && strchr(SPACE, p[0]) != NULL) {
		p++;
		n--;
	}
	while (n > 0 && strchr(SPACE, p[n - 1]) != NULL)
		n--;
	return (struct slice){(const uint8_t *)p, n};
}

static bool is(struct slice s, const char *word)
{
	return s.len == strlen(word) &&
	       strncasecmp((const char *)s.p, word, s.len) == 0;
}

/* ";q=0.8" in thousandths; 1000 where there is none. RFC 9110 §12.4.2. */
static unsigned weight(struct slice params)
{
	const char *p = (const char *)params.p, *end = p + params.len;
	unsigned q = 0, unit = 1000;

	while (p < end && (*p == ';' || strchr(SPACE, *p) != NULL))
		p++;
	if (end - p < 3 || (*p != 'q' && *p != 'Q') || p[1] != '=')
		return 1000;
	for (p += 2; p < end && unit != 0; p++) {
		if (*p == '.')
			continue;
		if (*p < '0' || *p > '9')
			break;
		q += (unsigned)(*p - '0') * unit;
		unit /= 10;
	}
	return q < 1000 ? q : 1000;
}

/* The next item of a list and its weight; false: that was all. */
static bool next_item(
	const char **list, struct slice *ret_item, unsigned *ret_weight)
{
	const char *p = *list;
	size_t n = strcspn(p, ","), name = strcspn(p, ",;");

	if (*p == '\0')
		return false;
	*ret_item = trim(p, name);
	*ret_weight =
		weight((struct slice){(const uint8_t *)p + name, n - name});
	*list = p + n + (p[n] == ',');
	return true;
}

/* "fr", "fr-CA"; "*" is nobody's. */
static bool is_lang(struct slice range, enum lang lang)
{
	const char *name = catalog_lang_name(lang);
	size_t n = strlen(name);

	return range.len >= n &&
	       strncasecmp((const char *)range.p, name, n) == 0 &&
	       (range.len == n || range.p[n] == '-');
}

enum lang negotiate_lang(const char *accept, enum lang otherwise)
{
	enum lang best = otherwise;
	unsigned most = 0, q;
	struct slice item;

	while (accept != NULL && next_item(&accept, &item, &q))
		for (int l = 0; l < LANG_COUNT; l++)
			if (q > most && is_lang(item, (enum lang)l)) {
				best = (enum lang)l;
				most = q;
			}
	return best;
}

bool negotiate_gzip(const char *accept)
{
	struct slice item;
	unsigned q;

	while (accept != NULL && next_item(&accept, &item, &q))
		if (is(item, "gzip"))
			return q != 0;
	return false;
}

bool negotiate_if_match(const char *value, uint32_t *ret_revision)
{
	char *end;
	unsigned long long revision;

	*ret_revision = 0;
	if (value == NULL || strcmp(value, "*") == 0)
		return true;
	if (value[0] != '"' || value[1] < '1' || value[1] > '9')
		return false;
	revision = strtoull(value + 1, &end, 10);
	if (strcmp(end, "\"") != 0 || revision > UINT32_MAX)
		return false;
	*ret_revision = (uint32_t)revision;
	return true;
}

bool negotiate_has_etag(const char *value, const char *etag)
{
	size_t n = strlen(etag);

	if (value == NULL)
		return false;
	for (const char *p = value; *p != '\0';) {
		struct slice item = trim(p, strcspn(p, ","));

		if (item.len > 2 && memcmp(item.p, "W/", 2) == 0) {
			item.p += 2;
			item.len -= 2;
		}
		if (is(item, "*") ||
			(item.len == n && memcmp(item.p, etag, n) == 0))
			return true;
		p += strcspn(p, ",");
		p += *p == ',';
	}
	return false;
}

bool negotiate_is_json(const char *type)
{
	size_t n;
	struct slice charset;

	if (type == NULL)
		return false;
	n = strcspn(type, ";");
	if (!is(trim(type, n), "application/json"))
		return false;
	if (type[n] == '\0')
		return true;
	charset = trim(type + n + 1, strlen(type + n + 1));
	return is(charset, "charset=utf-8") || is(charset, "charset=\"utf-8\"");
}
