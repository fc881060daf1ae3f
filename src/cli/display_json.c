/* One object an event, one event a line; taupe(1) documents the members. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/display.h"
#include "cli/human.h"
#include "cli/text.h"

struct display_json {
	struct display base;
	struct buf out;
};

/* Text from peers may be cut inside a character: JSON wants whole ones. */
static json_t *string(const char *text)
{
	struct buf clean = BUF_INIT;
	json_t *value;

	text_put_clean(&clean, text, strlen(text));
	value = json_stringn((const char *)buf_ptr(&clean), buf_len(&clean));
	buf_done(&clean);
	return value;
}

static json_t *integer(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static void put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) < 0)
		abort(); /* as mem.h: there is no memory */
}

static json_t *trouble_json(const struct trouble *t)
{
	char text[TEXT_MAX];
	json_t *o, *args;

	if (t->code == ERR_OK)
		return json_null();
	o = json_object();
	put(o, "code", string(err_name((int)t->code)));
	trouble_text(t, text, sizeof(text));
	put(o, "message", string(text));
	trouble_offer(t, text, sizeof(text));
	put(o, "offer", string(text));
	args = json_object();
	for (unsigned i = 0; i < t->n_args; i++)
		put(args, t->arg[i].name, string(t->arg[i].value));
	put(o, "arguments", args);
	return o;
}

static json_t *prompt_json(const struct event *e)
{
	const struct prompt *p = e->prompt;
	json_t *o = json_object(), *fields = json_array();

	put(o, "id", integer(e->prompt_id));
	if (p == NULL) {
		json_decref(fields);
		return o;
	}
	put(o, "kind", string(prompt_kind_name(p->kind)));
	put(o, "about", string(p->about));
	put(o, "name", string(p->name));
	put(o, "instruction", string(p->instruction));
	put(o, "retry", json_boolean(p->retry));
	for (unsigned i = 0; i < p->n_fields; i++) {
		json_t *field = json_object();

		put(field, "text", string(p->field[i].text));
		put(field, "echo", json_boolean(p->field[i].echo));
		json_array_append_new(fields, field);
	}
	put(o, "fields", fields);
	return o;
}

static void put_forward(json_t *o, const struct run_forward *f)
{
	put(o, "forward", string(f->spec->name != NULL ? f->spec->name : ""));
	put(o, "type", string(forward_type_name(f->spec->type)));
	put(o, "listen", string(f->listen));
	put(o, "target",
		f->spec->type == FORWARD_DYNAMIC || f->spec->reverse_dynamic
			? json_null()
			: string(f->target));
}

static void put_times(json_t *o, const struct event *e)
{
	put(o, "error", trouble_json(&e->trouble));
	if (e->up_ms != 0)
		put(o, "up_ms", integer(e->up_ms));
	if (e->next_try_ms != 0)
		put(o, "next_try_ms", integer(e->next_try_ms));
}

static void put_stats(
	json_t *o, const struct run_state *s, const struct stats *stats)
{
	json_t *list = json_array();

	put(o, "links", integer(stats->links));
	put(o, "rtt_us", integer(stats->rtt_us));
	put(o, "cipher", string(stats->cipher));
	put(o, "kex", string(stats->kex));
	put(o, "host_key", string(stats->host_key));
	put(o, "server_version", string(stats->server_version));
	for (uint32_t i = 0; i < stats->n_forwards; i++) {
		const struct stats_forward *from = &stats->forward[i];
		struct run_forward *f = run_state_forward(s, from->forward_id);
		json_t *row;

		if (f == NULL)
			continue;
		row = json_object();
		put_forward(row, f);
		put(row, "state", string(tunnel_state_name(from->state)));
		put(row, "connections", integer(from->connections));
		put(row, "connections_total", integer(from->connections_total));
		put(row, "bytes_in", integer(from->bytes_in));
		put(row, "bytes_out", integer(from->bytes_out));
		json_array_append_new(list, row);
	}
	put(o, "forwards", list);
}

static void put_kind(
	json_t *o, const struct run_state *s, const struct event *e)
{
	switch (e->kind) {
	case EVENT_SERVER:
	case EVENT_FORWARD:
		put(o, "state", string(tunnel_state_name(e->state)));
		put_times(o, e);
		break;
	case EVENT_LINK:
		put(o, "link", integer(e->link_no));
		put(o, "up", json_boolean(e->up));
		put_times(o, e);
		break;
	case EVENT_TARGET:
		put(o, "error", trouble_json(&e->trouble));
		break;
	case EVENT_PROMPT:
		put(o, "error", trouble_json(&e->trouble));
		put(o, "prompt", prompt_json(e));
		break;
	case EVENT_PROMPT_GONE:
		put(o, "prompt", prompt_json(e));
		break;
	case EVENT_STATS:
		if (e->stats != NULL)
			put_stats(o, s, e->stats);
		break;
	case EVENT_NOTICE:
	case EVENT_BANNER:
	case EVENT_STOPPED:
	case EVENT_ACTIVE:
	case EVENT_CONNS:
	case EVENT_STAGE:
	case EVENT_KIND_COUNT:
		break;
	}
}

static int append(const char *data, size_t n, void *arg)
{
	buf_put(arg, data, n);
	return 0;
}

static void json_event(struct display *base, const struct event *e)
{
	struct display_json *d = (struct display_json *)base;
	const struct run_forward *f =
		run_state_forward(base->state, e->forward_id);
	json_t *o = json_object();
	char time[HUMAN_MAX];
	struct buf text = BUF_INIT;

	put(o, "time", string(human_utc(time, e->wall_ms)));
	put(o, "event", string(event_kind_name(e->kind)));
	put(o, "server", string(base->state->server));
	if (f != NULL)
		put_forward(o, f);
	put_kind(o, base->state, e);
	if ((e->kind == EVENT_NOTICE || e->kind == EVENT_BANNER) &&
		display_sentence(base->state, e, false, &text)) {
		buf_put_u8(&text, 0);
		put(o, "text", string((const char *)buf_ptr(&text)));
	}
	buf_done(&text);
	json_dump_callback(o, append, &d->out, JSON_COMPACT);
	json_decref(o);
	buf_put(&d->out, "\n", 1);
	display_write(base, &d->out);
}

static void json_free(struct display *base)
{
	struct display_json *d = (struct display_json *)base;

	buf_done(&d->out);
	free(d);
}

static const struct display_ops ops = {
	.event = json_event,
	.free = json_free,
};

struct display *display_json_new(const struct run_state *state, int fd)
{
	struct display_json *d = mem_zalloc(1, sizeof(*d));

	d->base = (struct display){.ops = &ops, .state = state, .fd = fd};
	return &d->base;
}
