#include "api/stream_private.h"

#include <stdlib.h>
#include <string.h>

#include "api/access.h"
#include "base/clock.h"
#include "base/mem.h"

/* So long a reader that was cut off is waited for. */
#define MEMORY_MS (10 * 60 * 1000)

static struct stream_message *at(struct stream *s, uint64_t seq)
{
	return &s->ring[seq % STREAM_MESSAGES];
}

struct stream_message *stream_message(struct stream *s, uint64_t seq)
{
	return seq >= s->first && seq <= s->last ? at(s, seq) : NULL;
}

/* ---- the log ---- */

static void drop_first(struct stream *s)
{
	struct stream_message *m = at(s, s->first++);

	stream_text_drop(s, m);
	free(m->event);
	m->event = NULL;
}

static void forget_all(struct stream *s)
{
	if (s->ring != NULL)
		while (s->first <= s->last)
			drop_first(s);
	free(s->ring);
	s->ring = NULL;
}

/* Nobody listens, and nobody has for a while: nothing is kept. */
static bool is_idle(const struct stream *s)
{
	return s->n_clients == 0 &&
	       (s->left_ms == 0 || clock_mono_ms() - s->left_ms > MEMORY_MS);
}

/* What a message is about, and all newer ones that make it void. */
static enum stream_kind matter(enum stream_kind kind)
{
	switch (kind) {
	case STREAM_FORWARD_REMOVED:
		return STREAM_FORWARD;
	case STREAM_SERVER_REMOVED:
		return STREAM_SERVER;
	case STREAM_PROMPT_GONE:
		return STREAM_PROMPT;
	default:
		return kind;
	}
}

static void supersede(
	struct stream *s, uint64_t seq, enum stream_kind kind, uint32_t id)
{
	for (struct stream_message *m; (m = stream_message(s, seq)) != NULL;
		seq = m->before)
		if (!m->stale && m->id == id && matter(m->kind) == kind) {
			m->stale = true;
			stream_text_drop(s, m);
			return;
		}
}

static struct stream_message *publish(
	struct stream *s, enum stream_kind kind, uint32_t id)
{
	unsigned b = (id * 31u + (unsigned)matter(kind)) % STREAM_BUCKETS;
	struct stream_message *m;

	if (is_idle(s)) {
		forget_all(s);
		s->first = ++s->last + 1;
		return NULL;
	}
	if (s->ring == NULL)
		s->ring = mem_zalloc(STREAM_MESSAGES, sizeof(*s->ring));
	if (s->last - s->first + 1 == STREAM_MESSAGES)
		drop_first(s);
	if (kind != STREAM_EVENT)
		supersede(s, s->bucket[b], matter(kind), id);
	m = at(s, ++s->last);
	*m = (struct stream_message){
		.seq = s->last, .before = s->bucket[b], .kind = kind, .id = id};
	s->bucket[b] = s->last;
	stream_client_wake_all(s);
	return m;
}

/* ---- what the control tells ---- */

static void on_server(void *arg, const struct control_server *server)
{
	publish(arg, STREAM_SERVER, server->want.id);
}

static void on_server_removed(void *arg, uint32_t id)
{
	publish(arg, STREAM_SERVER_REMOVED, id);
}

static void on_forward(void *arg, const struct control_forward *f)
{
	publish(arg, STREAM_FORWARD, f->want.id);
}

static void on_forward_removed(void *arg, uint32_t id)
{
	struct stream *s = arg;

	for (size_t i = 0; i < s->n_traffic; i++)
		if (s->traffic[i].id == id) {
			memmove(&s->traffic[i], &s->traffic[i + 1],
				(--s->n_traffic - i) * sizeof(*s->traffic));
			break;
		}
	publish(s, STREAM_FORWARD_REMOVED, id);
}

/* Where it is, or where it belongs. */
static size_t find_traffic(const struct stream *s, uint32_t id)
{
	size_t low = 0, high = s->n_traffic;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->traffic[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void mark_traffic(struct stream *s, uint32_t id)
{
	size_t i = find_traffic(s, id);

	if (i == s->n_traffic || s->traffic[i].id != id) {
		s->traffic = mem_realloc(
			s->traffic, s->n_traffic + 1, sizeof(*s->traffic));
		memmove(&s->traffic[i + 1], &s->traffic[i],
			(s->n_traffic++ - i) * sizeof(*s->traffic));
		s->traffic[i].id = id;
	}
	s->traffic[i].tick = s->tick;
}

static void on_traffic(
	void *arg, const struct control_forward *const *f, size_t n)
{
	struct stream *s = arg;

	s->tick++;
	free(s->tick_text);
	s->tick_text = NULL;
	for (size_t i = 0; i < n; i++)
		mark_traffic(s, f[i]->want.id);
	stream_client_wake_all(s);
}

static char *pack(char **to, const char *text)
{
	char *start = *to;

	if (text == NULL)
		return NULL;
	*to = stpcpy(start, text) + 1;
	return start;
}

static size_t length(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

/* One piece of memory: the record, then its texts. */
static struct store_event *copy_event(const struct store_event *e)
{
	struct store_event *made =
		mem_alloc(sizeof(*made) + length(e->kind) + length(e->level) +
			  length(e->state) + length(e->code) + length(e->data));
	char *to = (char *)(made + 1);

	*made = *e;
	made->kind = pack(&to, e->kind);
	made->level = pack(&to, e->level);
	made->state = pack(&to, e->state);
	made->code = pack(&to, e->code);
	made->data = pack(&to, e->data);
	return made;
}

static void on_event(void *arg, const struct store_event *e)
{
	struct stream_message *m = publish(arg, STREAM_EVENT, (uint32_t)e->id);

	if (m != NULL)
		m->event = copy_event(e);
}

static void on_prompt(void *arg, const struct control_prompt *p)
{
	publish(arg, STREAM_PROMPT, p->id);
}

static void on_prompt_gone(void *arg, uint32_t id)
{
	publish(arg, STREAM_PROMPT_GONE, id);
}

static void on_test(void *arg, const struct control_test *t)
{
	publish(arg, STREAM_TEST, t->id);
}

static void on_settings(void *arg)
{
	publish(arg, STREAM_SETTINGS, 0);
}

static const struct control_observer observer = {
	.server = on_server,
	.server_removed = on_server_removed,
	.forward = on_forward,
	.forward_removed = on_forward_removed,
	.traffic = on_traffic,
	.event = on_event,
	.prompt = on_prompt,
	.prompt_gone = on_prompt_gone,
	.test = on_test,
	.settings = on_settings,
};

/* ---- life ---- */

struct stream *stream_new(
	uv_loop_t *loop, struct control *control, const struct api *api)
{
	struct stream *s = mem_zalloc(1, sizeof(*s));

	s->api = api;
	s->control = control;
	s->first = 1;
	access_random(s->epoch, (STREAM_EPOCH - 1) / 2);
	uv_timer_init(loop, &s->alive);
	s->alive.data = s;
	control_observe(control, &observer, s);
	return s;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	control_forget(s->control, &observer, s);
	forget_all(s);
	free(s->traffic);
	free(s->tick_text);
	uv_close((uv_handle_t *)&s->alive, on_closed);
}
