/* What a forward tells of destinations that can't be reached: the state stays.
 */
#include <string.h>

#include "ssh/msg.h"
#include "tunnel/forward.h"
#include "tunnel/lane.h"
#include "tunnel/server.h"

#define TARGET_EVENT_MS 1000

int forward_target_err(uint32_t reason, const char *text)
{
	if (reason == OPEN_ADMINISTRATIVELY_PROHIBITED)
		return ERR_TARGET_PROHIBITED;
	if (reason != OPEN_CONNECT_FAILED)
		return ERR_TARGET_FAILED;
	return strcasestr(text, "refused") != NULL ? ERR_TARGET_REFUSED
						   : ERR_TARGET_UNREACHABLE;
}

static void emit_target(struct forward *f, const struct trouble *t)
{
	uint64_t now = uv_now(&f->lane->loop);
	struct event *e;

	if (t->code == f->last_target_err &&
		now - f->last_target_ms < TARGET_EVENT_MS)
		return;
	f->last_target_err = t->code;
	f->last_target_ms = now;
	e = server_event(f->server, EVENT_TARGET);
	e->forward_id = f->id;
	e->state = f->state;
	e->trouble = *t;
	server_emit(f->server, e);
}

/* `host` NULL: the forward's own target. */
static void put_destination(const struct forward *f, const char *host,
	uint16_t port, struct trouble *t)
{
	struct endpoint named = {.host = (char *)(uintptr_t)host, .port = port};
	char where[300];

	endpoint_text(
		host != NULL ? &named : &f->spec.target, where, sizeof(where));
	trouble_arg(t, "destination", "%s", where);
}

int forward_target_failed(struct forward *f, uint32_t reason, const char *text,
	const char *host, uint16_t port)
{
	struct trouble t;

	trouble_set(&t, forward_target_err(reason, text));
	put_destination(f, host, port, &t);
	trouble_arg(&t, "detail", "%s", text);
	emit_target(f, &t);
	return (int)t.code;
}

void forward_local_failed(struct forward *f, const struct trouble *why,
	const char *host, uint16_t port)
{
	const char *detail = trouble_get(why, "detail");
	struct trouble t;

	trouble_set(&t, ERR_LOCAL_REFUSED);
	put_destination(f, host, port, &t);
	trouble_arg(&t, "detail", "%s",
		detail != NULL ? detail : err_name((int)why->code));
	emit_target(f, &t);
}
