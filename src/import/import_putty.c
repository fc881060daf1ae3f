/*
 * PuTTY's sessions: regedit's export of Windows' registry, or one of the files
 * of PuTTY on Unix. Both are Name=value; the registry's are typed and quoted.
 */
#include <ctype.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "import/import_build.h"
#include "import/import_formats.h"

enum putty_key {
	PUTTY_HOST,
	PUTTY_PORT,
	PUTTY_USER,
	PUTTY_PROTOCOL,
	PUTTY_KEY_FILE,
	PUTTY_FORWARDS,
	PUTTY_ALIVE_MIN,
	PUTTY_ALIVE_S,
	PUTTY_PROXY,
	PUTTY_LOCAL_OPEN,
	PUTTY_REMOTE_OPEN,
	PUTTY_KEYS
};
static const char *const key_names[PUTTY_KEYS] = {
	[PUTTY_HOST] = "HostName",
	[PUTTY_PORT] = "PortNumber",
	[PUTTY_USER] = "UserName",
	[PUTTY_PROTOCOL] = "Protocol",
	[PUTTY_KEY_FILE] = "PublicKeyFile",
	[PUTTY_FORWARDS] = "PortForwardings",
	[PUTTY_ALIVE_MIN] = "PingInterval",
	[PUTTY_ALIVE_S] = "PingIntervalSecs",
	[PUTTY_PROXY] = "ProxyMethod",
	[PUTTY_LOCAL_OPEN] = "LocalPortAcceptAll",
	[PUTTY_REMOTE_OPEN] = "RemotePortAcceptAll",
};

struct session {
	struct import_set *set;
	unsigned line;
	char *name;
	char *value[PUTTY_KEYS];
};

static unsigned long number(const struct session *s, enum putty_key key)
{
	return s->value[key] != NULL ? strtoul(s->value[key], NULL, 10) : 0;
}

/* "%20" is a space in session names. */
static char *decode(const char *text, size_t n)
{
	char *name = mem_alloc(n + 1);
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		char hex[3] = {0};

		if (text[i] == '%' && i + 2 < n &&
			isxdigit((unsigned char)text[i + 1]) &&
			isxdigit((unsigned char)text[i + 2])) {
			memcpy(hex, text + i + 1, 2);
			name[used++] = (char)strtoul(hex, NULL, 16);
			i += 2;
		} else {
			name[used++] = text[i];
		}
	}
	name[used] = '\0';
	return name;
}

/* "4L3307=127.0.0.1:3306": a version of IP, the type, what listens, the target.
 */
static int one_forward(struct session *s, size_t server, char *item)
{
	enum forward_type type;
	char *target = strchr(item, '='), *text;
	const char *any = "";
	int r;

	if (*item == '4' || *item == '6')
		item++;
	type = *item == 'R'   ? FORWARD_REMOTE
	       : *item == 'D' ? FORWARD_DYNAMIC
			      : FORWARD_LOCAL;
	if (*item == '\0' || strchr("LRD", *item) == NULL) {
		import_build_skip(s->set, s->line, slice_of(item),
			"it can't be understood");
		return 0;
	}
	if (target != NULL)
		*target++ = '\0';
	item++;
	if (strchr(item, ':') == NULL &&
		number(s, type == FORWARD_REMOTE ? PUTTY_REMOTE_OPEN
						 : PUTTY_LOCAL_OPEN) != 0)
		any = "*:";
	if (type == FORWARD_DYNAMIC || target == NULL || *target == '\0')
		text = mem_printf("%s%s", any, item);
	else
		text = mem_printf("%s%s %s", any, item, target);
	r = import_build_forward(s->set, s->line, server, type, text, NULL);
	free(text);
	return r == -ERR_LIMIT ? r : 0;
}

static int forwards(struct session *s, size_t server)
{
	char *item = s->value[PUTTY_FORWARDS], *next;
	int r = 0;

	for (; item != NULL && r == 0; item = next) {
		next = strchr(item, ',');
		if (next != NULL)
			*next++ = '\0';
		if (*item != '\0')
			r = one_forward(s, server, item);
	}
	return r;
}

static int make_server(struct session *s)
{
	const char *key = s->value[PUTTY_KEY_FILE];
	const char *user = s->value[PUTTY_USER];
	const char *host = s->value[PUTTY_HOST], *at = strchr(host, '@');
	unsigned long alive =
		number(s, PUTTY_ALIVE_MIN) * 60 + number(s, PUTTY_ALIVE_S);
	char text[24], *named = NULL;
	size_t server;
	int r;

	if (at != NULL) {
		named = mem_dup(host, (size_t)(at - host));
		user = named;
		host = at + 1;
	}
	r = import_build_server(s->set, s->line, s->name, host,
		import_build_port(s->set, s->line, s->value[PUTTY_PORT]),
		user != NULL && *user != '\0' ? user : NULL, &server);
	free(named);
	if (r < 0)
		return r == -ERR_LIMIT ? r : 0;
	if (alive != 0 && alive < 86400) {
		snprintf(text, sizeof(text), "%lu", alive);
		import_build_option(
			s->set, s->line, server, "ServerAliveInterval", text);
	}
	if (number(s, PUTTY_PROXY) != 0)
		import_build_skip(s->set, s->line, slice_of("ProxyMethod"),
			"taupe can't do that");
	if (key != NULL && *key != '\0')
		import_build_skip(s->set, s->line, slice_of(key),
			"a kind of key that taupe does not know");
	return forwards(s, server);
}

static int end_session(struct session *s)
{
	const char *protocol = s->value[PUTTY_PROTOCOL];
	int r = 0;

	if (s->value[PUTTY_HOST] != NULL && *s->value[PUTTY_HOST] != '\0') {
		if (protocol == NULL || strcmp(protocol, "ssh") == 0)
			r = make_server(s);
		else
			import_build_skip(s->set, s->line,
				slice_of(s->name != NULL ? s->name : protocol),
				"it is no SSH session");
	}
	for (int i = 0; i < PUTTY_KEYS; i++) {
		free(s->value[i]);
		s->value[i] = NULL;
	}
	free(s->name);
	s->name = NULL;
	return r;
}

/* A registry's value: dword:000000ff, or a text in quotes with backslashes. */
static char *registry_value(const char *text)
{
	size_t n = strlen(text), used = 0;
	char *value;

	if (strncasecmp(text, "dword:", 6) == 0)
		return mem_printf("%lu", strtoul(text + 6, NULL, 16));
	if (text[0] != '"' || n < 2)
		return NULL;
	value = mem_alloc(n);
	for (size_t i = 1; i < n && text[i] != '"'; i++) {
		if (text[i] == '\\' && i + 1 < n)
			i++;
		value[used++] = text[i];
	}
	value[used] = '\0';
	return value;
}

static void keep(struct session *s, const char *name, size_t n, char *value)
{
	for (int i = 0; i < PUTTY_KEYS && value != NULL; i++)
		if (strlen(key_names[i]) == n &&
			strncmp(key_names[i], name, n) == 0) {
			free(s->value[i]);
			s->value[i] = value;
			return;
		}
	free(value);
}

static void assignment(struct session *s, const char *line)
{
	const char *end;

	if (line[0] == '"') {
		end = strchr(line + 1, '"');
		if (end != NULL && end[1] == '=')
			keep(s, line + 1, (size_t)(end - line - 1),
				registry_value(end + 2));
		return;
	}
	end = strchr(line, '=');
	if (end != NULL)
		keep(s, line, (size_t)(end - line), mem_strdup(end + 1));
}

static int one_line(struct session *s, const char *line, unsigned no)
{
	const char *name, *end;
	int r = 0;

	if (line[0] != '[') {
		assignment(s, line);
		return 0;
	}
	r = end_session(s);
	s->line = no;
	name = strstr(line, "\\Sessions\\");
	end = strrchr(line, ']');
	if (name != NULL && end != NULL && end > name + 10)
		s->name = decode(name + 10, (size_t)(end - name - 10));
	return r;
}

int import_putty_read(char *text, const char *path, struct import_set *set,
	struct trouble *trouble)
{
	struct session s = {.set = set, .line = 1};
	char *at = text, *copy;
	unsigned no = 0;
	int r = 0;

	if (path != NULL) {
		copy = mem_strdup(path);
		s.name = decode(basename(copy), strlen(basename(copy)));
		free(copy);
	}
	while (at != NULL && *at != '\0' && r == 0) {
		char *next = strchr(at, '\n');

		if (next != NULL)
			*next++ = '\0';
		at[strcspn(at, "\r")] = '\0';
		r = one_line(&s, at, ++no);
		at = next;
	}
	if (r == 0)
		r = end_session(&s);
	else
		(void)end_session(&s);
	if (r == 0 && set->n_servers == 0)
		r = trouble_say(
			trouble, ERR_INVALID, "it names no session of SSH");
	return r;
}
