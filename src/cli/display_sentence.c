/* Events as lines that people read. */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/display.h"
#include "cli/human.h"
#include "cli/text.h"

bool display_is_trouble(const struct event *e)
{
	return e->trouble.code != ERR_OK;
}

static const char *state_word(enum tunnel_state state)
{
	char key[64];

	snprintf(key, sizeof(key), "state.%s", tunnel_state_name(state));
	return catalog_get(key);
}

static const char *type_word(enum forward_type type)
{
	char key[64];

	snprintf(key, sizeof(key), "type.%s", forward_type_name(type));
	return catalog_get(key);
}

static void put(struct buf *out, const char *text)
{
	text_put_clean(out, text, strlen(text));
}

/* Why; and what to do about it, where it does not mend itself. */
static void put_trouble(struct buf *out, const struct event *e)
{
	char text[TEXT_MAX];

	if (!display_is_trouble(e))
		return;
	buf_put(out, " ", 1);
	if (e->state == STATE_ERROR || e->kind == EVENT_TARGET)
		text_trouble(&e->trouble, text, sizeof(text));
	else
		trouble_text(&e->trouble, text, sizeof(text));
	put(out, text);
}

/* " Next try in 3 s.", or nothing. */
static void put_next_try(struct buf *out, const struct event *e)
{
	char text[TEXT_MAX], wait[HUMAN_MAX];

	if (e->next_try_ms == 0)
		return;
	buf_put(out, " ", 1);
	put(out, text_format(text, sizeof(text), "event.next_try", "wait",
			 human_duration(wait, e->next_try_ms), NULL));
}

static void put_up_for(struct buf *out, const struct event *e)
{
	char text[TEXT_MAX], time[HUMAN_MAX];

	if (e->up_ms == 0)
		return;
	buf_put(out, " ", 1);
	put(out, text_format(text, sizeof(text), "event.was_up", "time",
			 human_duration(time, e->up_ms), NULL));
}

static bool server_line(
	const struct run_state *s, const struct event *e, struct buf *out)
{
	static const char *const keys[STATE_COUNT] = {
		[STATE_DISCONNECTED] = "event.server_disconnected",
		[STATE_CONNECTING] = "event.server_connecting",
		[STATE_CONNECTED] = "event.server_connected",
		[STATE_RECONNECTING] = "event.server_reconnecting",
		[STATE_ERROR] = "event.server_error",
	};
	const char *key = keys[e->state];
	char text[TEXT_MAX];

	/* "Stopped." comes behind it. */
	if (e->state == STATE_DISCONNECTED && !display_is_trouble(e))
		return false;
	if ((e->state == STATE_RECONNECTING && !s->was_up) ||
		(e->state == STATE_CONNECTING && display_is_trouble(e)))
		key = "event.server_not_yet";
	put(out, text_format(
			 text, sizeof(text), key, "server", s->server, NULL));
	put_trouble(out, e);
	put_up_for(out, e);
	put_next_try(out, e);
	return true;
}

/* The first link's coming and the last one's going are the server's. */
static bool link_line(
	const struct run_state *s, const struct event *e, struct buf *out)
{
	char text[TEXT_MAX], no[16];

	if (s->links < (e->up ? 2 : 1))
		return false;
	snprintf(no, sizeof(no), "%u", (unsigned)e->link_no);
	put(out, text_format(text, sizeof(text),
			 e->up ? "event.link_up" : "event.link_down", "no", no,
			 "server", s->server, NULL));
	put_trouble(out, e);
	put_up_for(out, e);
	return true;
}

static bool forward_line(const struct run_state *s, const struct event *e,
	bool brief, struct buf *out)
{
	const struct run_forward *f = run_state_forward(s, e->forward_id);
	char text[TEXT_MAX], route[TEXT_MAX];
	bool shared;

	if (f == NULL)
		return false;
	/* It tries again every few seconds. */
	if (e->kind == EVENT_FORWARD && f->repeats)
		return false;
	/* What happened to the server, it said for all its forwards. */
	shared = s->state != STATE_CONNECTED && display_is_trouble(e) &&
		 e->trouble.code == s->trouble.code;
	if (shared && e->state == STATE_ERROR)
		return false;
	if ((shared || !display_is_trouble(e)) && e->kind == EVENT_FORWARD &&
		(e->state == STATE_CONNECTING ||
			(brief && e->state != STATE_ERROR)))
		return false;
	run_state_route(f, route, sizeof(route));
	put(out, text_format(text, sizeof(text), "event.forward", "type",
			 type_word(f->spec->type), "route", route, NULL));
	if (e->kind == EVENT_FORWARD && e->state != STATE_ERROR) {
		buf_put(out, " ", 1);
		put(out, state_word(e->state));
		buf_put(out, ".",
			e->state == STATE_CONNECTED ||
				e->state == STATE_DISCONNECTED);
	}
	if (shared)
		return true;
	put_trouble(out, e);
	put_next_try(out, e);
	return true;
}

static bool prompt_line(const struct event *e, struct buf *out)
{
	char text[TEXT_MAX];

	if (e->prompt == NULL)
		return false;
	put(out, text_format(text, sizeof(text), "event.prompt", "about",
			 e->prompt->about, NULL));
	return true;
}

static bool notice_line(const struct event *e, struct buf *out)
{
	char text[TEXT_MAX];

	if (e->text == NULL)
		return false;
	trouble_format(&e->trouble, e->text, text, sizeof(text));
	put(out, text);
	return true;
}

/* The server's own words, which can be several lines: without the last end. */
static bool banner_line(const struct event *e, struct buf *out)
{
	size_t n = e->text != NULL ? strlen(e->text) : 0;

	while (n != 0 && (e->text[n - 1] == '\n' || e->text[n - 1] == '\r'))
		n--;
	text_put_clean(out, e->text, n);
	return n != 0;
}

bool display_sentence(const struct run_state *s, const struct event *e,
	bool brief, struct buf *out)
{
	switch (e->kind) {
	case EVENT_SERVER:
		return server_line(s, e, out);
	case EVENT_LINK:
		return link_line(s, e, out);
	case EVENT_FORWARD:
	case EVENT_TARGET:
		return forward_line(s, e, brief, out);
	case EVENT_PROMPT:
		return !brief && prompt_line(e, out);
	case EVENT_BANNER:
		return banner_line(e, out);
	case EVENT_NOTICE:
		return notice_line(e, out);
	case EVENT_STOPPED:
		put(out, catalog_get("event.stopped"));
		return true;
	case EVENT_PROMPT_GONE:
	case EVENT_STATS:
	case EVENT_ACTIVE:
	case EVENT_CONNS:
	case EVENT_STAGE:
	case EVENT_KIND_COUNT:
		break;
	}
	return false;
}
