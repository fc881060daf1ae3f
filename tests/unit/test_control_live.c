/*
 * The control plane over real servers: up, numbers, connections, losses,
 * questions, tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control_world.h"
#include "daemon/client_process.h"
#include "daemon/control_private.h"
#include "live.h"

static struct live_sshd sshd;
static uint16_t echo_port;
static pid_t echo_pid;

static int group_setup(void **state)
{
	if (scratch_setup(state) != 0)
		return 1;
	live_make_keys();
	scratch_do("ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame",
		"-f", "locked");
	scratch_do("sh", "-c", "cat locked.pub >> id.pub");
	echo_pid = live_echo(&echo_port);
	live_start_sshd(&sshd);
	return 0;
}

static int group_teardown(void **state)
{
	live_kill_sshd(&sshd);
	kill(echo_pid, SIGKILL);
	waitpid(echo_pid, NULL, 0);
	return scratch_teardown(state);
}

/* A server that takes any new host key, and a local forward to the echo. */
static uint32_t add_echo(struct world *w, const char *name, uint32_t server)
{
	char text[64];

	snprintf(text, sizeof(text), "127.0.0.1:0:127.0.0.1:%u", echo_port);
	return world_add_forward(w, name, server, FORWARD_LOCAL, text);
}

static uint32_t add_server(struct world *w, const char *name)
{
	return world_add_server(
		w, name, sshd.port, "StrictHostKeyChecking=accept-new");
}

static const struct control_forward *up(struct world *w, uint32_t id)
{
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	return control_forward(w->control, id);
}

static void set_true(void *arg)
{
	*(bool *)arg = true;
}

/* So many in each direction. */
static void await_bytes(
	struct world *w, const struct control_forward *f, uint64_t n)
{
	bool fresh = true;

	world_begin(w);
	while (f->bytes_in != n || f->bytes_out != n) {
		if (fresh) {
			fresh = false;
			control_refresh(w->control, set_true, &fresh);
		}
		world_turn(w);
	}
	control_refresh_cancel(w->control, &fresh);
	uv_timer_stop(&w->tick);
}

static void test_up_and_down(void **state)
{
	struct world *w = *state;
	uint32_t server = add_server(w, "s"), id = add_echo(w, "f", server);
	const struct control_forward *f = up(w, id);
	const struct control_server *s = control_server(w->control, server);
	uint16_t port = f->bound_port;

	assert_true(f->listen[0] != '\0');
	assert_int_equal(s->state, STATE_CONNECTED);
	live_exchange(live_connect(port), 5000);
	await_bytes(w, f, 5000);
	assert_int_equal(f->bytes_in, 5000);
	assert_int_equal(f->connections_total, 1);
	assert_true(s->cipher[0] != '\0');
	assert_int_equal(s->n_links, 1);
	assert_int_equal(world_act(w, CONTROL_DOWN, id), 0);
	assert_int_equal(f->state, STATE_DISCONNECTED);
	assert_int_equal(s->state, STATE_DISCONNECTED);
	/* the numbers stay, until it is started anew */
	assert_int_equal(f->bytes_in, 5000);
	up(w, id);
	assert_int_equal(f->bytes_in, 0);
}

static void test_traffic_is_kept(void **state)
{
	struct world *w = *state;
	uint32_t id = add_echo(w, "f", add_server(w, "s"));
	struct store_traffic minutes[CONTROL_FIELDS_MAX];
	uint64_t sum = 0;
	const struct control_forward *f = up(w, id);

	live_exchange(live_connect(f->bound_port), 7000);
	await_bytes(w, f, 7000);
	assert_int_equal(control_minutes(w->control, id, minutes, 2), 2);
	sum = minutes[0].bytes_in + minutes[1].bytes_in;
	assert_int_equal(sum, 7000);
}

static void test_comes_back(void **state)
{
	struct world *w = *state;
	uint32_t server = add_server(w, "s"), id = add_echo(w, "f", server);
	const struct control_forward *f = up(w, id);
	uint16_t port = f->bound_port;

	live_exchange(live_connect(port), 1000);
	await_bytes(w, f, 1000);
	live_kill_sshd(&sshd);
	WORLD_UNTIL(w, f->state == STATE_RECONNECTING);
	assert_true(f->trouble.code != ERR_OK);
	live_start_sshd(&sshd);
	WORLD_UNTIL(w, f->state == STATE_CONNECTED);
	assert_int_equal(f->bound_port, port);
	live_exchange(live_connect(port), 1000);
	await_bytes(w, f, 2000);
	/* over a start of the server in the engine, too */
	assert_int_equal(control_reconnect(w->control, server, &w->trouble), 0);
	WORLD_UNTIL(w, f->state == STATE_CONNECTED);
	live_exchange(live_connect(f->bound_port), 1000);
	await_bytes(w, f, 3000);
	assert_int_equal(f->connections_total, 3);
}

struct listing {
	unsigned calls, n;
	uint64_t conn;
	uint32_t forward;
	char process[96];
	bool last;
};

static void take_conns(void *arg, const struct conns *conns, bool last)
{
	struct listing *l = arg;
	struct client_processes *p;
	struct client_process found;

	l->calls++;
	l->last = last;
	if (conns == NULL || conns->n == 0)
		return;
	l->n += conns->n;
	l->conn = conns->conn[0].id;
	l->forward = conns->conn[0].forward_id;
	p = client_processes_new(conns);
	if (client_processes_find(p, &conns->conn[0], &found))
		snprintf(l->process, sizeof(l->process), "%s %u", found.name,
			found.pid);
	client_processes_free(p);
}

static void test_connections(void **state)
{
	struct world *w = *state;
	uint32_t id = add_echo(w, "f", add_server(w, "s")),
		 other = add_echo(w, "g", add_server(w, "t"));
	const struct control_forward *f = up(w, id);
	struct listing l = {0};
	char byte = 'x', us[96];
	int fd;

	up(w, other);
	fd = live_connect(f->bound_port);
	assert_int_equal(send(fd, &byte, 1, 0), 1);
	assert_int_equal(live_read(fd, &byte, 1), 1);
	control_list_conns(w->control, id, take_conns, &l);
	WORLD_UNTIL(w, l.last);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.forward, id);
	snprintf(us, sizeof(us), "test_control_li %d", getpid());
	assert_string_equal(l.process, us);
	assert_int_equal(control_kill_conn(w->control, l.conn, &w->trouble), 0);
	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
	/* of all: once for each server */
	l = (struct listing){0};
	control_list_conns(w->control, 0, take_conns, &l);
	WORLD_UNTIL(w, l.last);
	assert_int_equal(l.calls, 2);
	/* and a server that stops meanwhile has none */
	l = (struct listing){0};
	control_list_conns(w->control, 0, take_conns, &l);
	assert_int_equal(world_act(w, CONTROL_DOWN, id), 0);
	assert_int_equal(world_act(w, CONTROL_DOWN, other), 0);
	WORLD_UNTIL(w, l.last);
	l = (struct listing){0};
	control_list_conns(w->control, id, take_conns, &l);
	assert_true(l.last);
}

static void test_through_another_server(void **state)
{
	struct world *w = *state;
	uint32_t hop = add_server(w, "hop"), id, server;
	struct store_server s = world_server_at("far", sshd.port);

	s.jump_server = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, &server), 0);
	id = add_echo(w, "f", server);
	live_exchange(live_connect(up(w, id)->bound_port), 1000);
	/* the hop is no server that is up */
	assert_int_equal(
		control_server(w->control, hop)->state, STATE_DISCONNECTED);
}

/* What is wrong with a hop is mended at the hop. */
static void test_hop_is_edited(void **state)
{
	struct world *w = *state;
	uint32_t hop = world_add_server(
			 w, "hop", sshd.port, "StrictHostKeyChecking=yes"),
		 id, server;
	struct store_server s = world_server_at("far", sshd.port);

	s.jump_server = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, &server), 0);
	id = add_echo(w, "f", server);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_ERROR);
	s = world_server_at("hop", sshd.port);
	s.id = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, NULL), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
}

/* ---- questions ---- */

static const struct control_prompt *await_prompt(struct world *w)
{
	size_t n = 0;

	WORLD_UNTIL(w, (control_prompts(w->control, &n), n == 1));
	return control_prompts(w->control, &n)[0];
}

static void answer(
	struct world *w, uint32_t prompt, const char *text, bool keep)
{
	struct secret s = SECRET_INIT;

	secret_set(&s, text, strlen(text));
	assert_int_equal(
		control_answer(w->control, prompt, &s, 1, keep, &w->trouble),
		0);
	secret_done(&s);
}

static void test_host_key(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", sshd.port, NULL),
		 id = add_echo(w, "f", server);
	const struct control_prompt *p;
	uint32_t prompt;

	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	p = await_prompt(w);
	prompt = p->id;
	assert_int_equal(p->prompt->kind, PROMPT_HOST_KEY);
	assert_non_null(trouble_get(&p->about, "fingerprint"));
	assert_int_equal(world_code(w, id), ERR_HOST_KEY_UNKNOWN);
	assert_int_equal(world_state(w, id), STATE_CONNECTING);
	answer(w, prompt, "no", false);
	WORLD_UNTIL(w, world_state(w, id) == STATE_ERROR);
	assert_int_equal(
		control_answer(w->control, prompt, NULL, 0, false, &w->trouble),
		-ERR_NOT_FOUND);
	assert_int_equal(control_forward(w->control, id)->next_try_at_ms, 0);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	answer(w, await_prompt(w)->id, "yes", false);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(world_code(w, id), ERR_OK);
	/* recorded: not asked again */
	world_restart(w);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(world_rows(w, "event.asks_host_key").n, 2);
}

static void new_host_key(void)
{
	unlink("hostkey");
	scratch_do(
		"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "hostkey");
}

/* One that comes back may ask as well. */
static void test_asks_on_the_way_back(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", sshd.port, NULL),
		 id = add_echo(w, "f", server);

	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	answer(w, await_prompt(w)->id, "yes", false);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	live_kill_sshd(&sshd);
	unlink("known_hosts");
	new_host_key();
	live_start_sshd(&sshd);
	await_prompt(w);
	assert_int_equal(world_state(w, id), STATE_RECONNECTING);
	assert_int_equal(world_code(w, id), ERR_HOST_KEY_UNKNOWN);
	answer(w, await_prompt(w)->id, "yes", false);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(control_forward(w->control, id)->reconnects, 1);
}

static uint32_t add_locked(struct world *w, enum store_keep keep)
{
	struct store_server s = world_server_at("s", sshd.port);
	uint32_t server;

	free(s.options.item[0]);
	s.options.item[0] = mem_strdup("IdentityFile=locked");
	world_option(&s, "StrictHostKeyChecking=accept-new");
	s.keep_secrets = keep;
	assert_int_equal(world_put_server(w, &s, 0, &server), 0);
	return server;
}

static void count_secret(void *arg, const char *kind, const char *about)
{
	(*(unsigned *)arg)++;
}

/* Which the tunnel does not notice. */
static void keep_never(struct world *w, uint32_t id)
{
	struct store_server s = {0};

	store_server_copy(&s, &control_server(w->control, id)->want);
	s.keep_secrets = STORE_NEVER;
	assert_int_equal(world_put_server(w, &s, 0, NULL), 0);
}

static void test_passphrase_is_kept(void **state)
{
	struct world *w = *state;
	uint32_t server = add_locked(w, STORE_KEEP),
		 id = add_echo(w, "f", server);
	unsigned n = 0;

	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	assert_int_equal(await_prompt(w)->prompt->kind, PROMPT_PASSPHRASE);
	assert_int_equal(world_code(w, id), ERR_NEED_INPUT);
	answer(w, await_prompt(w)->id, "wrong", true);
	assert_true(await_prompt(w)->prompt->retry);
	answer(w, await_prompt(w)->id, "open sesame", true);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	control_each_secret(w->control, server, count_secret, &n);
	assert_int_equal(n, 1);
	world_restart(w);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(world_rows(w, "event.asks_passphrase").n, 2);
	/* not to be kept any more: asked again */
	keep_never(w, server);
	n = 0;
	control_each_secret(w->control, server, count_secret, &n);
	assert_int_equal(n, 0);
	world_restart(w);
	await_prompt(w);
	assert_int_equal(world_act(w, CONTROL_DOWN, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_DISCONNECTED);
}

static int put_secret_about(
	struct world *w, uint32_t server, const char *about, const char *text)
{
	struct secret s = SECRET_INIT;
	int err;

	secret_set(&s, text, strlen(text));
	err = control_put_secret(
		w->control, server, "passphrase", about, &s, &w->trouble);
	secret_done(&s);
	return err;
}

static int put_secret(struct world *w, uint32_t server, const char *text)
{
	return put_secret_about(w, server, NULL, text);
}

static void test_passphrase_set_ahead(void **state)
{
	struct world *w = *state;
	uint32_t server = add_locked(w, STORE_SESSION),
		 id = add_echo(w, "f", server);
	unsigned n = 0;

	/* a wrong one is tried once, then a person is asked */
	assert_int_equal(put_secret(w, server, "wrong"), 0);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	assert_true(await_prompt(w)->prompt->retry);
	/* set now, it answers */
	assert_int_equal(put_secret(w, server, "open sesame"), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(control_reconnect(w->control, server, &w->trouble), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(world_rows(w, "event.asks_passphrase").n, 1);
	control_each_secret(w->control, server, count_secret, &n);
	assert_int_equal(n, 1);
	/* held while it runs only */
	world_restart(w);
	await_prompt(w);
}

/* The one for any key is newer than the one that was kept for this. */
static void test_set_ahead_replaces_what_was_kept(void **state)
{
	struct world *w = *state;
	uint32_t server = add_locked(w, STORE_KEEP),
		 id = add_echo(w, "f", server);
	unsigned n = 0;

	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	assert_int_equal(put_secret_about(w, server,
				 await_prompt(w)->prompt->about, "wrong"),
		0);
	assert_true(await_prompt(w)->prompt->retry);
	assert_int_equal(world_act(w, CONTROL_DOWN, id), 0);
	assert_int_equal(put_secret(w, server, "open sesame"), 0);
	control_each_secret(w->control, server, count_secret, &n);
	assert_int_equal(n, 1);
	world_restart(w);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(world_rows(w, "event.asks_passphrase").n, 1);
}

/* A hop's secrets are its own: known once, they open the way to all behind. */
static void test_secret_of_a_hop(void **state)
{
	struct world *w = *state;
	uint32_t hop = add_locked(w, STORE_KEEP), id, server;
	struct store_server s = world_server_at("far", sshd.port);
	unsigned n = 0;

	s.jump_server = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, &server), 0);
	id = add_echo(w, "f", server);
	/* what is for the other server is not tried */
	assert_int_equal(put_secret(w, server, "wrong"), 0);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	assert_false(await_prompt(w)->prompt->retry);
	answer(w, await_prompt(w)->id, "open sesame", true);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	control_each_secret(w->control, hop, count_secret, &n);
	assert_int_equal(n, 1);
	/* the hop itself does not ask again */
	id = add_echo(w, "g", hop);
	up(w, id);
	assert_int_equal(world_rows(w, "event.asks_passphrase").n, 1);
}

/* ---- tests ---- */

static const struct control_test *try_test(
	struct world *w, uint32_t server, uint32_t forward)
{
	uint32_t id;

	assert_int_equal(control_test_start(
				 w->control, server, forward, &id, &w->trouble),
		0);
	WORLD_UNTIL(w, control_test(w->control, id)->done);
	return control_test(w->control, id);
}

static void test_tests(void **state)
{
	struct world *w = *state;
	uint32_t server = add_server(w, "s"), id = add_echo(w, "f", server),
		 gone = world_add_server(w, "gone", live_free_port(), NULL);
	const struct control_test *t = try_test(w, server, 0);

	assert_true(t->ok);
	assert_int_equal(t->n_stages, STAGE_PERMISSION);
	assert_int_equal(t->stage[STAGE_AUTH].step, CONTROL_STEP_OK);
	assert_true(t->stage[STAGE_BANNER].detail[0] != '\0');
	/* it was only up for that */
	WORLD_UNTIL(w, control_server(w->control, server)->state ==
			       STATE_DISCONNECTED);
	t = try_test(w, 0, id);
	assert_true(t->ok);
	assert_int_equal(t->stage[STAGE_TARGET].step, CONTROL_STEP_OK);
	up(w, id);
	t = try_test(w, 0, id);
	assert_true(t->ok);
	assert_int_equal(t->stage[STAGE_TCP].step, CONTROL_STEP_OK);
	assert_int_equal(world_state(w, id), STATE_CONNECTED);
	t = try_test(w, gone, 0);
	assert_false(t->ok);
	assert_int_equal(t->stage[STAGE_DNS].step, CONTROL_STEP_OK);
	assert_int_equal(t->stage[STAGE_TCP].step, CONTROL_STEP_FAILED);
	assert_int_equal(t->stage[STAGE_TCP].trouble.code, ERR_CONNECT_REFUSED);
	assert_int_equal(t->stage[STAGE_AUTH].step, CONTROL_STEP_SKIPPED);
}

/* The try that is planned after an error is of no use when a test brought the
 * server up meanwhile. */
static void test_up_by_a_test(void **state)
{
	struct world *w = *state;
	uint32_t server = add_server(w, "s"), id = add_echo(w, "f", server);
	const struct control_forward *f = up(w, id);

	live_kill_sshd(&sshd);
	scratch_do("cp", "hostkey", "old");
	new_host_key();
	live_start_sshd(&sshd);
	WORLD_UNTIL(w, f->state == STATE_ERROR);
	assert_int_equal(f->trouble.code, ERR_HOST_KEY_CHANGED);
	assert_true(f->next_try_at_ms != 0);
	live_kill_sshd(&sshd);
	scratch_do("mv", "old", "hostkey");
	live_start_sshd(&sshd);
	assert_true(try_test(w, server, 0)->ok);
	WORLD_UNTIL(w, f->state == STATE_CONNECTED);
	assert_int_equal(f->next_try_at_ms, 0);
	assert_int_equal(
		kept_server(control_server(w->control, server))->retry_at_ms,
		0);
}

static void test_many_at_once(void **state)
{
	struct world *w = *state;
	uint32_t server[3], ids[30];
	char name[16];
	size_t ready = 0;

	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "s-%zu", i);
		server[i] = add_server(w, name);
	}
	for (size_t i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "f-%zu", i);
		ids[i] = add_echo(w, name, server[i % 3]);
	}
	assert_int_equal(
		control_act(w->control, CONTROL_UP, ids, 30, &w->trouble), 0);
	for (; ready < 30; ready++)
		WORLD_UNTIL(w, world_state(w, ids[ready]) == STATE_CONNECTED);
	assert_int_equal(
		control_act(w->control, CONTROL_RESTART, ids, 30, &w->trouble),
		0);
	assert_int_not_equal(world_state(w, ids[0]), STATE_CONNECTED);
	for (ready = 0; ready < 30; ready++)
		WORLD_UNTIL(w, world_state(w, ids[ready]) == STATE_CONNECTED);
	assert_int_equal(
		control_act(w->control, CONTROL_DOWN, ids, 30, &w->trouble), 0);
	assert_int_equal(
		control_act(w->control, CONTROL_UP, ids, 1, &w->trouble), 0);
	WORLD_UNTIL(w, world_state(w, ids[0]) == STATE_CONNECTED);
	assert_int_equal(world_state(w, ids[3]), STATE_DISCONNECTED);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_up_and_down),
		TEST(test_traffic_is_kept),
		TEST(test_comes_back),
		TEST(test_connections),
		TEST(test_through_another_server),
		TEST(test_hop_is_edited),
		TEST(test_host_key),
		TEST(test_asks_on_the_way_back),
		TEST(test_passphrase_is_kept),
		TEST(test_passphrase_set_ahead),
		TEST(test_set_ahead_replaces_what_was_kept),
		TEST(test_secret_of_a_hop),
		TEST(test_tests),
		TEST(test_up_by_a_test),
		TEST(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
