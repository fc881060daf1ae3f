#include "cli/run_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PROXY "SOCKS"

static char *endpoint_string(const struct endpoint *e)
{
	char text[512];

	endpoint_text(e, text, sizeof(text));
	return mem_strdup(text);
}

void run_state_init(struct run_state *s, const char *server,
	const struct forward_spec *specs, size_t n)
{
	memset(s, 0, sizeof(*s));
	s->server = server;
	s->forward = mem_zalloc(n, sizeof(*s->forward));
	s->n_forwards = n;
	for (size_t i = 0; i < n; i++) {
		struct run_forward *f = &s->forward[i];

		f->id = (uint32_t)i + 1;
		f->spec = &specs[i];
		f->listen = endpoint_string(&specs[i].listen);
		f->target = specs[i].type == FORWARD_DYNAMIC ||
					    specs[i].reverse_dynamic
				    ? mem_strdup(PROXY)
				    : endpoint_string(&specs[i].target);
	}
}

void run_state_done(struct run_state *s)
{
	for (size_t i = 0; i < s->n_forwards; i++) {
		free(s->forward[i].listen);
		free(s->forward[i].target);
	}
	free(s->forward);
	memset(s, 0, sizeof(*s));
}

struct run_forward *run_state_forward(const struct run_state *s, uint32_t id)
{
	return id >= 1 && id <= s->n_forwards ? &s->forward[id - 1] : NULL;
}

bool run_state_all_failed(const struct run_state *s)
{
	for (size_t i = 0; i < s->n_forwards; i++)
		if (s->forward[i].was_up || s->forward[i].state != STATE_ERROR)
			return false;
	return s->n_forwards != 0;
}

size_t run_state_route(const struct run_forward *f, char *ret_text, size_t size)
{
	int n = snprintf(ret_text, size, "%s → %s", f->listen, f->target);

	return n < 0 ? 0 : (size_t)n;
}

static void apply_server(struct run_state *s, const struct event *e)
{
	s->state = e->state;
	s->trouble = e->trouble;
	s->next_try_at_ms =
		e->next_try_ms != 0 ? s->now_ms + e->next_try_ms : 0;
	if (e->state == STATE_CONNECTED) {
		s->was_up = true;
		if (s->up_since_ms == 0)
			s->up_since_ms = e->wall_ms;
	} else {
		s->up_since_ms = 0;
		s->rtt_us = 0;
		s->links = 0;
	}
}

static void apply_link(struct run_state *s, const struct event *e)
{
	if (e->up)
		s->links++;
	else if (s->links != 0)
		s->links--;
}

static bool repeats(const struct run_state *s, const struct run_forward *f,
	const struct event *e)
{
	if (e->state == STATE_ERROR)
		return f->failed_with == e->trouble.code;
	/* The server says it at each try. */
	return e->state == STATE_RECONNECTING && f->state == e->state &&
	       e->trouble.code == s->trouble.code;
}

static void apply_forward(struct run_state *s, const struct event *e)
{
	struct run_forward *f = run_state_forward(s, e->forward_id);

	if (f == NULL)
		return;
	f->repeats = repeats(s, f, e);
	f->state = e->state;
	f->trouble = e->trouble;
	if (e->state == STATE_ERROR)
		f->failed_with = e->trouble.code;
	if (e->state != STATE_CONNECTED)
		return;
	f->was_up = true;
	f->failed_with = ERR_OK;
	if (e->bound_port != 0 && f->spec->listen.path == NULL) {
		struct endpoint bound = f->spec->listen; /* borrows the host */

		bound.port = e->bound_port;
		free(f->listen);
		f->listen = endpoint_string(&bound);
	}
}

static uint64_t rate(uint64_t before, uint64_t now, uint64_t ms)
{
	return ms == 0 || now < before ? 0 : (now - before) * 1000 / ms;
}

static void apply_stats(struct run_state *s, const struct stats *stats)
{
	uint64_t ms = s->stats_at_ms != 0 ? s->now_ms - s->stats_at_ms : 0;

	s->stats_at_ms = s->now_ms;
	s->links = stats->links;
	s->rtt_us = stats->rtt_us;
	if (stats->up_since_ms != 0)
		s->up_since_ms = stats->up_since_ms;
	snprintf(s->cipher, sizeof(s->cipher), "%s", stats->cipher);
	for (uint32_t i = 0; i < stats->n_forwards; i++) {
		const struct stats_forward *from = &stats->forward[i];
		struct run_forward *f = run_state_forward(s, from->forward_id);

		if (f == NULL)
			continue;
		f->connections = from->connections;
		f->rate_in = rate(f->bytes_in, from->bytes_in, ms);
		f->rate_out = rate(f->bytes_out, from->bytes_out, ms);
		f->bytes_in = from->bytes_in;
		f->bytes_out = from->bytes_out;
	}
}

void run_state_tick(struct run_state *s, uint64_t now_ms, uint64_t wall_ms)
{
	s->now_ms = now_ms;
	s->wall_ms = wall_ms;
}

void run_state_apply(
	struct run_state *s, const struct event *e, uint64_t now_ms)
{
	run_state_tick(s, now_ms, e->wall_ms);
	if (e->kind == EVENT_SERVER)
		apply_server(s, e);
	else if (e->kind == EVENT_LINK)
		apply_link(s, e);
	else if (e->kind == EVENT_FORWARD)
		apply_forward(s, e);
	else if (e->kind == EVENT_STATS && e->stats != NULL)
		apply_stats(s, e->stats);
}
