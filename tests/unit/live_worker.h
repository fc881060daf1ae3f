/*
 * For tests of workers: what they say, waited for; servers and forwards for
 * them, on live.h's sshd. Header only.
 */
#ifndef TAUPE_TESTS_LIVE_WORKER_H
#define TAUPE_TESTS_LIVE_WORKER_H

#include <pthread.h>

#include "live.h"
#include "tunnel/worker.h"

/* ---- events ---- */

struct live_event {
	struct live_event *next;
	struct event *e;
	bool taken;
};

/* What was heard from any worker, in order. */
struct live {
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct live_event *first, **end;
};

static inline void live_init(struct live *l)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->came, &attr);
	pthread_condattr_destroy(&attr);
	l->first = NULL;
	l->end = &l->first;
}

/* After the workers' end. */
static inline void live_done(struct live *l)
{
	struct live_event *n;

	while ((n = l->first) != NULL) {
		l->first = n->next;
		event_free(n->e);
		free(n);
	}
	pthread_cond_destroy(&l->came);
	pthread_mutex_destroy(&l->lock);
}

static inline void live_on_event(void *arg, struct event *e)
{
	struct live_event *n = mem_zalloc(1, sizeof(*n));
	struct live *l = arg;

	n->e = e;
	pthread_mutex_lock(&l->lock);
	*l->end = n;
	l->end = &n->next;
	pthread_cond_broadcast(&l->came);
	pthread_mutex_unlock(&l->lock);
}

/* What to wait for; LIVE_ANY and 0 as forward match everything. */
#define LIVE_ANY (-1)
struct live_want {
	uint32_t server, forward;
	enum event_kind kind;
	int state; /* of SERVER and FORWARD */
	int up;    /* of LINK */
	int code;  /* of the trouble */
};

static inline bool live_matches(
	const struct event *e, const struct live_want *w)
{
	return e->kind == w->kind && e->server_id == w->server &&
	       (w->forward == 0 || e->forward_id == w->forward) &&
	       (w->state == LIVE_ANY || (int)e->state == w->state) &&
	       (w->up == LIVE_ANY || (int)e->up == w->up) &&
	       (w->code == LIVE_ANY || (int)e->trouble.code == w->code);
}

static inline const struct event *live_take(
	struct live *l, const struct live_want *w)
{
	for (struct live_event *n = l->first; n != NULL; n = n->next)
		if (!n->taken && live_matches(n->e, w)) {
			n->taken = true;
			return n->e;
		}
	return NULL;
}

/* The first such event that was not taken; lives as long as `l`. */
static inline const struct event *live_await_one(
	struct live *l, const struct live_want *w)
{
	const struct event *e;
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LIVE_LIMIT_S;
	pthread_mutex_lock(&l->lock);
	while ((e = live_take(l, w)) == NULL && err == 0)
		err = pthread_cond_timedwait(&l->came, &l->lock, &until);
	pthread_mutex_unlock(&l->lock);
	if (e == NULL)
		fail_msg("no %s event, state %d, code %d",
			event_kind_name(w->kind), w->state, w->code);
	return e;
}

static inline const struct event *live_await(
	struct live *l, uint32_t server, enum event_kind kind)
{
	return live_await_one(l, &(struct live_want){.server = server,
					 .kind = kind,
					 .state = LIVE_ANY,
					 .up = LIVE_ANY,
					 .code = LIVE_ANY});
}

static inline const struct event *live_await_forward(struct live *l,
	uint32_t server, uint32_t forward, enum tunnel_state state)
{
	return live_await_one(l, &(struct live_want){.server = server,
					 .forward = forward,
					 .kind = EVENT_FORWARD,
					 .state = (int)state,
					 .up = LIVE_ANY,
					 .code = LIVE_ANY});
}

static inline const struct event *live_await_server(
	struct live *l, uint32_t server, enum tunnel_state state, int code)
{
	return live_await_one(l, &(struct live_want){.server = server,
					 .kind = EVENT_SERVER,
					 .state = (int)state,
					 .up = LIVE_ANY,
					 .code = code});
}

/* Whether such an event came and was not taken. */
static inline bool live_came(
	struct live *l, uint32_t server, enum event_kind kind)
{
	struct live_want w = {.server = server,
		.kind = kind,
		.state = LIVE_ANY,
		.up = LIVE_ANY,
		.code = LIVE_ANY};
	bool came;

	pthread_mutex_lock(&l->lock);
	came = live_take(l, &w) != NULL;
	pthread_mutex_unlock(&l->lock);
	return came;
}

/* ---- servers and forwards ---- */

static inline void live_set(struct server_config *c, const char *assignment)
{
	struct trouble t;

	if (options_set(&c->options, assignment, &t) != 0)
		fail_msg("%s: %s", assignment, trouble_get(&t, "detail"));
}

/* A server at 127.0.0.1:`port` that lets "id" in and takes any new host key. */
static inline struct server_config live_config(uint32_t id, uint16_t port)
{
	struct server_config c = {
		.id = id, .name = "test", .host = "127.0.0.1"};
	char text[32];

	options_init(&c.options);
	snprintf(text, sizeof(text), "Port=%u", port);
	live_set(&c, text);
	live_set(&c, "IdentityFile=id");
	live_set(&c, "IdentitiesOnly=yes");
	live_set(&c, "IdentityAgent=none");
	live_set(&c, "UserKnownHostsFile=known_hosts");
	live_set(&c, "GlobalKnownHostsFile=none");
	live_set(&c, "StrictHostKeyChecking=accept-new");
	return c;
}

static inline void live_add(struct worker *w, struct server_config *c)
{
	worker_add_server(w, c);
	options_done(&c->options);
}

static inline void live_forward(struct worker *w, uint32_t server, uint32_t id,
	enum forward_type type, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
static inline void live_forward(struct worker *w, uint32_t server, uint32_t id,
	enum forward_type type, const char *fmt, ...)
{
	struct forward_spec spec = {0};
	struct trouble t;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (forward_spec_parse(type, text, &spec, &t) != 0)
		fail_msg("%s: %s", text, trouble_get(&t, "detail"));
	worker_start_forward(w, server, id, &spec);
	forward_spec_done(&spec);
}

#endif
