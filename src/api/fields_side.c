#include "api/fields_side.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct fields_side fields_side_local(void)
{
	return (struct fields_side){.name = "local",
		.host_name = "local_host",
		.port_name = "local_port",
		.path_name = "local_path"};
}

struct fields_side fields_side_remote(void)
{
	return (struct fields_side){.name = "remote",
		.host_name = "remote_host",
		.port_name = "remote_port",
		.path_name = "remote_path"};
}

static void clear(struct fields_side *s)
{
	free(s->host);
	free(s->path);
	s->host = s->path = NULL;
	s->has_port = false;
	s->port = 0;
}

void fields_side_done(struct fields_side *s)
{
	clear(s);
}

void fields_side_from(
	struct fields_side *s, const struct endpoint *e, bool host_left_out)
{
	clear(s);
	if (e->path != NULL) {
		s->path = mem_strdup(e->path);
		return;
	}
	if (e->host != NULL && !host_left_out)
		s->host = mem_strdup(e->host);
	s->has_port = true;
	s->port = e->port;
}

bool fields_side_has(const struct fields_side *s, const char *member)
{
	return strcmp(member, s->name) == 0 ||
	       strcmp(member, s->host_name) == 0 ||
	       strcmp(member, s->port_name) == 0 ||
	       strcmp(member, s->path_name) == 0;
}

static void set_host(struct fields_side *s, const char *text, size_t n)
{
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n == 1 && *text == '*')
		n = 0;
	free(s->path);
	s->path = NULL;
	free(s->host);
	s->host = mem_dup(text, n);
}

static void set_path(struct fields_side *s, const char *text)
{
	clear(s);
	s->path = mem_strdup(text);
}

static void set_port(struct fields_side *s, uint64_t port)
{
	free(s->path);
	s->path = NULL;
	s->has_port = true;
	s->port = (uint16_t)port;
}

static bool read_port(const char *text, uint64_t *ret_port)
{
	char *end;

	if (!isdigit((unsigned char)*text) || strlen(text) > 5)
		return false;
	*ret_port = strtoul(text, &end, 10);
	return *end == '\0' && *ret_port <= UINT16_MAX;
}

static const char *read_text(struct fields_side *s, const char *text)
{
	const char *colon = strrchr(text, ':'), *port;
	uint64_t number;

	if (*text == '/') {
		set_path(s, text);
		return NULL;
	}
	port = colon != NULL ? colon + 1 : text;
	if (colon != NULL && *text != '[' &&
		memchr(text, ':', (size_t)(colon - text)) != NULL)
		return "IPv6 addresses go in brackets";
	if (!read_port(port, &number))
		return "neither a host with a port nor a path";
	clear(s);
	set_port(s, number);
	if (colon != NULL)
		set_host(s, text, (size_t)(colon - text));
	return NULL;
}

static void wrong(struct fields_side *s, const char *field,
	struct trouble *trouble, struct control_fields *fields)
{
	control_fields_add(fields, field, trouble);
	s->is_wrong = true;
}

static void read_whole(struct fields_side *s, const json_t *value,
	struct control_fields *fields)
{
	const char *text, *why;
	struct trouble trouble;

	if (json_is_null(value)) {
		clear(s);
		return;
	}
	text = fields_string(value, &trouble);
	if (text != NULL) {
		why = read_text(s, text);
		if (why == NULL)
			return;
		trouble_say(&trouble, ERR_INVALID, "%s", why);
	}
	wrong(s, s->name, &trouble, fields);
}

static void read_host(struct fields_side *s, const json_t *value,
	struct control_fields *fields)
{
	struct trouble trouble;
	const char *text;

	if (json_is_null(value)) {
		free(s->host);
		s->host = NULL;
		return;
	}
	text = fields_string(value, &trouble);
	if (text == NULL)
		wrong(s, s->host_name, &trouble, fields);
	else
		set_host(s, text, strlen(text));
}

static void read_number(struct fields_side *s, const json_t *value,
	struct control_fields *fields)
{
	struct trouble trouble;
	uint64_t port;

	if (json_is_null(value))
		s->has_port = false;
	else if (fields_number(value, UINT16_MAX, &port, &trouble) == 0)
		set_port(s, port);
	else
		wrong(s, s->port_name, &trouble, fields);
}

static void read_path(struct fields_side *s, const json_t *value,
	struct control_fields *fields)
{
	struct trouble trouble;
	const char *text;

	if (json_is_null(value)) {
		free(s->path);
		s->path = NULL;
		return;
	}
	text = fields_string(value, &trouble);
	if (text == NULL) {
		wrong(s, s->path_name, &trouble, fields);
	} else if (*text != '/') {
		trouble_say(&trouble, ERR_INVALID,
			"a path is wanted that starts with a slash");
		wrong(s, s->path_name, &trouble, fields);
	} else {
		set_path(s, text);
	}
}

/* The parts stand over the text. */
void fields_side_read(struct fields_side *s, const json_t *body,
	struct control_fields *fields)
{
	const json_t *value;

	if ((value = json_object_get(body, s->name)) != NULL)
		read_whole(s, value, fields);
	if ((value = json_object_get(body, s->host_name)) != NULL)
		read_host(s, value, fields);
	if ((value = json_object_get(body, s->port_name)) != NULL)
		read_number(s, value, fields);
	if ((value = json_object_get(body, s->path_name)) != NULL)
		read_path(s, value, fields);
}

bool fields_side_is_absent(const struct fields_side *s)
{
	return s->path == NULL && s->host == NULL && !s->has_port;
}

void fields_side_to(struct fields_side *s, bool listening,
	struct endpoint *ret_endpoint, bool *ret_host_left_out,
	struct control_fields *fields)
{
	struct endpoint e = {.port = s->port};

	*ret_host_left_out = false;
	if (s->path != NULL) {
		e = (struct endpoint){.path = mem_strdup(s->path)};
	} else if (s->is_wrong) {
		e.host = mem_strdup("localhost");
	} else {
		if (!s->has_port)
			fields_wrong(fields, s->port_name, "it is missing");
		if (s->host == NULL && !listening)
			fields_wrong(fields, s->host_name, "it is missing");
		*ret_host_left_out = s->host == NULL;
		e.host = mem_strdup(s->host != NULL ? s->host : "localhost");
	}
	endpoint_done(ret_endpoint);
	*ret_endpoint = e;
}
