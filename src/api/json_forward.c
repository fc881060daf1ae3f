#include <stdlib.h>

#include "api/member.h"
#include "api/request.h"
#include "api/server_way.h"
#include "api/want.h"

static void put_want(
	json_t *o, const struct control *c, const struct control_forward *f)
{
	const struct control_server *server = control_server(c, f->want.server);

	member_number(o, "id", f->want.id);
	member_number(o, "revision", f->want.revision);
	want_put_forward(o, &f->want);
	member_text(o, "server", server != NULL ? server->want.name : NULL);
	member_id(o, "server_id", f->want.server);
	member_flag(o, "has_socks_password", f->has_socks_password);
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
