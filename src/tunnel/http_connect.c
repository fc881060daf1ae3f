/*
 * HTTP CONNECT, RFC 9110 §9.3.6 and RFC 9112 §3.2.3; Basic login, RFC 7617. The
 * head is read whole; nothing in it matters but the request line, Host (for the
 * PAC file) and Proxy-Authorization. Any other request is told what it has
 * reached.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/rd.h"
#include "base/secret.h"
#include "tunnel/socks_internal.h"

#define LOGIN_MAX 1024 /* of Basic's base64 */

static const char about[] =
	"This is a taupe SOCKS and HTTP CONNECT proxy, not a web server.\n"
	"Set it as the proxy (SOCKS5 best) of a browser or program.\n"
	"\n"
	"Ceci est un proxy SOCKS et HTTP CONNECT de taupe, pas un site web.\n"
	"Indiquez-le comme proxy (de préférence SOCKS5) dans un navigateur ou "
	"un programme.\n";

static const char about_pac[] =
	"\n"
	"Or give a browser this address for its automatic configuration:\n"
	"Ou donnez à un navigateur cette adresse de configuration automatique "
	":\n"
	"http://%s/proxy.pac\n";

static const char bad_request[] =
	"This is a taupe SOCKS and HTTP CONNECT proxy; that was not a request "
	"it can read.\n"
	"Ceci est un proxy SOCKS et HTTP CONNECT de taupe ; cette requête est "
	"illisible.\n";

static void put_answer(struct buf *out, const char *status, const char *header,
	const char *body)
{
	buf_printf(out,
		"HTTP/1.1 %s\r\n"
		"%s"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: %zu\r\n"
		"Connection: close\r\n"
		"\r\n"
		"%s",
		status, header, strlen(body), body);
}

void http_connect_reply(const struct socks *s, int err, struct buf *out)
{
	static const struct {
		enum err err;
		const char *status, *why;
	} table[] = {
		{ERR_TARGET_REFUSED, "502 Bad Gateway",
			"it refused the connection"},
		{ERR_LOCAL_REFUSED, "502 Bad Gateway",
			"it refused the connection"},
		{ERR_TARGET_UNREACHABLE, "502 Bad Gateway",
			"it can't be reached or its name is not known"},
		{ERR_HOST_UNREACHABLE, "502 Bad Gateway",
			"it can't be reached"},
		{ERR_DNS_FAILED, "502 Bad Gateway", "its name is not known"},
		{ERR_TARGET_PROHIBITED, "403 Forbidden",
			"the SSH server does not allow it"},
		{ERR_LINK_LOST, "502 Bad Gateway",
			"the link to the SSH server is down"},
		{ERR_DISCONNECTED, "502 Bad Gateway",
			"the link to the SSH server is down"},
		{ERR_TIMEOUT, "504 Gateway Timeout", "no answer in time"},
		{ERR_CONNECT_TIMEOUT, "504 Gateway Timeout",
			"no answer in time"},
	};
	const char *status = "502 Bad Gateway", *why = "it could not be opened";
	char body[SOCKS_HOST_MAX + 128];

	if (err == ERR_OK) {
		buf_printf(out, "HTTP/1.1 200 Connection established\r\n\r\n");
		return;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if ((int)table[i].err == err) {
			status = table[i].status;
			why = table[i].why;
		}
	}
	snprintf(body, sizeof(body), "taupe: %s port %u: %s (%s)\n", s->host,
		s->port, why, err_name(err));
	put_answer(out, status, "", body);
}

/* Cuts the next line off `text`, its end not counted; false: there is none. */
static bool next_line(struct slice *text, struct slice *ret_line)
{
	const uint8_t *lf =
		text->p != NULL ? memchr(text->p, '\n', text->len) : NULL;
	size_t n;

	if (lf == NULL)
		return false;
	n = (size_t)(lf - text->p);
	*ret_line = (struct slice){text->p, n};
	if (n > 0 && text->p[n - 1] == '\r')
		ret_line->len--;
	text->p += n + 1;
	text->len -= n + 1;
	return true;
}

/* The first word of `line`, and past the one space that ends it. */
static struct slice next_word(struct slice *line)
{
	const uint8_t *space =
		line->len != 0 ? memchr(line->p, ' ', line->len) : NULL;
	size_t n = space != NULL ? (size_t)(space - line->p) : line->len;
	struct slice word = {line->p, n};

	line->p += n + (space != NULL ? 1 : 0);
	line->len -= n + (space != NULL ? 1 : 0);
	return word;
}

static bool request_line(
	struct slice line, struct slice *ret_method, struct slice *ret_target)
{
	*ret_method = next_word(&line);
	*ret_target = next_word(&line);
	return ret_method->len != 0 && ret_target->len != 0 &&
	       (slice_is(line, "HTTP/1.1") || slice_is(line, "HTTP/1.0"));
}

/* "host:port" or "[IPv6]:port". */
static bool read_authority(struct socks *s, struct slice target)
{
	const uint8_t *colon = memrchr(target.p, ':', target.len);
	struct slice host = target;
	uint32_t port = 0;
	size_t digits;

	if (colon == NULL)
		return false;
	host.len = (size_t)(colon - target.p);
	digits = target.len - host.len - 1;
	if (digits == 0 || digits > 5)
		return false;
	for (size_t i = 1; i <= digits; i++) {
		if (colon[i] < '0' || colon[i] > '9')
			return false;
		port = port * 10 + (uint32_t)(colon[i] - '0');
	}
	if (host.len >= 2 && host.p[0] == '[' && host.p[host.len - 1] == ']') {
		host.p++;
		host.len -= 2;
	} else if (memchr(host.p, ':', host.len) != NULL) {
		return false;
	}
	for (const char *c = "/@[]?#"; *c != '\0'; c++)
		if (memchr(host.p, *c, host.len) != NULL)
			return false;
	if (port == 0 || port > UINT16_MAX ||
		!socks_set_host(s, host.p, host.len))
		return false;
	s->port = (uint16_t)port;
	return true;
}

/* The value of `line` when its field is `name`, without the space around it. */
static bool field_value(
	struct slice line, const char *name, struct slice *ret_value)
{
	size_t n = strlen(name);

	if (line.len <= n || line.p[n] != ':' ||
		strncasecmp((const char *)line.p, name, n) != 0)
		return false;
	line.p += n + 1;
	line.len -= n + 1;
	while (line.len > 0 && (*line.p == ' ' || *line.p == '\t')) {
		line.p++;
		line.len--;
	}
	while (line.len > 0 &&
		(line.p[line.len - 1] == ' ' || line.p[line.len - 1] == '\t'))
		line.len--;
	*ret_value = line;
	return true;
}

static bool basic_fits(struct slice value, const struct socks_login *login)
{
	struct slice scheme = next_word(&value);
	struct buf pair = BUF_INIT;
	const uint8_t *colon;
	bool good = false;
	size_t n;

	if (scheme.len != 5 ||
		strncasecmp((const char *)scheme.p, "Basic", 5) != 0)
		return false;
	while (value.len > 0 && *value.p == ' ')
		next_word(&value);
	if (value.len > LOGIN_MAX || base64_decode(&pair, value) != 0)
		goto done;
	n = buf_len(&pair);
	colon = n != 0 ? memchr(buf_ptr(&pair), ':', n) : NULL;
	if (colon != NULL) {
		size_t user = (size_t)(colon - buf_ptr(&pair));

		/* Both are always compared. */
		good = socks_same(buf_ptr(&pair), user, login->user);
		good &= socks_same(colon + 1, n - user - 1, login->password);
	}
done:
	buf_wipe_done(&pair);
	return good;
}

struct fields {
	bool logged_in;
	struct slice host; /* the last one */
};

/* Goes through the fields up to the empty line. False: it has not come yet. */
static bool read_fields(struct slice *rest, const struct socks_login *login,
	struct fields *ret_fields)
{
	struct fields f = {.logged_in = login->user == NULL};
	struct slice line, value;

	while (next_line(rest, &line)) {
		if (line.len == 0) {
			*ret_fields = f;
			return true;
		}
		if (!f.logged_in &&
			field_value(line, "Proxy-Authorization", &value))
			f.logged_in = basic_fits(value, login);
		else if (field_value(line, "Host", &value))
			f.host = value;
	}
	return false;
}

static void refuse_other(const char *place, bool logged_in, struct buf *out)
{
	char body[sizeof(about) + sizeof(about_pac) + HTTP_PLACE_MAX];
	int n = snprintf(body, sizeof(body), "%s", about);

	if (place != NULL)
		snprintf(body + n, sizeof(body) - (size_t)n, about_pac, place);
	if (logged_in)
		put_answer(out, "405 Method Not Allowed", "Allow: CONNECT\r\n",
			body);
	else
		put_answer(out, "407 Proxy Authentication Required",
			"Proxy-Authenticate: Basic realm=\"taupe\", "
			"charset=\"UTF-8\"\r\n",
			body);
}

static enum socks_result act(struct socks *s, struct slice method,
	struct slice target, const struct fields *fields, struct buf *out)
{
	char place[HTTP_PLACE_MAX];
	bool has_place;

	if (fields->logged_in && slice_is(method, "CONNECT")) {
		if (read_authority(s, target))
			return SOCKS_CONNECT;
		put_answer(out, "400 Bad Request", "", bad_request);
		return SOCKS_END;
	}
	has_place = http_pac_place(s, fields->host, place, sizeof(place));
	if (has_place && http_pac_is_asked(method, target))
		http_pac_answer(method, place, out);
	else
		refuse_other(has_place ? place : NULL, fields->logged_in, out);
	return SOCKS_END;
}

enum socks_result http_connect_input(struct socks *s, struct buf *in,
	struct buf *out, const struct socks_login *login)
{
	struct slice rest = {buf_ptr(in), buf_len(in)}, line, method, target;
	size_t len = rest.len;
	bool full = len >= SOCKS_REQUEST_MAX;
	enum socks_result result;
	struct fields fields;

	if (full)
		rest.len = len = SOCKS_REQUEST_MAX;
	if (!next_line(&rest, &line)) {
		if (!full)
			return SOCKS_MORE;
		put_answer(out, "414 URI Too Long", "", bad_request);
		return SOCKS_END;
	}
	if (!request_line(line, &method, &target)) {
		put_answer(out, "400 Bad Request", "", bad_request);
		return SOCKS_END;
	}
	if (!read_fields(&rest, login, &fields)) {
		if (!full)
			return SOCKS_MORE;
		put_answer(out, "431 Request Header Fields Too Large", "",
			bad_request);
		return SOCKS_END;
	}
	result = act(s, method, target, &fields, out);
	if (result == SOCKS_CONNECT)
		socks_forget(in, len - rest.len);
	return result;
}
