/*
 * The two sides are product.md's: `local` is on this machine, `remote` on the
 * server's, whichever of them listens.
 */
#include "api/want.h"

#include "api/member.h"
#include "tunnel/event.h"

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
	bool is_port = e != NULL && e->path == NULL;
	const char *host = NULL;
	char text[ENDPOINT_TEXT];

	if (e != NULL)
		endpoint_text(e, text, sizeof(text));
	if (is_port)
		host = e->host != NULL && *e->host != '\0' ? e->host : "*";
	member_text(o, names[0], e != NULL ? text : NULL);
	member_text(o, names[1], host);
	if (is_port)
		member_number(o, names[2], e->port);
	else
		member_null(o, names[2]);
	member_text(o, names[3], e != NULL ? e->path : NULL);
}

void want_put_forward(json_t *o, const struct store_forward *want)
{
	static const char *const local[4] = {
		"local", "local_host", "local_port", "local_path"};
	static const char *const remote[4] = {
		"remote", "remote_host", "remote_port", "remote_path"};
	const struct forward_spec *spec = &want->spec;
	struct sides sides = sides_of(spec);

	member_text(o, "name", want->name);
	member_text(o, "type", forward_type_name(spec->type));
	put_side(o, sides.local, local);
	put_side(o, sides.remote, remote);
	member_list(o, "tags", &want->tags);
	member_flag(o, "autostart", want->autostart);
	member_flag(o, "lazy", spec->lazy);
	member_number(o, "idle_disconnect_s", spec->idle_s);
	member_number(o, "auto_off_s", want->auto_off_s);
	member_text(o, "allow", spec->allow);
	member_number(o, "limit_in_bytes_s", spec->limit_in_bytes_s);
	member_number(o, "limit_out_bytes_s", spec->limit_out_bytes_s);
	member_text(o, "socks_user", spec->socks_user);
	member_text(o, "note", want->note);
	member_set(o, "position", json_integer(want->position));
}
