/* Which clients a forward takes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "tunnel/forward_private.h"
#include "tunnel/lane.h"
#include "tunnel/server.h"

/* A scan of ports must not fill the log. */
#define NOTICE_EVERY_MS 10000

void forward_allow_init(struct forward *f)
{
	struct trouble t;

	/* A list that can't be read lets nobody in. */
	if (f->spec.allow != NULL &&
		allow_parse(f->spec.allow, &f->allow, &t) != 0)
		f->allow = allow_nobody();
}

static void tell_refused(struct forward *f, const char *address)
{
	uint64_t now = uv_now(&f->lane->loop);
	struct event *e;

	if (f->last_refused_ms != 0 &&
		now - f->last_refused_ms < NOTICE_EVERY_MS)
		return;
	f->last_refused_ms = now;
	e = server_event(f->server, EVENT_NOTICE);
	e->forward_id = f->id;
	e->text = mem_strdup("notice.client_not_allowed");
	trouble_set(&e->trouble, ERR_FORBIDDEN);
	trouble_arg(&e->trouble, "address", "%s", address);
	server_emit(f->server, e);
}

bool forward_admits(struct forward *f, const struct sockaddr_storage *client)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (f->allow == NULL || allow_has(f->allow, client))
		return true;
	(void)uv_ip_name((const struct sockaddr *)client, text, sizeof(text));
	tell_refused(f, text);
	return false;
}

bool forward_admits_originator(
	struct forward *f, struct slice originator, bool is_path)
{
	char *address;
	bool admits;

	if (f->allow == NULL || is_path)
		return true;
	address = mem_dup(originator.p, originator.len);
	admits = allow_has_text(f->allow, address);
	if (!admits)
		tell_refused(f, address);
	free(address);
	return admits;
}
