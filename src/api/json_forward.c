/*
 * A forward as people see it. The two sides are product.md's: `local` is on
 * this machine, `remote` on the server's, whichever of them listens.
 */
#include <stdlib.h>

#include "api/member.h"
#include "api/request.h"
#include "api/server_way.h"
#include "api/ssh_command.h"

struct sides {
	const struct endpoint *local, *remote; /* NULL: there is none */
};

static struct sides sides_of(const struct forward_spec *spec)
{
	const struct endpoint *target = &spec->target;

	if (spec->type == FORWARD_DYNAMIC || spec->reverse_dynamic)
		target = NULL;
	return spec->type == FORWARD_REMOTE
		       ? (struct sides){target, &spec->listen}
		       : (struct sides){&spec->listen, target};
}

static void put_side(
	json_t *o, const struct endpoint *e, const char *const names[4])
{
	char text[ENDPOINT_TEXT];

	for (int i = 0; i < 4; i++)
		member_null(o, names[i]);
	if (e == NULL)
		return;
	endpoint_text(e, text, sizeof(text));
	member_text(o, names[0], text);
	if (e->path != NULL) {
		member_text(o, names[3], e->path);
		return;
	}
	member_text(o, names[1],
		e->host != NULL && *e->host != '\0' ? e->host : "*");
	member_number(o, names[2], e->port);
}

static void put_want(
	json_t *o, const struct control *c, const struct control_forward *f)
{
	static const char *const local[4] = {
		"local", "local_host", "local_port", "local_path"};
	static const char *const remote[4] = {
		"remote", "remote_host", "remote_port", "remote_path"};
	const struct control_server *server = control_server(c, f->want.server);
	const struct forward_spec *spec = &f->want.spec;
	struct sides sides = sides_of(spec);

	member_number(o, "id", f->want.id);
	member_number(o, "revision", f->want.revision);
	member_text(o, "name", f->want.name);
	member_text(o, "type", forward_type_name(spec->type));
	member_text(o, "server", server != NULL ? server->want.name : NULL);
	member_id(o, "server_id", f->want.server);
	put_side(o, sides.local, local);
	put_side(o, sides.remote, remote);
	member_list(o, "tags", &f->want.tags);
	member_flag(o, "autostart", f->want.autostart);
	member_flag(o, "lazy", spec->lazy);
	member_number(o, "idle_disconnect_s", spec->idle_s);
	member_number(o, "auto_off_s", f->want.auto_off_s);
	member_text(o, "allow", spec->allow);
	member_number(o, "limit_in_bytes_s", spec->limit_in_bytes_s);
	member_number(o, "limit_out_bytes_s", spec->limit_out_bytes_s);
	member_text(o, "socks_user", spec->socks_user);
	member_flag(o, "has_socks_password", f->has_socks_password);
	member_text(o, "note", f->want.note);
	member_set(o, "position", json_integer(f->want.position));
	member_time(o, "created_at", f->want.created_ms);
	member_time(o, "changed_at", f->want.changed_ms);
}

static void put_state(json_t *o, const struct control *c,
	const struct control_forward *f, enum lang lang)
{
	const struct control_server *server = control_server(c, f->want.server);

	member_flag(o, "wanted", f->want.wanted);
	member_text(o, "state", tunnel_state_name(f->state));
	member_flag(o, "standby", f->standby);
	member_time(o, "since", f->since_ms);
	member_set(o, "error", json_trouble(&f->trouble, 0, lang));
	member_time(o, "next_try_at", f->next_try_at_ms);
	member_time(o, "auto_off_at", f->auto_off_at_ms);
	member_text(o, "listen", *f->listen != '\0' ? f->listen : NULL);
	if (f->bound_port != 0)
		member_number(o, "bound_port", f->bound_port);
	else
		member_null(o, "bound_port");
	member_number(o, "connections", f->connections);
	member_number(o, "connections_total", f->connections_total);
	member_number(o, "bytes_in", f->bytes_in);
	member_number(o, "bytes_out", f->bytes_out);
	member_number(o, "rate_in", f->rate_in);
	member_number(o, "rate_out", f->rate_out);
	member_number(o, "rtt_us", server != NULL ? server->rtt_us : 0);
	member_set(o, "last_target_error",
		json_trouble(&f->target, f->target_at_ms, lang));
}

static void put_ssh_command(json_t *o, const struct control *c,
	const struct store_forward *want, uint16_t bound_port)
{
	char *text = server_way_command(c, want, bound_port);

	member_text(o, "ssh_command", text);
	free(text);
}

json_t *json_forward(const struct control *c, const struct control_forward *f,
	enum lang lang)
{
	json_t *o = member_object();

	put_want(o, c, f);
	put_state(o, c, f, lang);
	put_ssh_command(o, c, &f->want, f->bound_port);
	return o;
}
