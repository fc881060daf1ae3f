/*
 * The control plane's life, and reading from it.
 */
#include "daemon/control.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/control_private.h"

/* A server that does not end in order is left to worker_free. */
#define STOP_PATIENCE_MS 5000
#define NOTICE_EVERY_MS  5000

/* ---- life ---- */

static void timer_init(struct control *c, uv_timer_t *timer)
{
	uv_timer_init(c->loop, timer);
	timer->data = c;
	c->n_handles++;
}

static struct control *new_control(const struct control_config *config)
{
	struct control *c = mem_zalloc(1, sizeof(*c));
	unsigned cpus = uv_available_parallelism();

	c->loop = config->loop;
	c->store = config->store;
	c->vault = config->vault;
	c->max_workers = config->workers != 0 ? config->workers : cpus;
	if (c->max_workers > CONTROL_WORKERS_MAX)
		c->max_workers = CONTROL_WORKERS_MAX;
	TAILQ_INIT(&c->tests);
	STAILQ_INIT(&c->fresh);
	STAILQ_INIT(&c->listings);
	timer_init(c, &c->sample);
	timer_init(c, &c->overdue);
	timer_init(c, &c->due);
	timer_init(c, &c->end);
	return c;
}

static int fail(struct trouble *trouble, const char *what)
{
	return trouble_say(trouble, ERR_SYSTEM, "%s", what);
}

int control_new(const struct control_config *config,
	struct control **ret_control, struct trouble *trouble)
{
	struct control *c = new_control(config);
	int err;

	c->events = event_queue_new(c->loop, control_on_event, c);
	if (c->events == NULL) {
		err = fail(trouble, "no wake-up");
		goto fail;
	}
	c->worker[0].worker = worker_new(event_queue_push, c->events);
	if (c->worker[0].worker == NULL) {
		err = fail(trouble, "thread");
		goto fail;
	}
	c->n_workers = 1;
	control_settings_load(c);
	err = control_load(c, trouble);
	if (err != 0)
		goto fail;
	*ret_control = c;
	return 0;

fail:
	(void)control_free(c);
	return err;
}

static void on_end(uv_timer_t *timer)
{
	struct control *c = timer->data;

	control_stats_end(c);
	if (c->on_stopped != NULL)
		c->on_stopped(c->on_stopped_arg);
}

static bool all_absent(const struct control *c)
{
	for (size_t i = 0; i < c->servers.n; i++) {
		const struct kept_server *s = c->servers.row[i].object;

		if (s->phase != CONTROL_ABSENT)
			return false;
	}
	return true;
}

void control_stop(struct control *c, void (*on_stopped)(void *arg), void *arg)
{
	if (c->stopping)
		return;
	c->on_stopped = on_stopped;
	c->on_stopped_arg = arg;
	control_write(c, &(struct control_row){.kind = "daemon",
				 .level = "info",
				 .code = "event.daemon_stopped"});
	c->stopping = true;
	control_tests_end(c);
	uv_timer_stop(&c->due);
	for (size_t i = 0; i < c->servers.n; i++)
		control_reconcile(c, c->servers.row[i].object);
	uv_timer_start(
		&c->end, on_end, all_absent(c) ? 0 : STOP_PATIENCE_MS, 0);
}

/* control_reconcile.c calls it when a server has stopped. */
void control_stopped(struct control *c, struct kept_server *s)
{
	s->phase = CONTROL_ABSENT;
	s->worker->n_servers--;
	s->worker = NULL;
	if (s->gone) {
		id_map_remove(&c->servers, s->view.want.id);
		control_free_server(c, s);
	} else {
		control_reconcile(c, s);
	}
	if (c->stopping && all_absent(c) &&
		uv_is_active((uv_handle_t *)&c->end))
		uv_timer_start(&c->end, on_end, 0, 0);
}

static void free_parts(struct control *c)
{
	while (c->servers.n != 0) {
		struct kept_server *s = c->servers.row[0].object;

		id_map_remove(&c->servers, s->view.want.id);
		control_free_server(c, s);
	}
	for (size_t i = 0; i < c->forwards.n; i++)
		control_free_forward(c->forwards.row[i].object);
	id_map_done(&c->servers);
	id_map_done(&c->forwards);
	id_map_done(&c->engines);
	free(c->server_list);
	free(c->forward_list);
	free(c->prompt_list);
	free(c->observer);
}

static void on_closed(uv_handle_t *handle)
{
	struct control *c = handle->data;

	if (--c->n_handles == 0)
		free(c);
}

bool control_free(struct control *c)
{
	bool ended = true;

	if (c == NULL)
		return true;
	for (unsigned i = 0; i < c->n_workers; i++)
		ended = worker_free(c->worker[i].worker) && ended;
	/* What one that has not ended holds may still point to it. */
	if (ended)
		event_queue_close(c->events);
	else
		event_queue_abandon(c->events);
	control_tests_end(c);
	control_conns_end(c);
	control_prompts_drop(c, NULL);
	free_parts(c);
	uv_close((uv_handle_t *)&c->sample, on_closed);
	uv_close((uv_handle_t *)&c->overdue, on_closed);
	uv_close((uv_handle_t *)&c->due, on_closed);
	uv_close((uv_handle_t *)&c->end, on_closed);
	return ended;
}

void control_clock_set(struct control *c)
{
	control_timers_plan(c);
}

void control_probe(struct control *c, const char *notice_key)
{
	uint64_t now_ms = clock_mono_ms();
	bool told = false;

	for (size_t i = 0; i < c->n_servers && !told; i++)
		told = c->server_list[i]->state == STATE_CONNECTED ||
		       c->server_list[i]->state == STATE_RECONNECTING;
	/* A laptop that opens wakes up, finds its network, gets addresses… */
	told = told && (c->noticed_ms == 0 ||
			       now_ms - c->noticed_ms >= NOTICE_EVERY_MS);
	if (told)
		c->noticed_ms = now_ms;
	if (told)
		control_write(c, &(struct control_row){.kind = "notice",
					 .level = "info",
					 .code = notice_key});
	for (unsigned i = 0; i < c->n_workers; i++)
		worker_probe(c->worker[i].worker);
	/* The clock may have jumped past what was due. */
	control_timers_plan(c);
}

/* ---- reading ---- */

const struct control_server *const *control_servers(
	const struct control *c, size_t *ret_n)
{
	*ret_n = c->n_servers;
	return (const struct control_server *const *)c->server_list;
}

const struct control_forward *const *control_forwards(
	const struct control *c, size_t *ret_n)
{
	*ret_n = c->n_forwards;
	return (const struct control_forward *const *)c->forward_list;
}

const struct control_server *control_server(
	const struct control *c, uint32_t id)
{
	const struct kept_server *s = id_map_get(&c->servers, id);

	return s != NULL && !s->gone ? &s->view : NULL;
}

const struct control_forward *control_forward(
	const struct control *c, uint32_t id)
{
	const struct kept_forward *f = id_map_get(&c->forwards, id);

	return f != NULL ? &f->view : NULL;
}

const struct control_server *control_server_named(
	const struct control *c, const char *name)
{
	for (size_t i = 0; i < c->n_servers; i++)
		if (strcmp(c->server_list[i]->want.name, name) == 0)
			return c->server_list[i];
	return NULL;
}

const struct control_forward *control_forward_named(
	const struct control *c, const char *name)
{
	for (size_t i = 0; i < c->n_forwards; i++)
		if (strcmp(c->forward_list[i]->want.name, name) == 0)
			return c->forward_list[i];
	return NULL;
}

struct store *control_store(const struct control *c)
{
	return c->store;
}

struct vault *control_vault(const struct control *c)
{
	return c->vault;
}

void control_server_options(const struct control *c,
	const struct store_server *server, struct options *ret_options)
{
	struct trouble t;

	(void)c;
	if (control_config_options(server, ret_options, &t) != 0)
		log_debug("server %s: %s", server->name,
			trouble_get(&t, "detail"));
}
