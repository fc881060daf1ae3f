#include "api/export.h"

#include <stdlib.h>
#include <string.h>

#include "api/fields_server.h"
#include "api/member.h"
#include "api/server_way.h"
#include "api/ssh_command.h"
#include "api/want.h"
#include "base/mem.h"
#include "store/option_text.h"

#define SPEC_TEXT 1280

/* ---- JSON ---- */

/* Only what was set: a default stays one, even where it changes. Options stand
 * as they are stored, with or without a field of their own. */
json_t *export_server(const struct control *c, const struct store_server *s)
{
	const struct control_server *jump = control_server(c, s->jump_server);
	json_t *o = member_object();

	member_text(o, "name", s->name);
	member_text(o, "host", s->host);
	if (s->port != 0)
		member_number(o, "port", s->port);
	member_text(o, "user", s->user);
	member_text(o, "jump_server", jump != NULL ? jump->want.name : NULL);
	member_text(o, "keep_secrets", fields_server_keep(s->keep_secrets));
	member_list(o, "options", &s->options);
	member_text(o, "note", s->note);
	return o;
}

static void drop_nulls(json_t *object)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe (object, next, name, value)
		if (json_is_null(value))
			json_object_del(object, name);
}

/* What a request to make it would have: of the sides their parts, without a
 * host that was left out. */
json_t *export_forward(const struct control *c, const struct store_forward *f)
{
	const struct control_server *server = control_server(c, f->server);
	json_t *o = member_object();

	want_put_forward(o, f);
	member_text(o, "server", server != NULL ? server->want.name : NULL);
	json_object_del(o, "local");
	json_object_del(o, "remote");
	if (f->spec.bind_left_out)
		json_object_del(o, f->spec.type == FORWARD_REMOTE
					   ? "remote_host"
					   : "local_host");
	drop_nulls(o);
	return o;
}

json_t *export_json(const struct control *c)
{
	json_t *o = member_object(), *servers = member_array(),
	       *forwards = member_array();
	size_t n_servers, n_forwards;
	const struct control_server *const *s = control_servers(c, &n_servers);
	const struct control_forward *const *f =
		control_forwards(c, &n_forwards);

	for (size_t i = 0; i < n_servers; i++)
		member_append(servers, export_server(c, &s[i]->want));
	for (size_t i = 0; i < n_forwards; i++)
		member_append(forwards, export_forward(c, &f[i]->want));
	member_number(o, "taupe", EXPORT_VERSION);
	member_set(o, "servers", servers);
	member_set(o, "forwards", forwards);
	return o;
}

/* ---- ssh ---- */

/* One line of ssh_config: a name with white space or a pattern's characters
 * can't be a Host. */
static void put_alias(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		buf_put_u8(out, strchr(" \t\"'*?!#,\\/=@", *name) != NULL
					? '-'
					: (uint8_t)*name);
}

static void put_comment(struct buf *out, const char *text)
{
	buf_printf(out, "    # ");
	for (; *text != '\0'; text++)
		buf_put_u8(out, (uint8_t)(*text == '\n' ? ' ' : *text));
	buf_put_u8(out, '\n');
}

/* LocalForward and RemoteForward have white space where -L has a colon. */
static void put_forward(struct buf *out, const struct store_forward *f)
{
	static const char *const names[] = {[FORWARD_LOCAL] = "LocalForward",
		[FORWARD_REMOTE] = "RemoteForward",
		[FORWARD_DYNAMIC] = "DynamicForward"};
	struct forward_spec listen = {0};
	char text[SPEC_TEXT], target[ENDPOINT_TEXT] = "";
	bool has_target =
		f->spec.type != FORWARD_DYNAMIC && !f->spec.reverse_dynamic;

	put_comment(out, f->name);
	forward_spec_copy(&listen, &f->spec);
	listen.type = FORWARD_DYNAMIC;
	forward_spec_text(&listen, text, sizeof(text));
	forward_spec_done(&listen);
	if (has_target)
		endpoint_text(&f->spec.target, target, sizeof(target));
	/* ssh refuses what it would not listen on. */
	if (f->spec.type != FORWARD_REMOTE && f->spec.listen.path == NULL &&
		f->spec.listen.port == 0)
		buf_printf(out, "    #");
	else
		buf_printf(out, "    ");
	buf_printf(out, "%s %s%s%s\n", names[f->spec.type], text,
		has_target ? " " : "", target);
}

static void put_way(
	struct buf *out, const struct control *c, const struct store_server *s)
{
	const struct control_server *jump = control_server(c, s->jump_server);

	if (jump == NULL)
		return;
	buf_printf(out, "    ProxyJump ");
	put_alias(out, jump->want.name);
	buf_put_u8(out, '\n');
}

static void put_options(struct buf *out, const struct store_server *s)
{
	for (size_t i = 0; i < s->options.n; i++) {
		const char *item = s->options.item[i];
		const char *value = option_text_value(item);
		size_t n = strcspn(item, "= \t");

		if (!ssh_command_knows(item))
			put_comment(out, item);
		else if (s->jump_server == 0 ||
			 !option_text_is(item, "ProxyJump"))
			buf_printf(out, "    %.*s %s\n", (int)n, item, value);
	}
}

static void put_host(
	struct buf *out, const struct control *c, const struct store_server *s)
{
	buf_printf(out, "Host ");
	put_alias(out, s->name);
	buf_put_u8(out, '\n');
	put_comment(out, s->name);
	buf_printf(out, "    HostName %s\n", s->host);
	if (s->port != 0)
		buf_printf(out, "    Port %u\n", s->port);
	if (s->user != NULL)
		buf_printf(out, "    User %s\n", s->user);
	put_way(out, c, s);
	put_options(out, s);
}

void export_ssh_config(struct buf *out, const struct control *c)
{
	size_t n_servers, n_forwards;
	const struct control_server *const *s = control_servers(c, &n_servers);
	const struct control_forward *const *f =
		control_forwards(c, &n_forwards);

	for (size_t i = 0; i < n_servers; i++) {
		if (i != 0)
			buf_put_u8(out, '\n');
		put_host(out, c, &s[i]->want);
		for (size_t k = 0; k < n_forwards; k++)
			if (f[k]->want.server == s[i]->want.id)
				put_forward(out, &f[k]->want);
	}
}

void export_ssh_commands(struct buf *out, const struct control *c)
{
	size_t n;
	const struct control_forward *const *f = control_forwards(c, &n);

	for (size_t i = 0; i < n; i++) {
		char *line = server_way_command(c, &f[i]->want, 0);

		if (line == NULL)
			continue;
		buf_printf(out, "# %s\n%s\n", f[i]->want.name, line);
		free(line);
	}
}
