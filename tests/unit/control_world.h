/*
 * For tests of the control plane: a store and a vault in the current folder, a
 * loop, and a control on them that can end and start again as the daemon does.
 * Header only, so that each test stays one program. Needs scratch.h's folder.
 */
#ifndef TAUPE_TESTS_CONTROL_WORLD_H
#define TAUPE_TESTS_CONTROL_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/mem.h"
#include "daemon/control.h"
#include "daemon/vault.h"
#include "store/store.h"

/* Far more than anything takes, also under a sanitizer on a busy machine. */
#define WORLD_LIMIT_MS 90000
#define WORLD_TICK_MS  20

struct world {
	uv_loop_t loop;
	uv_timer_t tick;
	uint64_t since_ms;
	struct store *store;
	struct vault *vault;
	struct control *control;
	struct trouble trouble; /* the last one */
	struct control_fields fields;
	bool stopped;
};

/* A turn that only ran timers goes on to wait for something else: this one
 * comes soon. */
static inline void world_on_tick(uv_timer_t *timer)
{
}

static inline void world_begin(struct world *w)
{
	uv_update_time(&w->loop);
	w->since_ms = uv_now(&w->loop);
	uv_timer_start(&w->tick, world_on_tick, WORLD_TICK_MS, WORLD_TICK_MS);
}

static inline void world_turn(struct world *w)
{
	uv_run(&w->loop, UV_RUN_ONCE);
	if (uv_now(&w->loop) - w->since_ms > WORLD_LIMIT_MS)
		fail_msg("it does not come");
}

/* Turns the loop until `is` holds. */
#define WORLD_UNTIL(w, is)                                                     \
	do {                                                                   \
		world_begin(w);                                                \
		while (!(is))                                                  \
			world_turn(w);                                         \
		uv_timer_stop(&(w)->tick);                                     \
	} while (0)

static inline void world_start(struct world *w)
{
	struct control_config config = {
		.loop = &w->loop, .store = w->store, .vault = w->vault};

	assert_int_equal(control_new(&config, &w->control, &w->trouble), 0);
}

static inline void world_on_stopped(void *arg)
{
	((struct world *)arg)->stopped = true;
}

static inline void world_stop(struct world *w)
{
	w->stopped = false;
	control_stop(w->control, world_on_stopped, w);
	WORLD_UNTIL(w, w->stopped);
	assert_true(control_free(w->control));
	w->control = NULL;
	uv_run(&w->loop, UV_RUN_DEFAULT);
}

static inline void world_restart(struct world *w)
{
	world_stop(w);
	world_start(w);
}

/* A test's setup and teardown. */
static inline int world_setup(void **state)
{
	static const char *const files[] = {"secret.key", "taupe.db",
		"taupe.db-wal", "taupe.db-shm", "known_hosts"};
	struct world *w = mem_zalloc(1, sizeof(*w));

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	assert_int_equal(store_open(".", &w->store, &w->trouble), 0);
	assert_int_equal(
		store_set_setting(w->store, "secrets", "sealed", &w->trouble),
		0);
	assert_int_equal(vault_open(w->store, ".", &w->vault, &w->trouble), 0);
	uv_loop_init(&w->loop);
	uv_timer_init(&w->loop, &w->tick);
	world_start(w);
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;

	world_stop(w);
	uv_close((uv_handle_t *)&w->tick, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	vault_close(w->vault);
	store_close(w->store);
	free(w);
	return 0;
}

/* ---- records ---- */

static inline void world_option(struct store_server *s, const char *option)
{
	s->options.item = mem_realloc(
		s->options.item, s->options.n + 1, sizeof(*s->options.item));
	s->options.item[s->options.n++] = mem_strdup(option);
}

static inline struct store_server world_server_at(
	const char *name, uint16_t port)
{
	struct store_server s = {.name = mem_strdup(name),
		.host = mem_strdup("127.0.0.1"),
		.port = port};

	world_option(&s, "IdentityFile=id");
	world_option(&s, "IdentitiesOnly=yes");
	world_option(&s, "IdentityAgent=none");
	world_option(&s, "UserKnownHostsFile=known_hosts");
	world_option(&s, "GlobalKnownHostsFile=none");
	return s;
}

static inline struct store_forward world_forward_on(const char *name,
	uint32_t server, enum forward_type type, const char *text)
{
	struct store_forward f = {.name = mem_strdup(name), .server = server};
	struct trouble t;

	if (forward_spec_parse(type, text, &f.spec, &t) != 0)
		fail_msg("%s: %s", text, trouble_get(&t, "detail"));
	free(f.spec.name);
	f.spec.name = NULL;
	return f;
}

/* Done with; 0 or the error. */
static inline int world_put_server(
	struct world *w, struct store_server *s, unsigned flags, uint32_t *ret)
{
	int err;

	w->fields.n = 0;
	err = control_put_server(
		w->control, s, 0, flags, &w->fields, ret, &w->trouble);
	store_server_done(s);
	return err;
}

static inline int world_put_forward(
	struct world *w, struct store_forward *f, unsigned flags, uint32_t *ret)
{
	int err;

	w->fields.n = 0;
	err = control_put_forward(
		w->control, f, NULL, 0, flags, &w->fields, ret, &w->trouble);
	store_forward_done(f);
	return err;
}

static inline uint32_t world_add_server(
	struct world *w, const char *name, uint16_t port, const char *option)
{
	struct store_server s = world_server_at(name, port);
	uint32_t id;

	if (option != NULL)
		world_option(&s, option);
	assert_int_equal(world_put_server(w, &s, 0, &id), 0);
	return id;
}

static inline uint32_t world_add_forward(struct world *w, const char *name,
	uint32_t server, enum forward_type type, const char *text)
{
	struct store_forward f = world_forward_on(name, server, type, text);
	uint32_t id;

	assert_int_equal(world_put_forward(w, &f, 0, &id), 0);
	return id;
}

static inline int world_act(
	struct world *w, enum control_action action, uint32_t id)
{
	return control_act(w->control, action, &id, 1, &w->trouble);
}

static inline enum tunnel_state world_state(struct world *w, uint32_t forward)
{
	return control_forward(w->control, forward)->state;
}

static inline enum err world_code(struct world *w, uint32_t forward)
{
	return control_forward(w->control, forward)->trouble.code;
}

/* How many rows of the history have this code (a literal). */
struct world_count {
	const char *code;
	unsigned n;
	char data[512]; /* of the newest */
	struct store_event last;
};

static inline int world_count_one(void *arg, const struct store_event *e)
{
	struct world_count *count = arg;

	if (e->code == NULL || strcmp(e->code, count->code) != 0)
		return 0;
	if (count->n++ == 0) {
		snprintf(count->data, sizeof(count->data), "%s", e->data);
		count->last = *e;
	}
	return 0;
}

static inline struct world_count world_rows(struct world *w, const char *code)
{
	struct store_event_filter all = {.limit = 1000};
	struct world_count count = {.code = code};

	assert_int_equal(store_each_event(w->store, &all, world_count_one,
				 &count, &w->trouble),
		0);
	return count;
}

#endif
