/*
 * The control plane's rules: what may be typed, what may change while it runs,
 * what is wanted after a restart. No server answers here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control_world.h"
#include "live.h"

/* The code of a field, or ERR_OK. */
static enum err field(const struct control_fields *f, const char *name)
{
	for (unsigned i = 0; i < f->n; i++)
		if (strcmp(f->item[i].field, name) == 0)
			return f->item[i].trouble.code;
	return ERR_OK;
}

/* ---- fields ---- */

static int try_server(
	struct world *w, const char *name, const char *host, const char *option)
{
	struct store_server s = {
		.name = mem_strdup(name), .host = mem_strdup(host)};

	if (option != NULL)
		world_option(&s, option);
	return world_put_server(w, &s, 0, NULL);
}

static void test_servers_fields(void **state)
{
	char name[66];
	struct world *w = *state;

	assert_int_equal(try_server(w, "", "h", NULL), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "name"), ERR_INVALID);
	assert_int_equal(try_server(w, "12", "h", NULL), -ERR_INVALID);
	assert_int_equal(try_server(w, " a", "h", NULL), -ERR_INVALID);
	assert_int_equal(try_server(w, "a\nb", "h", NULL), -ERR_INVALID);
	memset(name, 'a', 65);
	name[65] = '\0';
	assert_int_equal(try_server(w, name, "h", NULL), -ERR_INVALID);
	name[64] = '\0';
	assert_int_equal(try_server(w, name, "h", NULL), 0);
	assert_int_equal(try_server(w, "é", "h;rm", NULL), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "host"), ERR_INVALID);
	assert_int_equal(field(&w->fields, "name"), ERR_OK);
	assert_int_equal(
		try_server(w, "b", "h", "ServerAliveInterval=x"), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "keep_alive_s"), ERR_INVALID);
	assert_int_equal(try_server(w, "b", "h", "Nonsense=1"), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "options"), ERR_INVALID);
	assert_int_equal(
		try_server(w, "b", "h", "ProxyJump=a b"), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "proxy_jump"), ERR_INVALID);
	assert_int_equal(try_server(w, "b", "h", "ProxyJump=me@x:2"), 0);
	assert_int_equal(try_server(w, "b", "h", NULL), -ERR_CONFLICT);
	assert_int_equal(field(&w->fields, "name"), ERR_CONFLICT);
}

static int try_forward(struct world *w, const char *name, uint32_t server,
	enum forward_type type, const char *text)
{
	struct store_forward f = world_forward_on(name, server, type, text);

	return world_put_forward(w, &f, 0, NULL);
}

static void test_forwards_fields(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", 1, NULL);
	struct store_forward f;

	assert_int_equal(
		try_forward(w, "f", 99, FORWARD_DYNAMIC, "1080"), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "server"), ERR_INVALID);
	f = world_forward_on("f", server, FORWARD_LOCAL, "80:h:80");
	f.spec.target.port = 0;
	f.spec.allow = mem_strdup("10.0.0.0/8,nonsense");
	f.tags.item = mem_zalloc(1, sizeof(char *));
	f.tags.item[f.tags.n++] = mem_strdup("two words");
	assert_int_equal(world_put_forward(w, &f, 0, NULL), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "remote_port"), ERR_INVALID);
	assert_int_equal(field(&w->fields, "allow"), ERR_INVALID);
	assert_int_equal(field(&w->fields, "tags"), ERR_INVALID);
	assert_int_equal(field(&w->fields, "local_port"), ERR_OK);
	f = world_forward_on("f", server, FORWARD_REMOTE, "80:h:80");
	free(f.spec.target.host);
	f.spec.target.host = mem_strdup("");
	assert_int_equal(world_put_forward(w, &f, 0, NULL), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "local_host"), ERR_INVALID);
	assert_int_equal(
		try_forward(w, "f", server, FORWARD_REMOTE, "8080"), 0);
	assert_int_equal(try_forward(w, "f", server, FORWARD_DYNAMIC, "1"),
		-ERR_CONFLICT);
}

static void test_jumps_go_in_no_circle(void **state)
{
	struct world *w = *state;
	uint32_t a = world_add_server(w, "a", 1, NULL), b, c;
	struct store_server s = world_server_at("b", 2);

	s.jump_server = a;
	assert_int_equal(world_put_server(w, &s, 0, &b), 0);
	s = world_server_at("c", 3);
	s.jump_server = b;
	assert_int_equal(world_put_server(w, &s, 0, &c), 0);
	s = world_server_at("a", 1);
	s.id = a;
	s.jump_server = c;
	assert_int_equal(world_put_server(w, &s, 0, NULL), -ERR_INVALID);
	assert_int_equal(field(&w->fields, "jump_server"), ERR_INVALID);
	s = world_server_at("d", 4);
	s.jump_server = 77;
	assert_int_equal(world_put_server(w, &s, 0, NULL), -ERR_INVALID);
	/* and what others go through stays */
	assert_int_equal(
		control_remove_server(w->control, b, 0, 0, true, &w->trouble),
		-ERR_IN_USE);
	assert_string_equal(trouble_get(&w->trouble, "detail"), "c");
}

/* ---- changes ---- */

static void test_revisions(void **state)
{
	struct world *w = *state;
	uint32_t id = world_add_server(w, "s", 1, NULL);
	struct store_server s = world_server_at("t", 1);

	s.id = id;
	w->fields.n = 0;
	assert_int_equal(control_put_server(w->control, &s, 7, 0, &w->fields,
				 NULL, &w->trouble),
		-ERR_PRECONDITION);
	assert_int_equal(control_put_server(w->control, &s, 1, 0, &w->fields,
				 NULL, &w->trouble),
		0);
	assert_int_equal(control_server(w->control, id)->want.revision, 2);
	assert_string_equal(control_server(w->control, id)->want.name, "t");
	assert_int_equal(
		control_remove_server(w->control, id, 1, 0, false, &w->trouble),
		-ERR_PRECONDITION);
	assert_int_equal(
		control_remove_server(w->control, id, 2, 0, false, &w->trouble),
		0);
	assert_null(control_server(w->control, id));
	store_server_done(&s);
}

/* A forward on a server that refuses connections, started. */
static uint32_t start_hopeless(struct world *w, uint32_t *ret_server)
{
	uint32_t id;

	*ret_server = world_add_server(w, "s", live_free_port(), NULL);
	id = world_add_forward(
		w, "f", *ret_server, FORWARD_LOCAL, "127.0.0.1:0:h:80");
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	return id;
}

static int edit_forward(struct world *w, uint32_t id, const char *name,
	const char *text, unsigned flags)
{
	struct store_forward f = world_forward_on(name,
		control_forward(w->control, id)->want.server, FORWARD_LOCAL,
		text);

	f.id = id;
	return world_put_forward(w, &f, flags, NULL);
}

static void test_what_runs_is_stopped_first(void **state)
{
	struct world *w = *state;
	uint32_t server, id = start_hopeless(w, &server);
	struct store_server s;

	assert_int_equal(world_state(w, id), STATE_CONNECTING);
	assert_int_equal(
		edit_forward(w, id, "g", "127.0.0.1:0:h:81", 0), -ERR_RUNNING);
	assert_int_equal(
		control_remove_forward(w->control, id, 0, 0, &w->trouble),
		-ERR_RUNNING);
	/* what the tunnel does not notice */
	assert_int_equal(edit_forward(w, id, "g", "127.0.0.1:0:h:80", 0), 0);
	assert_true(control_forward(w->control, id)->want.wanted);
	s = world_server_at("s", 1);
	s.id = server;
	assert_int_equal(world_put_server(w, &s, 0, NULL), -ERR_RUNNING);
	s = world_server_at("s", 1);
	s.id = server;
	assert_int_equal(
		world_put_server(w, &s, CONTROL_STOP | CONTROL_START, NULL), 0);
	assert_true(control_forward(w->control, id)->want.wanted);
	assert_int_equal(control_server(w->control, server)->want.port, 1);
	assert_int_equal(
		edit_forward(w, id, "g", "127.0.0.1:0:h:81", CONTROL_STOP), 0);
	assert_false(control_forward(w->control, id)->want.wanted);
	assert_int_equal(world_state(w, id), STATE_DISCONNECTED);
	assert_int_equal(control_remove_server(
				 w->control, server, 0, 0, false, &w->trouble),
		-ERR_IN_USE);
	assert_int_equal(control_remove_server(
				 w->control, server, 0, 0, true, &w->trouble),
		0);
	assert_null(control_forward(w->control, id));
}

static void test_removed_while_it_runs(void **state)
{
	struct world *w = *state;
	uint32_t server, id = start_hopeless(w, &server);

	assert_int_equal(control_remove_server(
				 w->control, server, 0, 0, true, &w->trouble),
		-ERR_RUNNING);
	assert_int_equal(control_remove_server(w->control, server, 0,
				 CONTROL_STOP, true, &w->trouble),
		0);
	assert_null(control_forward(w->control, id));
	/* and one of the same name starts while the other still stops */
	id = start_hopeless(w, &server);
	WORLD_UNTIL(w, world_code(w, id) == ERR_CONNECT_REFUSED);
}

static void test_all_or_nothing(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", 1, NULL), ids[3];

	ids[0] = world_add_forward(
		w, "a", server, FORWARD_DYNAMIC, "127.0.0.1:0");
	ids[1] = 4711;
	ids[2] = world_add_forward(
		w, "b", server, FORWARD_DYNAMIC, "127.0.0.1:0");
	assert_int_equal(
		control_act(w->control, CONTROL_UP, ids, 3, &w->trouble),
		-ERR_NOT_FOUND);
	assert_false(control_forward(w->control, ids[0])->want.wanted);
	ids[1] = ids[2];
	assert_int_equal(
		control_act(w->control, CONTROL_UP, ids, 3, &w->trouble), 0);
	assert_int_equal(control_server(w->control, server)->n_wanted, 2);
}

/* ---- states ---- */

static void test_a_server_that_refuses(void **state)
{
	struct world *w = *state;
	uint32_t server, id = start_hopeless(w, &server);
	const struct control_forward *f = control_forward(w->control, id);

	WORLD_UNTIL(w, world_code(w, id) == ERR_CONNECT_REFUSED);
	assert_int_equal(f->state, STATE_CONNECTING);
	assert_true(f->next_try_at_ms != 0);
	/* time and again is told once */
	for (int i = 0; i < 3; i++) {
		uint64_t next = f->next_try_at_ms;

		WORLD_UNTIL(w, f->next_try_at_ms != next);
	}
	assert_int_equal(world_rows(w, "connect_refused").n, 2);
	assert_int_equal(world_act(w, CONTROL_DOWN, id), 0);
	assert_int_equal(f->state, STATE_DISCONNECTED);
	assert_int_equal(f->trouble.code, ERR_OK);
	/* started while its server still stops */
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	assert_int_equal(f->state, STATE_CONNECTING);
	assert_int_equal(
		control_server(w->control, server)->state, STATE_CONNECTING);
	WORLD_UNTIL(w, world_code(w, id) == ERR_CONNECT_REFUSED);
}

/* What listens while its server is away goes on so, whatever else is started
 * there. */
static void test_started_beside_one_that_waits(void **state)
{
	struct world *w = *state;
	uint32_t server, id = start_hopeless(w, &server), other;
	const struct control_forward *f = control_forward(w->control, id);
	uint64_t next;
	uint16_t port;

	WORLD_UNTIL(w, f->trouble.code == ERR_CONNECT_REFUSED);
	port = f->bound_port;
	assert_int_not_equal(port, 0);
	other = world_add_forward(
		w, "g", server, FORWARD_DYNAMIC, "127.0.0.1:0");
	next = f->next_try_at_ms;
	assert_int_equal(world_act(w, CONTROL_UP, other), 0);
	WORLD_UNTIL(w, f->next_try_at_ms != next && f->next_try_at_ms != 0);
	assert_int_equal(f->bound_port, port);
	WORLD_UNTIL(w, world_code(w, other) == ERR_CONNECT_REFUSED);
	close(live_connect(port));
}

/* Of what the engine can't even begin with, it knows no forwards. */
static void test_a_server_of_no_use(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", 1, "HostName=%q"),
		 id = world_add_forward(
			 w, "f", server, FORWARD_DYNAMIC, "127.0.0.1:0");
	struct store_server s = world_server_at("s", live_free_port());

	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_ERROR);
	assert_int_equal(world_code(w, id), ERR_INVALID);
	s.id = server;
	assert_int_equal(
		world_put_server(w, &s, CONTROL_STOP | CONTROL_START, NULL), 0);
	WORLD_UNTIL(w, world_code(w, id) == ERR_CONNECT_REFUSED);
}

static void test_port_taken(void **state)
{
	struct world *w = *state;
	uint16_t port;
	int fd = live_listen(&port);
	uint32_t server = world_add_server(w, "s", live_free_port(), NULL), id;
	const struct control_forward *f;
	struct trouble t;
	char text[64];
	uint64_t next;

	snprintf(text, sizeof(text), "127.0.0.1:%u:h:80", port);
	id = world_add_forward(w, "f", server, FORWARD_LOCAL, text);
	f = control_forward(w->control, id);
	control_check_port(w->control, &f->want, &t);
	assert_int_equal(t.code, ERR_PORT_IN_USE);
	assert_non_null(trouble_get(&t, "next"));
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_ERROR);
	assert_int_equal(f->trouble.code, ERR_PORT_IN_USE);
	/* the next try is one that is to come */
	next = f->next_try_at_ms;
	WORLD_UNTIL(w, f->next_try_at_ms > next);
	assert_non_null(trouble_get(&f->trouble, "holder"));
	close(fd);
	/* a person's start tries at once */
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_code(w, id) == ERR_CONNECT_REFUSED);
	control_check_port(w->control, &f->want, &t);
	assert_int_equal(t.code, ERR_OK);
	/* another of ours wants it */
	id = world_add_forward(w, "g", server, FORWARD_LOCAL, text);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_ERROR);
	f = control_forward(w->control, id);
	assert_string_equal(trouble_get(&f->trouble, "holder"), "taupe: f");
	control_check_port(w->control, &f->want, &t);
	assert_string_equal(trouble_get(&t, "holder"), "taupe: f");
}

/* ---- what is wanted later ---- */

static void test_wanted_after_a_restart(void **state)
{
	struct world *w = *state;
	uint32_t server, id = start_hopeless(w, &server), other;
	struct store_forward f = world_forward_on(
		"auto", server, FORWARD_DYNAMIC, "127.0.0.1:0");

	f.autostart = true;
	assert_int_equal(world_put_forward(w, &f, 0, &other), 0);
	assert_false(control_forward(w->control, other)->want.wanted);
	world_restart(w);
	assert_true(control_forward(w->control, id)->want.wanted);
	assert_true(control_forward(w->control, other)->want.wanted);
	WORLD_UNTIL(w, world_code(w, id) == ERR_CONNECT_REFUSED);
	/* stopped by a person in this boot, both stay */
	assert_int_equal(world_act(w, CONTROL_DOWN, id), 0);
	assert_int_equal(world_act(w, CONTROL_DOWN, other), 0);
	world_restart(w);
	assert_false(control_forward(w->control, id)->want.wanted);
	assert_false(control_forward(w->control, other)->want.wanted);
	/* in another boot */
	assert_int_equal(store_set_wanted(w->store, other, false, 1,
				 "an earlier boot", &w->trouble),
		0);
	world_restart(w);
	assert_true(control_forward(w->control, other)->want.wanted);
}

static void test_its_time_was_over(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", 1, NULL), id;
	struct store_forward f =
		world_forward_on("f", server, FORWARD_DYNAMIC, "127.0.0.1:0");

	f.auto_off_s = 60;
	f.autostart = true;
	assert_int_equal(world_put_forward(w, &f, 0, &id), 0);
	assert_int_equal(
		store_set_wanted(w->store, id, true, 1000, NULL, &w->trouble),
		0);
	world_restart(w);
	assert_false(control_forward(w->control, id)->want.wanted);
	assert_int_equal(control_forward(w->control, id)->auto_off_at_ms, 0);
	assert_int_equal(world_rows(w, "event.auto_off").n, 1);
	/* and it stays so in this boot, as if a person had stopped it */
	world_restart(w);
	assert_false(control_forward(w->control, id)->want.wanted);
}

/* One that was never started is no one that was stopped. */
static void test_autostart_after_an_edit(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", 1, NULL), id;
	struct store_forward f =
		world_forward_on("f", server, FORWARD_DYNAMIC, "127.0.0.1:0");

	assert_int_equal(world_put_forward(w, &f, 0, &id), 0);
	world_restart(w);
	f = world_forward_on("f", server, FORWARD_DYNAMIC, "127.0.0.1:0");
	f.id = id;
	f.autostart = true;
	assert_int_equal(world_put_forward(w, &f, 0, NULL), 0);
	world_restart(w);
	assert_true(control_forward(w->control, id)->want.wanted);
}

static void test_auto_off(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", 1, NULL), id;
	struct store_forward f =
		world_forward_on("f", server, FORWARD_DYNAMIC, "127.0.0.1:0");

	f.auto_off_s = 1;
	assert_int_equal(world_put_forward(w, &f, CONTROL_START, &id), 0);
	assert_true(control_forward(w->control, id)->auto_off_at_ms != 0);
	WORLD_UNTIL(w, !control_forward(w->control, id)->want.wanted);
	assert_int_equal(world_rows(w, "event.auto_off").n, 1);
}

/* ---- the history ---- */

struct seen {
	unsigned forwards, events, removed;
};

static void see_forward(void *arg, const struct control_forward *f)
{
	((struct seen *)arg)->forwards++;
}

static void see_event(void *arg, const struct store_event *e)
{
	((struct seen *)arg)->events++;
}

static void see_removed(void *arg, uint32_t id)
{
	((struct seen *)arg)->removed++;
}

static const struct control_observer observer = {.forward = see_forward,
	.event = see_event,
	.forward_removed = see_removed};

static void test_history_and_observers(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", 1, NULL), id;
	struct seen seen = {0};
	struct world_count rows;
	char text[256];

	control_observe(w->control, &observer, &seen);
	id = world_add_forward(w, "Étage", server, FORWARD_LOCAL, "0:h:80");
	assert_int_equal(seen.forwards, 1);
	assert_int_equal(seen.events, 1);
	rows = world_rows(w, "event.forward_added");
	assert_int_equal(rows.n, 1);
	assert_int_equal(rows.last.forward, id);
	rows.last.kind = "change";
	rows.last.code = "event.forward_added";
	rows.last.data = rows.data;
	control_event_text(&rows.last, LANG_FR, text, sizeof(text));
	assert_non_null(strstr(text, "Étage"));
	assert_non_null(strstr(text, "ajoutée"));
	assert_int_equal(
		control_remove_forward(w->control, id, 0, 0, &w->trouble), 0);
	assert_int_equal(seen.removed, 1);
	control_forget(w->control, &observer, &seen);
	world_add_forward(w, "g", server, FORWARD_LOCAL, "0:h:80");
	assert_int_equal(seen.forwards, 1);
}

static void test_settings(void **state)
{
	struct world *w = *state;

	assert_int_equal(
		control_set_setting(w->control, "theme", "dark", &w->trouble),
		0);
	assert_int_equal(
		control_set_setting(w->control, "theme", "pink", &w->trouble),
		-ERR_INVALID);
	assert_int_equal(
		control_set_setting(w->control, "nonsense", "1", &w->trouble),
		-ERR_INVALID);
	assert_int_equal(
		control_set_setting(w->control, "theme", NULL, &w->trouble), 0);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_servers_fields),
		TEST(test_forwards_fields),
		TEST(test_jumps_go_in_no_circle),
		TEST(test_revisions),
		TEST(test_what_runs_is_stopped_first),
		TEST(test_removed_while_it_runs),
		TEST(test_all_or_nothing),
		TEST(test_a_server_that_refuses),
		TEST(test_started_beside_one_that_waits),
		TEST(test_a_server_of_no_use),
		TEST(test_port_taken),
		TEST(test_wanted_after_a_restart),
		TEST(test_its_time_was_over),
		TEST(test_autostart_after_an_edit),
		TEST(test_auto_off),
		TEST(test_history_and_observers),
		TEST(test_settings),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
