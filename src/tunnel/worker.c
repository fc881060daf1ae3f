/*
 * Commands cross to the worker's thread in a queue under a mutex, with a
 * wake-up of its loop; the loop takes them all at once. Nothing else is shared.
 */
#include "tunnel/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <uv.h>

#include "base/mem.h"
#include "tunnel/lane.h"
#include "tunnel/server.h"
#include "tunnel/server_config.h"

/* What a worker's last turns may take. Only a look-up of a name, which nothing
 * can stop, takes longer. */
#define END_PATIENCE_MS 500

enum command_kind {
	COMMAND_ADD_SERVER,
	COMMAND_STOP_SERVER,
	COMMAND_START_FORWARD,
	COMMAND_STOP_FORWARD,
	COMMAND_ANSWER,
	COMMAND_STATS,
	COMMAND_CONNS,
	COMMAND_KILL_CONN,
	COMMAND_TEST,
	COMMAND_RETRY,
	COMMAND_PROBE,
	COMMAND_QUIT,
};

struct command {
	STAILQ_ENTRY(command) next;
	enum command_kind kind;
	uint32_t server_id, forward_id, prompt_id, request;
	uint64_t conn_id;
	struct server_config *config;
	struct forward_spec *spec;
	struct secret *answers;
	size_t n_answers;
};

STAILQ_HEAD(command_list, command);

struct slot {
	struct slot *next;
	struct server *server;
};

struct worker {
	struct lane lane;
	pthread_t thread;
	uv_async_t wake;
	pthread_mutex_t lock; /* of `commands` */
	struct command_list commands;

	/* the worker's thread only */
	struct slot *servers;
	bool quitting;
	bool ended; /* read after the thread is joined */
};

/* ---- the worker's thread ---- */

static struct slot **find(struct worker *w, uint32_t id)
{
	struct slot **at = &w->servers;

	while (*at != NULL && server_id((*at)->server) != id)
		at = &(*at)->next;
	return at;
}

static struct server *server_of(struct worker *w, uint32_t id)
{
	struct slot *slot = *find(w, id);

	return slot != NULL ? slot->server : NULL;
}

static void add_server(struct worker *w, struct command *c)
{
	struct slot *slot = mem_zalloc(1, sizeof(*slot));

	slot->server = server_new(&w->lane, c->config);
	slot->next = w->servers;
	w->servers = slot;
	c->config = NULL;
}

static void stop_server(struct worker *w, uint32_t id)
{
	struct slot **at = find(w, id), *slot = *at;

	if (slot == NULL)
		return;
	*at = slot->next;
	server_stop(slot->server);
	free(slot);
}

static void quit(struct worker *w)
{
	while (w->servers != NULL)
		stop_server(w, server_id(w->servers->server));
	w->quitting = true;
	uv_close((uv_handle_t *)&w->wake, NULL);
	uv_stop(&w->lane.loop);
}

static void run_for_server(struct server *s, struct command *c)
{
	switch (c->kind) {
	case COMMAND_START_FORWARD:
		server_start_forward(s, c->forward_id, c->spec);
		c->spec = NULL;
		return;
	case COMMAND_STOP_FORWARD:
		server_stop_forward(s, c->forward_id);
		return;
	case COMMAND_ANSWER:
		server_answer(s, c->prompt_id, c->answers, c->n_answers);
		return;
	case COMMAND_STATS:
		server_send_stats(s);
		return;
	case COMMAND_CONNS:
		server_send_conns(s, c->forward_id, c->request);
		return;
	case COMMAND_KILL_CONN:
		server_kill_conn(s, c->conn_id);
		return;
	case COMMAND_TEST:
		server_test(s, c->spec, c->request);
		c->spec = NULL;
		return;
	case COMMAND_RETRY:
		server_retry(s);
		return;
	default:
		return;
	}
}

static void run(struct worker *w, struct command *c)
{
	struct server *s;

	switch (c->kind) {
	case COMMAND_ADD_SERVER:
		add_server(w, c);
		return;
	case COMMAND_STOP_SERVER:
		stop_server(w, c->server_id);
		return;
	case COMMAND_PROBE:
		for (struct slot *at = w->servers; at != NULL; at = at->next)
			server_probe(at->server);
		return;
	case COMMAND_QUIT:
		quit(w);
		return;
	default:
		s = server_of(w, c->server_id);
		if (s != NULL)
			run_for_server(s, c);
	}
}

static void command_free(struct command *c)
{
	for (size_t i = 0; i < c->n_answers; i++)
		secret_done(&c->answers[i]);
	free(c->answers);
	server_config_free(c->config);
	if (c->spec != NULL)
		forward_spec_done(c->spec);
	free(c->spec);
	free(c);
}

static void on_wake(uv_async_t *handle)
{
	struct worker *w = handle->data;
	struct command_list batch = STAILQ_HEAD_INITIALIZER(batch);
	struct command *c;

	pthread_mutex_lock(&w->lock);
	STAILQ_CONCAT(&batch, &w->commands);
	pthread_mutex_unlock(&w->lock);
	while ((c = STAILQ_FIRST(&batch)) != NULL) {
		STAILQ_REMOVE_HEAD(&batch, next);
		run(w, c);
		command_free(c);
	}
}

static void *thread_main(void *arg)
{
	struct worker *w = arg;

	while (!w->quitting)
		uv_run(&w->lane.loop, UV_RUN_DEFAULT);
	w->ended = lane_done(&w->lane, END_PATIENCE_MS);
	return NULL;
}

/* ---- the control thread ---- */

static void post(struct worker *w, struct command *c)
{
	pthread_mutex_lock(&w->lock);
	STAILQ_INSERT_TAIL(&w->commands, c, next);
	pthread_mutex_unlock(&w->lock);
	uv_async_send(&w->wake);
}

static struct command *command_new(enum command_kind kind, uint32_t server)
{
	struct command *c = mem_zalloc(1, sizeof(*c));

	c->kind = kind;
	c->server_id = server;
	return c;
}

struct worker *worker_new(worker_event_fn *on_event, void *arg)
{
	struct worker *w = mem_zalloc(1, sizeof(*w));

	STAILQ_INIT(&w->commands);
	if (lane_init(&w->lane, on_event, arg) != 0)
		goto fail;
	if (uv_async_init(&w->lane.loop, &w->wake, on_wake) != 0)
		goto fail_lane;
	w->wake.data = w;
	pthread_mutex_init(&w->lock, NULL);
	if (pthread_create(&w->thread, NULL, thread_main, w) != 0)
		goto fail_wake;
	return w;

fail_wake:
	pthread_mutex_destroy(&w->lock);
	uv_close((uv_handle_t *)&w->wake, NULL);
fail_lane:
	(void)lane_done(&w->lane, END_PATIENCE_MS);
fail:
	free(w);
	return NULL;
}

bool worker_free(struct worker *w)
{
	struct command *c;
	bool ended;

	if (w == NULL)
		return true;
	post(w, command_new(COMMAND_QUIT, 0));
	pthread_join(w->thread, NULL);
	while ((c = STAILQ_FIRST(&w->commands)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->commands, next);
		command_free(c);
	}
	pthread_mutex_destroy(&w->lock);
	ended = w->ended;
	/* What has not ended still points into it. */
	if (ended)
		free(w);
	return ended;
}

void worker_add_server(struct worker *w, const struct server_config *config)
{
	struct command *c = command_new(COMMAND_ADD_SERVER, config->id);

	c->config = server_config_copy(config);
	post(w, c);
}

void worker_stop_server(struct worker *w, uint32_t server_id)
{
	post(w, command_new(COMMAND_STOP_SERVER, server_id));
}

static struct forward_spec *copy_spec(const struct forward_spec *spec)
{
	struct forward_spec *copy;

	if (spec == NULL)
		return NULL;
	copy = mem_zalloc(1, sizeof(*copy));
	forward_spec_copy(copy, spec);
	return copy;
}

void worker_start_forward(struct worker *w, uint32_t server_id,
	uint32_t forward_id, const struct forward_spec *spec)
{
	struct command *c = command_new(COMMAND_START_FORWARD, server_id);

	c->forward_id = forward_id;
	c->spec = copy_spec(spec);
	post(w, c);
}

void worker_stop_forward(
	struct worker *w, uint32_t server_id, uint32_t forward_id)
{
	struct command *c = command_new(COMMAND_STOP_FORWARD, server_id);

	c->forward_id = forward_id;
	post(w, c);
}

void worker_answer(struct worker *w, uint32_t server_id, uint32_t prompt_id,
	const struct secret *answers, size_t n)
{
	struct command *c = command_new(COMMAND_ANSWER, server_id);

	c->prompt_id = prompt_id;
	if (answers != NULL) {
		c->answers = mem_zalloc(n, sizeof(*c->answers));
		c->n_answers = n;
		for (size_t i = 0; i < n; i++)
			secret_copy(&c->answers[i], &answers[i]);
	}
	post(w, c);
}

void worker_request_stats(struct worker *w, uint32_t server_id)
{
	post(w, command_new(COMMAND_STATS, server_id));
}

void worker_request_conns(struct worker *w, uint32_t server_id,
	uint32_t forward_id, uint32_t request)
{
	struct command *c = command_new(COMMAND_CONNS, server_id);

	c->forward_id = forward_id;
	c->request = request;
	post(w, c);
}

void worker_kill_conn(struct worker *w, uint32_t server_id, uint64_t conn_id)
{
	struct command *c = command_new(COMMAND_KILL_CONN, server_id);

	c->conn_id = conn_id;
	post(w, c);
}

void worker_test_forward(struct worker *w, uint32_t server_id,
	const struct forward_spec *spec, uint32_t request)
{
	struct command *c = command_new(COMMAND_TEST, server_id);

	c->request = request;
	c->spec = copy_spec(spec);
	post(w, c);
}

void worker_retry(struct worker *w, uint32_t server_id)
{
	post(w, command_new(COMMAND_RETRY, server_id));
}

void worker_probe(struct worker *w)
{
	post(w, command_new(COMMAND_PROBE, 0));
}
