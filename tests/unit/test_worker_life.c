/* Servers that are stopped in every state, fall, come back, ask, and refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "live_worker.h"

#define SERVER  1
#define FORWARD 10

static struct live_sshd sshd;
static uint16_t echo_port;
static pid_t echo_pid;

struct fixture {
	struct live live;
	struct worker *worker;
};

static int setup(void **state)
{
	struct fixture *f = mem_zalloc(1, sizeof(*f));

	if (sshd.pid == 0)
		live_start_sshd(&sshd);
	live_init(&f->live);
	f->worker = worker_new(live_on_event, &f->live);
	*state = f;
	return f->worker == NULL;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	worker_free(f->worker);
	live_done(&f->live);
	free(f);
	return 0;
}

static void add_at(struct fixture *f, uint16_t port, const char *option)
{
	struct server_config c = live_config(SERVER, port);

	if (option != NULL)
		live_set(&c, option);
	live_add(f->worker, &c);
}

static void start_local(struct fixture *f)
{
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
}

static uint16_t await_port(struct fixture *f)
{
	const struct event *e =
		live_await_forward(&f->live, SERVER, FORWARD, STATE_CONNECTED);

	assert_int_not_equal(e->bound_port, 0);
	return e->bound_port;
}

static void stop(struct fixture *f)
{
	worker_stop_server(f->worker, SERVER);
	live_await(&f->live, SERVER, EVENT_STOPPED);
}

/* ---- stopped in every state ---- */

static void test_stop_before_any_forward(void **state)
{
	struct fixture *f = *state;

	add_at(f, sshd.port, NULL);
	stop(f);
}

static void test_stop_at_once(void **state)
{
	struct fixture *f = *state;

	/* keys are being gathered */
	add_at(f, sshd.port, NULL);
	start_local(f);
	stop(f);
	/* and the same number serves again */
	add_at(f, sshd.port, NULL);
	start_local(f);
	live_exchange(live_connect(await_port(f)), 1000);
}

static void test_stop_while_the_server_is_silent(void **state)
{
	struct fixture *f = *state;
	char byte;
	uint16_t port;
	int fd, listener = live_listen(&port);

	add_at(f, port, NULL);
	start_local(f);
	fd = accept(listener, NULL, NULL);
	/* our version has come: the session runs */
	assert_int_equal(live_read(fd, &byte, 1), 1);
	stop(f);
	while (live_read(fd, &byte, 1) == 1)
		continue;
	close(fd);
	close(listener);
}

static void test_stop_between_tries(void **state)
{
	struct fixture *f = *state;
	const struct event *e;

	add_at(f, live_free_port(), NULL);
	start_local(f);
	e = live_await_server(
		&f->live, SERVER, STATE_CONNECTING, ERR_CONNECT_REFUSED);
	assert_in_range(e->next_try_ms, 250, 500);
	e = live_await_server(
		&f->live, SERVER, STATE_CONNECTING, ERR_CONNECT_REFUSED);
	assert_in_range(e->next_try_ms, 350, 700);
	stop(f);
}

static void test_stop_in_error(void **state)
{
	struct fixture *f = *state;

	add_at(f, sshd.port, "PubkeyAuthentication=no");
	start_local(f);
	live_await_server(&f->live, SERVER, STATE_ERROR, ERR_AUTH_FAILED);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_ERROR);
	stop(f);
}

static void test_stop_with_open_connections(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	char byte;
	int fds[50];

	add_at(f, sshd.port, NULL);
	start_local(f);
	port = await_port(f);
	for (int i = 0; i < 50; i++)
		fds[i] = live_connect(port);
	for (int i = 0; i < 50; i += 2) {
		assert_int_equal(send(fds[i], "x", 1, 0), 1);
		assert_int_equal(live_read(fds[i], &byte, 1), 1);
	}
	stop(f);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(live_read(fds[i], &byte, 1), 0);
		close(fds[i]);
	}
}

static void test_stop_forward_and_start_again(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	add_at(f, sshd.port, NULL);
	start_local(f);
	port = await_port(f);
	live_exchange(live_connect(port), 1000);
	worker_stop_forward(f->worker, SERVER, FORWARD);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_DISCONNECTED);
	/* nobody needs the server: it goes as well, and comes back */
	live_await_server(&f->live, SERVER, STATE_DISCONNECTED, LIVE_ANY);
	start_local(f);
	live_exchange(live_connect(await_port(f)), 1000);
}

/* The server must not keep a port whose forward stopped before it answered. */
static void test_remote_stopped_before_the_answer(void **state)
{
	struct fixture *f = *state;
	uint16_t port = live_free_port();

	add_at(f, sshd.port, NULL);
	start_local(f);
	await_port(f);
	for (int i = 0; i < 5; i++) {
		live_forward(f->worker, SERVER, FORWARD + 1, FORWARD_REMOTE,
			"127.0.0.1:%u:127.0.0.1:%u", port, echo_port);
		worker_stop_forward(f->worker, SERVER, FORWARD + 1);
	}
	live_forward(f->worker, SERVER, FORWARD + 2, FORWARD_REMOTE,
		"127.0.0.1:%u:127.0.0.1:%u", port, echo_port);
	live_await_forward(&f->live, SERVER, FORWARD + 2, STATE_CONNECTED);
	live_exchange(live_connect(port), 1000);
}

static void test_end_while_a_proxy_command_sleeps(void **state)
{
	struct fixture *f = *state;

	add_at(f, sshd.port, "ProxyCommand=sleep 1000");
	start_local(f);
	live_await_server(&f->live, SERVER, STATE_CONNECTING, LIVE_ANY);
	/* teardown ends the worker with all that runs */
}

static void add_jumping(struct fixture *f, uint16_t hop, uint16_t target)
{
	struct server_config c = live_config(SERVER, target);
	struct server_config jump = live_config(0, hop);

	c.jumps = &jump;
	c.n_jumps = 1;
	worker_add_server(f->worker, &c);
	options_done(&jump.options);
	options_done(&c.options);
}

static void test_stop_while_a_hop_comes_up(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	int fd, listener = live_listen(&port);

	add_jumping(f, port, sshd.port);
	start_local(f);
	fd = accept(listener, NULL, NULL);
	stop(f);
	close(fd);
	close(listener);
}

static void test_hop_falls_under_a_silent_target(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	char byte;
	int fd, listener = live_listen(&port);

	add_jumping(f, sshd.port, port);
	start_local(f);
	for (int i = 0; i < 2; i++) {
		fd = accept(listener, NULL, NULL);
		assert_int_equal(live_read(fd, &byte, 1), 1);
		live_kill_children(sshd.pid);
		live_await_server(
			&f->live, SERVER, STATE_CONNECTING, ERR_LINK_LOST);
		close(fd);
	}
	close(listener);
}

static void test_target_refused_behind_a_hop(void **state)
{
	struct fixture *f = *state;

	add_jumping(f, sshd.port, live_free_port());
	start_local(f);
	for (int i = 0; i < 2; i++)
		live_await_server(&f->live, SERVER, STATE_CONNECTING,
			ERR_HOST_UNREACHABLE);
}

/* ---- falls and returns ---- */

static void test_returns_and_serves_who_waited(void **state)
{
	struct fixture *f = *state;
	const struct event *e;
	uint16_t port;
	char back[5];
	int waiting;

	add_at(f, sshd.port, NULL);
	start_local(f);
	port = await_port(f);
	live_exchange(live_connect(port), 1000);
	live_kill_sshd(&sshd);
	e = live_await_forward(&f->live, SERVER, FORWARD, STATE_RECONNECTING);
	assert_int_not_equal(e->trouble.code, ERR_OK);
	assert_in_range(e->next_try_ms, 250, 500);
	waiting = live_connect(port);
	assert_int_equal(send(waiting, "early", 5, 0), 5);
	live_start_sshd(&sshd);
	assert_int_equal(await_port(f), port);
	assert_int_equal(live_read(waiting, back, 5), 5);
	assert_memory_equal(back, "early", 5);
	live_exchange(waiting, 100000);
}

static void test_remote_port_0_is_kept(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	add_at(f, sshd.port, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	port = await_port(f);
	live_kill_children(sshd.pid);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_RECONNECTING);
	assert_int_equal(await_port(f), port);
	live_exchange(live_connect(port), 1000);
}

/* A port that is taken on the server: said, and taken when it is free. */
static void test_remote_port_is_taken(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	int holder = live_listen(&port);

	add_at(f, sshd.port, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"127.0.0.1:%u:127.0.0.1:%u", port, echo_port);
	assert_int_equal(
		live_await_forward(&f->live, SERVER, FORWARD, STATE_ERROR)
			->trouble.code,
		ERR_REMOTE_LISTEN_REFUSED);
	close(holder);
	worker_stop_forward(f->worker, SERVER, FORWARD);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_DISCONNECTED);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"127.0.0.1:%u:127.0.0.1:%u", port, echo_port);
	assert_int_equal(await_port(f), port);
}

/* Our last link is dead, but the server has not noticed: it keeps the port for
 * it. That is said as what it is, and the port taken when it is free. */
static void test_remote_port_held_by_the_old_link(void **state)
{
	struct fixture *f = *state;
	uint16_t port = live_free_port();
	const struct event *e;
	char text[32];

	add_at(f, sshd.port, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"127.0.0.1:%u:127.0.0.1:%u", port, echo_port);
	assert_int_equal(await_port(f), port);
	live_signal_children(sshd.pid, SIGSTOP);
	worker_probe(f->worker);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_RECONNECTING);
	do
		e = live_await(&f->live, SERVER, EVENT_NOTICE);
	while (strcmp(e->text, "notice.remote_port_held_by_old_link") != 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", port);
	assert_string_equal(trouble_get(&e->trouble, "address"), text);
	assert_int_equal(e->forward_id, FORWARD);
	assert_int_equal(e->next_try_ms, 1000);
	live_signal_children(sshd.pid, SIGCONT);
	assert_int_equal(await_port(f), port);
	live_exchange(live_connect(port), 1000);
}

static void test_who_waits_too_long_is_turned_away(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	char byte;
	int fd;

	add_at(f, sshd.port, NULL);
	start_local(f);
	port = await_port(f);
	live_kill_sshd(&sshd);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_RECONNECTING);
	fd = live_connect(port);
	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
}

static void test_once_ends_at_the_first_loss(void **state)
{
	struct fixture *f = *state;
	struct server_config c = live_config(SERVER, sshd.port);
	uint16_t port;
	char byte;
	int fd;

	c.once = true;
	live_add(f->worker, &c);
	start_local(f);
	port = await_port(f);
	live_kill_children(sshd.pid);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_ERROR);
	/* A client has nothing to wait for. */
	fd = live_connect(port);
	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
	/* Started again, a person wants it to be tried again. */
	worker_stop_forward(f->worker, SERVER, FORWARD);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_DISCONNECTED);
	start_local(f);
	live_exchange(live_connect(await_port(f)), 1000);
}

static void test_probe_of_a_dead_link(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	add_at(f, sshd.port, NULL);
	start_local(f);
	port = await_port(f);
	worker_probe(f->worker);
	live_exchange(live_connect(port), 1000);
	assert_false(live_came(&f->live, SERVER, EVENT_STOPPED));
}

/* ---- questions ---- */

static const struct event *ask_for_host_key(struct fixture *f)
{
	struct server_config c = live_config(SERVER, sshd.port);
	const struct event *e;

	unlink("known_hosts");
	c.may_ask = true;
	live_set(&c, "StrictHostKeyChecking=ask");
	live_add(f->worker, &c);
	start_local(f);
	e = live_await(&f->live, SERVER, EVENT_PROMPT);
	assert_int_equal(e->prompt->kind, PROMPT_HOST_KEY);
	assert_int_equal(e->trouble.code, ERR_HOST_KEY_UNKNOWN);
	return e;
}

static void test_prompt_answered(void **state)
{
	struct fixture *f = *state;
	const struct event *e = ask_for_host_key(f);
	struct secret yes = SECRET_INIT;

	secret_set(&yes, "yes", 3);
	/* one that is not, and then the one that is */
	worker_answer(f->worker, SERVER, e->prompt_id + 7, &yes, 1);
	worker_answer(f->worker, SERVER, e->prompt_id, &yes, 1);
	worker_answer(f->worker, SERVER, e->prompt_id, &yes, 1);
	secret_done(&yes);
	assert_int_equal(
		live_await(&f->live, SERVER, EVENT_PROMPT_GONE)->prompt_id,
		e->prompt_id);
	live_exchange(live_connect(await_port(f)), 1000);
}

static void test_prompt_cancelled(void **state)
{
	struct fixture *f = *state;
	const struct event *e = ask_for_host_key(f);

	worker_answer(f->worker, SERVER, e->prompt_id, NULL, 0);
	live_await_server(&f->live, SERVER, STATE_ERROR, ERR_HOST_KEY_UNKNOWN);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_ERROR);
}

static void test_stop_while_a_prompt_is_open(void **state)
{
	struct fixture *f = *state;
	const struct event *e = ask_for_host_key(f);

	stop(f);
	assert_int_equal(
		live_await(&f->live, SERVER, EVENT_PROMPT_GONE)->prompt_id,
		e->prompt_id);
	worker_answer(f->worker, SERVER, e->prompt_id, NULL, 0);
}

static void test_end_while_a_prompt_is_open(void **state)
{
	(void)ask_for_host_key(*state);
}

static void test_server_falls_while_a_prompt_is_open(void **state)
{
	struct fixture *f = *state;
	uint32_t first = ask_for_host_key(f)->prompt_id;

	live_kill_children(sshd.pid);
	assert_int_equal(
		live_await(&f->live, SERVER, EVENT_PROMPT_GONE)->prompt_id,
		first);
	/* and it asks again */
	assert_int_not_equal(
		live_await(&f->live, SERVER, EVENT_PROMPT)->prompt_id, first);
}

/* Also a server that was up before: what changed needs a person. */
static void test_host_key_changes(void **state)
{
	struct fixture *f = *state;

	unlink("known_hosts");
	add_at(f, sshd.port, NULL);
	start_local(f);
	await_port(f);
	live_kill_sshd(&sshd);
	scratch_do("mv", "hostkey", "hostkey.before");
	scratch_do(
		"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "hostkey");
	live_start_sshd(&sshd);
	live_await_server(&f->live, SERVER, STATE_ERROR, ERR_HOST_KEY_CHANGED);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_ERROR);
	unlink("known_hosts");
}

/* ---- all ---- */

static int setup_group(void **state)
{
	if (access(LIVE_SSHD, X_OK) != 0)
		exit(77); /* Meson's word for skipped */
	if (scratch_setup(state) != 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	live_make_keys();
	echo_pid = live_echo(&echo_port);
	return 0;
}

static int teardown_group(void **state)
{
	live_kill_sshd(&sshd);
	kill(echo_pid, SIGKILL);
	waitpid(echo_pid, NULL, 0);
	return scratch_teardown(state);
}

#define WITH_WORKER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORKER(test_stop_before_any_forward),
		WITH_WORKER(test_stop_at_once),
		WITH_WORKER(test_stop_while_the_server_is_silent),
		WITH_WORKER(test_stop_between_tries),
		WITH_WORKER(test_stop_in_error),
		WITH_WORKER(test_stop_with_open_connections),
		WITH_WORKER(test_stop_forward_and_start_again),
		WITH_WORKER(test_remote_stopped_before_the_answer),
		WITH_WORKER(test_end_while_a_proxy_command_sleeps),
		WITH_WORKER(test_stop_while_a_hop_comes_up),
		WITH_WORKER(test_hop_falls_under_a_silent_target),
		WITH_WORKER(test_target_refused_behind_a_hop),
		WITH_WORKER(test_returns_and_serves_who_waited),
		WITH_WORKER(test_remote_port_0_is_kept),
		WITH_WORKER(test_remote_port_is_taken),
		WITH_WORKER(test_remote_port_held_by_the_old_link),
		WITH_WORKER(test_who_waits_too_long_is_turned_away),
		WITH_WORKER(test_once_ends_at_the_first_loss),
		WITH_WORKER(test_probe_of_a_dead_link),
		WITH_WORKER(test_prompt_answered),
		WITH_WORKER(test_prompt_cancelled),
		WITH_WORKER(test_stop_while_a_prompt_is_open),
		WITH_WORKER(test_end_while_a_prompt_is_open),
		WITH_WORKER(test_server_falls_while_a_prompt_is_open),
		WITH_WORKER(test_host_key_changes),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
