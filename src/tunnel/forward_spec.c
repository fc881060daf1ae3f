/*
 * The text is cut into fields (brackets and backslashes seen to), the fields
 * are shared out between the listening side and the destination by their number
 * and by which of them are paths, and each side is then read on its own.
 */
#include "tunnel/forward_spec.h"

#include <ctype.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tunnel/allow.h"
#include "tunnel/options.h"

#define FIELDS_MAX 4

struct field {
	char *text;
	bool path;
};

struct parse {
	enum forward_type type;
	const char *text; /* as given, for words */
	struct trouble *trouble;
	struct field field[FIELDS_MAX];
	size_t n;
};

static const struct {
	const char *name;
	char flag;
	const char *form;
} types[] = {
	[FORWARD_LOCAL] = {"local", 'L',
		"[bind:]port:host:port, or a socket's path for either side"},
	[FORWARD_REMOTE] = {"remote", 'R',
		"[bind:]port:host:port, or [bind:]port for a SOCKS proxy"},
	[FORWARD_DYNAMIC] = {"dynamic", 'D', "[bind:]port"},
};

const char *forward_type_name(enum forward_type type)
{
	return types[type].name;
}

void forward_spec_done(struct forward_spec *f)
{
	free(f->name);
	endpoint_done(&f->listen);
	endpoint_done(&f->target);
	free(f->socks_user);
	if (f->socks_password != NULL)
		secret_wipe(f->socks_password, strlen(f->socks_password));
	free(f->socks_password);
	free(f->allow);
	*f = (struct forward_spec){0};
}

static char *copy_or_null(const char *s)
{
	return s != NULL ? mem_strdup(s) : NULL;
}

void forward_spec_copy(struct forward_spec *to, const struct forward_spec *from)
{
	struct forward_spec copy = {
		.type = from->type,
		.name = copy_or_null(from->name),
		.reverse_dynamic = from->reverse_dynamic,
		.bind_left_out = from->bind_left_out,
		.socks_user = copy_or_null(from->socks_user),
		.socks_password = copy_or_null(from->socks_password),
		.lazy = from->lazy,
		.idle_s = from->idle_s,
		.allow = copy_or_null(from->allow),
		.limit_in_bytes_s = from->limit_in_bytes_s,
		.limit_out_bytes_s = from->limit_out_bytes_s,
	};

	endpoint_copy(&copy.listen, &from->listen);
	endpoint_copy(&copy.target, &from->target);
	forward_spec_done(to);
	*to = copy;
}

int forward_spec_check_allow(const char *allow, struct trouble *trouble)
{
	struct allow *parsed;
	int err = allow_parse(allow, &parsed, trouble);

	if (err == 0)
		allow_free(parsed);
	return err;
}

static int fail(const struct parse *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(const struct parse *p, const char *fmt, ...)
{
	char why[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return trouble_say(p->trouble, ERR_INVALID,
		"-%c \"%.40s\": %s (it takes: %s)", types[p->type].flag,
		p->text, why, types[p->type].form);
}

/* Cuts one field off `*cursor`, in place; `*cursor` is NULL after the last. A
 * path, which starts with a slash, ends at a colon whatever `sep` is. */
static int next_field(
	const struct parse *p, char **cursor, char sep, struct field *ret)
{
	char *from = *cursor, *to = *cursor;

	ret->text = to;
	ret->path = sep == ':' && *from == '/';
	if (*from == '[') {
		ret->text = ++from;
		to = strchr(from, ']');
		if (to == NULL)
			return fail(p, "the bracket [ is not closed");
		from = to + 1;
		if (*from != '\0' && *from != sep)
			return fail(p, "\"%.10s\" follows the bracket ]", from);
	}
	while (*from != '\0' && *from != sep) {
		if (*from == '\\' && *++from == '\0')
			return fail(p, "it ends with a backslash");
		*to++ = *from++;
	}
	*cursor = *from == sep ? from + 1 : NULL;
	*to = '\0';
	return 0;
}

/* ssh's older form for IPv6 has slashes where colons would do. The first slash
 * tells: a path's own stands at the start or after the colon that ends a port,
 * and "::" does not end a port. */
static char separator(const char *text)
{
	const char *slash = strchr(text, '/');

	if (slash == NULL || slash == text)
		return ':';
	if (slash[-1] != ':')
		return '/';
	return slash - text >= 2 && slash[-2] == ':' ? '/' : ':';
}

static int split(struct parse *p, char *text)
{
	char sep = separator(text);
	int err;

	for (char *cursor = text; cursor != NULL; p->n++) {
		if (p->n == FIELDS_MAX)
			return fail(p, "too many parts; "
				       "IPv6 addresses go in brackets");
		err = next_field(p, &cursor, sep, &p->field[p->n]);
		if (err != 0)
			return err;
	}
	return 0;
}

static int read_port(const struct parse *p, const char *text, bool listening,
	uint16_t *ret_port)
{
	struct servent entry, *found = NULL;
	char space[1024], *end;
	unsigned long n;

	if (*text == '\0')
		return fail(p, "a port is missing");
	if (isdigit((unsigned char)*text)) {
		n = strtoul(text, &end, 10);
		if (*end != '\0' || end - text > 5 || n > UINT16_MAX)
			return fail(p, "\"%.20s\" is not a port", text);
		if (n == 0 && !listening)
			return fail(p, "port 0 can't be a destination");
		*ret_port = (uint16_t)n;
		return 0;
	}
	if (getservbyname_r(
		    text, "tcp", &entry, space, sizeof(space), &found) != 0 ||
		found == NULL)
		return fail(p, "\"%.20s\" is not a port", text);
	*ret_port = (uint16_t)ntohs((uint16_t)entry.s_port);
	return 0;
}

static int read_path(
	const struct parse *p, const char *text, struct endpoint *ret)
{
	if (strlen(text) > ENDPOINT_PATH_MAX)
		return fail(p, "a socket's path has at most %d bytes",
			ENDPOINT_PATH_MAX);
	for (const char *c = text; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			return fail(p, "a path has control characters");
	ret->path = mem_strdup(text);
	return 0;
}

static int read_host(const struct parse *p, const char *text, bool listening,
	struct endpoint *ret)
{
	if (listening && strcmp(text, "*") == 0)
		text = "";
	if (*text == '\0' && !listening)
		return fail(p, "the destination's host is missing");
	if (*text != '\0' &&
		(!destination_host_valid(text) || strpbrk(text, "/*?[]@") ||
			strlen(text) > ENDPOINT_HOST_MAX))
		return fail(p, "\"%.40s\" is not a host", text);
	ret->host = mem_strdup(text);
	return 0;
}

/* `n` fields: a path, a port (listening only), or host and port. */
static int read_side(const struct parse *p, const struct field *f, size_t n,
	bool listening, struct endpoint *ret)
{
	int err;

	if (n == 1 && f[0].path)
		return read_path(p, f[0].text, ret);
	if (n == 0)
		return fail(p, listening ? "the listening port is missing"
					 : "the destination is missing");
	if (n == 1 && !listening)
		return fail(p, "the destination's port is missing");
	if (n > 2)
		return fail(p, "too many parts; IPv6 addresses go in brackets");
	if (n == 2) {
		err = read_host(p, f[0].text, listening, ret);
		if (err != 0)
			return err;
	}
	return read_port(p, f[n - 1].text, listening, &ret->port);
}

/* How many of the fields are the listening side's, when nothing but the
 * separators tells. */
static size_t listen_fields(const struct parse *p)
{
	if (p->type == FORWARD_DYNAMIC)
		return p->n;
	if (p->field[0].path)
		return 1;
	if (p->n > 1 && p->field[p->n - 1].path)
		return p->n - 1;
	if (p->type == FORWARD_REMOTE && p->n <= 2)
		return p->n;
	if (p->n <= 2)
		return 1;
	return p->n - 2;
}

/* `second` is NULL in the form of -L, and otherwise the destination's half. */
static int read_halves(
	struct parse *p, char *first, char *second, struct forward_spec *ret)
{
	size_t cut;
	int err;

	p->n = 0;
	err = split(p, first);
	if (err != 0)
		return err;
	cut = p->n;
	if (second == NULL)
		cut = listen_fields(p);
	else
		err = split(p, second);
	if (err == 0)
		err = read_side(p, p->field, cut, true, &ret->listen);
	if (err != 0)
		return err;
	if (ret->listen.path == NULL && ret->listen.host == NULL) {
		ret->listen.host = mem_strdup("localhost");
		ret->bind_left_out = true;
	}
	ret->reverse_dynamic = p->type == FORWARD_REMOTE && cut == p->n;
	if (p->type == FORWARD_DYNAMIC && cut != p->n)
		return fail(p, "it has no destination of its own");
	if (p->type == FORWARD_DYNAMIC || ret->reverse_dynamic)
		return 0;
	return read_side(p, p->field + cut, p->n - cut, false, &ret->target);
}

/* The first unescaped white space between two words, or NULL. */
static const char *gap_find(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (isspace((unsigned char)text[i]))
			return text + i;
	}
	return NULL;
}

/* One try at `len` bytes of `text`; `gap` is where ssh_config's form has its
 * white space, or NULL. */
static int try(struct parse *p, const char *text, size_t len, const char *gap,
	struct forward_spec *ret)
{
	struct forward_spec spec = {.type = p->type};
	char *copy = mem_dup(text, len), *second = NULL;
	int err;

	if (gap != NULL) {
		second = copy + (gap - text);
		*second++ = '\0';
		while (isspace((unsigned char)*second))
			second++;
	}
	err = read_halves(p, copy, second, &spec);
	free(copy);
	if (err == 0)
		*ret = spec;
	else
		forward_spec_done(&spec);
	return err;
}

int forward_spec_parse(enum forward_type type, const char *text,
	struct forward_spec *ret_spec, struct trouble *trouble)
{
	struct parse p = {.type = type, .text = text, .trouble = trouble};
	struct parse quiet = {.type = type, .text = text};
	const char *gap;
	size_t len;
	int err;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]) &&
		(len < 2 || text[len - 2] != '\\'))
		len--;
	if (len == 0)
		return fail(&p, "it is empty");
	gap = gap_find(text, len);
	err = try(&p, text, len, gap, ret_spec);
	/* On the command line a path may have spaces of its own. */
	if (err != 0 && gap != NULL && strchr(text, '/') != NULL &&
		try(&quiet, text, len, NULL, ret_spec) == 0)
		return 0;
	return err;
}

/* Paths hold whatever a file name holds. */
static void put_escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == ':' || *s == '\\' || isspace((unsigned char)*s))
			buf_put_u8(b, '\\');
		buf_put_u8(b, (uint8_t)*s);
	}
}

static void put_endpoint(struct buf *b, const struct endpoint *e)
{
	char text[ENDPOINT_HOST_MAX + 16];

	if (e->path != NULL) {
		put_escaped(b, e->path);
	} else {
		endpoint_text(e, text, sizeof(text));
		buf_put(b, text, strlen(text));
	}
}

size_t forward_spec_text(
	const struct forward_spec *f, char *ret_text, size_t size)
{
	struct buf b = BUF_INIT;
	int n;

	if (f->bind_left_out && f->listen.path == NULL)
		buf_printf(&b, "%u", f->listen.port);
	else
		put_endpoint(&b, &f->listen);
	if (f->type != FORWARD_DYNAMIC && !f->reverse_dynamic) {
		buf_put_u8(&b, ':');
		put_endpoint(&b, &f->target);
	}
	n = snprintf(ret_text, size, "%.*s", (int)buf_len(&b),
		(const char *)buf_ptr(&b));
	buf_done(&b);
	return n > 0 ? (size_t)n : 0;
}
