/* The steps of a link on its way up, told to whoever wants a trace. */
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "tunnel/link_private.h"

#define DETAIL_TEXT 1024

static void emit(struct link *l, const char *detail, const struct trouble *why)
{
	struct event *e;

	if (!server_traces(l->server))
		return;
	e = server_event(l->server, EVENT_STAGE);
	e->link_no = l->number;
	e->stage = l->stage;
	e->stage_ms = (lane_now_us() - l->stage_us) / 1000;
	if (why != NULL)
		e->trouble = *why;
	if (l->number == 0)
		e->text = detail != NULL
				  ? mem_printf("%s: %s", l->peer->name, detail)
				  : mem_strdup(l->peer->name);
	else if (detail != NULL)
		e->text = mem_strdup(detail);
	if (e->text != NULL)
		clean_line(
			e->text, strlen(e->text) + 1, e->text, strlen(e->text));
	server_emit(l->server, e);
}

void link_stage_begin(struct link *l, enum stage stage)
{
	l->stage = stage;
	l->stage_us = lane_now_us();
}

void link_stage_done(struct link *l, enum stage stage, const char *detail)
{
	if (stage < l->stage)
		return;
	l->stage = stage;
	emit(l, detail, NULL);
	link_stage_begin(l, stage + 1);
}

void link_stage_key_done(struct link *l, const struct pubkey *key)
{
	char fingerprint[PUBKEY_FINGERPRINT_MAX], detail[DETAIL_TEXT];

	link_stage_look(l);
	pubkey_fingerprint(key, fingerprint);
	snprintf(detail, sizeof(detail), "%s %s", pubkey_label(key),
		fingerprint);
	link_stage_done(l, STAGE_HOST_KEY, detail);
}

void link_stage_look(struct link *l)
{
	const char *version;

	if (l->stage > STAGE_BANNER || l->session == NULL)
		return;
	version = session_server_version(l->session);
	/* One that we do not speak is where the way ends. */
	if (strncmp(version, "SSH-2.0-", 8) != 0 &&
		strncmp(version, "SSH-1.99-", 9) != 0)
		return;
	/* A command is connected once something comes from it. */
	if (l->stage <= STAGE_TCP)
		link_stage_done(
			l, STAGE_TCP, l->peer->config->options.proxy_command);
	link_stage_done(l, STAGE_BANNER, version);
}

/* Closed or silent: what that means depends on what was said before. */
static const char *step_of(const struct link *l, const struct trouble *t)
{
	bool lost = t->code == ERR_LINK_LOST;

	if (l->phase != LINK_TALK)
		return NULL;
	if (t->code == ERR_PROTOCOL)
		return strncmp(session_server_said(l->session), "HTTP/", 5) == 0
			       ? "web"
			       : NULL;
	if (!lost && t->code != ERR_CONNECT_TIMEOUT)
		return NULL;
	/* A command's end is its own affair. */
	if (lost && l->proxy != NULL)
		return NULL;
	if (*session_server_version(l->session) != '\0')
		return "handshake";
	if (l->stage <= STAGE_TCP)
		return NULL;
	return lost && *session_server_said(l->session) != '\0' ? "said"
								: "greeting";
}

void link_stage_explain(const struct link *l, struct trouble *t)
{
	const char *step = step_of(l, t);

	if (trouble_get(t, "host") == NULL)
		trouble_arg(t, "host", "%s",
			step != NULL ? l->peer->host : l->peer->recorded_name);
	if (step == NULL)
		return;
	trouble_arg(t, "step", "%s", step);
	trouble_arg(t, "port", "%u", l->peer->port);
	if (strcmp(step, "said") == 0 || strcmp(step, "web") == 0)
		trouble_arg(t, "said", "%s", session_server_said(l->session));
	if (strcmp(step, "handshake") == 0)
		trouble_arg(
			t, "version", "%s", session_server_version(l->session));
}

void link_stage_failed(struct link *l, const struct trouble *why)
{
	link_stage_look(l);
	if (l->stage < STAGE_PERMISSION)
		emit(l, NULL, why);
}
