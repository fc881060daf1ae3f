/* Forwards that hold no link while nobody uses them; who may connect, and how
 * fast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
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
	struct server_config c = live_config(SERVER, sshd.port);

	live_init(&f->live);
	f->worker = worker_new(live_on_event, &f->live);
	*state = f;
	if (f->worker == NULL)
		return 1;
	live_add(f->worker, &c);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	worker_free(f->worker);
	live_done(&f->live);
	free(f);
	return 0;
}

/* What a spec has beside its -L text. */
static void start(struct fixture *f, uint32_t id, enum forward_type type,
	const struct forward_spec *with)
{
	struct forward_spec spec = {0};
	struct trouble t;
	char text[64];

	snprintf(text, sizeof(text), "127.0.0.1:0:127.0.0.1:%u", echo_port);
	assert_int_equal(forward_spec_parse(type, text, &spec, &t), 0);
	spec.lazy = with->lazy;
	spec.idle_s = with->idle_s;
	spec.allow = with->allow;
	spec.limit_in_bytes_s = with->limit_in_bytes_s;
	spec.limit_out_bytes_s = with->limit_out_bytes_s;
	worker_start_forward(f->worker, SERVER, id, &spec);
	spec.allow = NULL;
	forward_spec_done(&spec);
}

static uint16_t await_standby(struct fixture *f, uint32_t id)
{
	const struct event *e =
		live_await_forward(&f->live, SERVER, id, STATE_DISCONNECTED);

	assert_true(e->standby);
	assert_int_not_equal(e->bound_port, 0);
	return e->bound_port;
}

static uint16_t await_up(struct fixture *f, uint32_t id)
{
	const struct event *e =
		live_await_forward(&f->live, SERVER, id, STATE_CONNECTED);

	assert_false(e->standby);
	return e->bound_port;
}

static const struct stats *ask_stats(struct fixture *f)
{
	worker_request_stats(f->worker, SERVER);
	return live_await(&f->live, SERVER, EVENT_STATS)->stats;
}

/* ---- rest ---- */

static void test_lazy(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	start(f, FORWARD, FORWARD_LOCAL, &(struct forward_spec){.lazy = true});
	port = await_standby(f, FORWARD);
	assert_int_equal(ask_stats(f)->n_link, 0);
	assert_true(ask_stats(f)->forward[0].standby);
	assert_false(live_came(&f->live, SERVER, EVENT_SERVER));
	live_exchange(live_connect(port), 100000);
	live_await_server(&f->live, SERVER, STATE_CONNECTING, ERR_OK);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_CONNECTING);
	assert_int_equal(await_up(f, FORWARD), port);
	/* never idle: it stays */
	live_exchange(live_connect(port), 1000);
	assert_int_equal(ask_stats(f)->links, 1);
	assert_false(ask_stats(f)->forward[0].standby);
}

/* Until another server's forward that starts now has been idle for 2 s. */
static void await_other_idle(struct fixture *f)
{
	struct server_config c = live_config(SERVER + 1, sshd.port);
	struct forward_spec spec = {0};
	struct trouble t;

	live_add(f->worker, &c);
	assert_int_equal(forward_spec_parse(FORWARD_LOCAL,
				 "127.0.0.1:0:127.0.0.1:1", &spec, &t),
		0);
	spec.idle_s = 2;
	worker_start_forward(f->worker, SERVER + 1, FORWARD, &spec);
	forward_spec_done(&spec);
	live_await_forward(&f->live, SERVER + 1, FORWARD, STATE_CONNECTED);
	live_await_forward(&f->live, SERVER + 1, FORWARD, STATE_DISCONNECTED);
}

static void test_idle(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	char byte;
	int fd;

	start(f, FORWARD, FORWARD_LOCAL, &(struct forward_spec){.idle_s = 1});
	port = await_up(f, FORWARD);
	fd = live_connect(port);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(fd, "x", 1, 0), 1);
		assert_int_equal(live_read(fd, &byte, 1), 1);
		/* not while it is open, however long it is still */
		if (i == 0)
			await_other_idle(f);
	}
	assert_false(ask_stats(f)->forward[0].standby);
	close(fd);
	assert_int_equal(await_standby(f, FORWARD), port);
	live_await_server(&f->live, SERVER, STATE_DISCONNECTED, LIVE_ANY);
	assert_int_equal(ask_stats(f)->n_link, 0);
	for (int i = 0; i < 2; i++) {
		live_exchange(live_connect(port), 1000);
		assert_int_equal(await_up(f, FORWARD), port);
		assert_int_equal(await_standby(f, FORWARD), port);
	}
}

/* It is the forwards' to say: one that rests has a link while another needs it.
 */
static void test_lazy_beside_eager(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	start(f, FORWARD, FORWARD_LOCAL, &(struct forward_spec){.lazy = true});
	port = await_standby(f, FORWARD);
	start(f, FORWARD + 1, FORWARD_LOCAL, &(struct forward_spec){0});
	await_up(f, FORWARD + 1);
	await_up(f, FORWARD);
	worker_stop_forward(f->worker, SERVER, FORWARD + 1);
	assert_int_equal(await_standby(f, FORWARD), port);
	live_await_server(&f->live, SERVER, STATE_DISCONNECTED, LIVE_ANY);
	live_exchange(live_connect(port), 1000);
	await_up(f, FORWARD);
	worker_stop_forward(f->worker, SERVER, FORWARD);
	live_await_server(&f->live, SERVER, STATE_DISCONNECTED, LIVE_ANY);
}

/* The hops on the way go as well, and come back. */
static void test_idle_behind_a_hop(void **state)
{
	struct server_config c = live_config(SERVER + 1, sshd.port);
	struct server_config hop = live_config(0, sshd.port);
	struct fixture *f = *state;
	struct forward_spec spec = {0};
	const struct event *e;
	struct trouble t;
	char text[64];

	c.jumps = &hop;
	c.n_jumps = 1;
	worker_add_server(f->worker, &c);
	options_done(&hop.options);
	options_done(&c.options);
	snprintf(text, sizeof(text), "127.0.0.1:0:127.0.0.1:%u", echo_port);
	assert_int_equal(forward_spec_parse(FORWARD_LOCAL, text, &spec, &t), 0);
	spec.lazy = true;
	spec.idle_s = 1;
	worker_start_forward(f->worker, SERVER + 1, FORWARD, &spec);
	forward_spec_done(&spec);
	for (int i = 0; i < 3; i++) {
		e = live_await_forward(
			&f->live, SERVER + 1, FORWARD, STATE_DISCONNECTED);
		assert_true(e->standby);
		live_exchange(live_connect(e->bound_port), 1000);
		live_await_forward(
			&f->live, SERVER + 1, FORWARD, STATE_CONNECTED);
	}
}

/* The port on the server is held by a link. */
static void test_lazy_remote(void **state)
{
	struct fixture *f = *state;

	start(f, FORWARD, FORWARD_REMOTE,
		&(struct forward_spec){.lazy = true, .idle_s = 1});
	live_exchange(live_connect(await_up(f, FORWARD)), 1000);
}

/* A lazy one whose server is in error is started again and stands by. */
static void test_lazy_after_an_error(void **state)
{
	struct server_config c = live_config(SERVER + 1, sshd.port);
	struct forward_spec spec = {0};
	struct fixture *f = *state;
	const struct event *e;
	struct trouble t;
	char byte;
	int fd;

	live_set(&c, "PubkeyAuthentication=no");
	live_add(f->worker, &c);
	assert_int_equal(forward_spec_parse(FORWARD_LOCAL,
				 "127.0.0.1:0:127.0.0.1:1", &spec, &t),
		0);
	spec.lazy = true;
	for (int i = 0; i < 2; i++) {
		worker_start_forward(f->worker, SERVER + 1, FORWARD, &spec);
		e = live_await_forward(
			&f->live, SERVER + 1, FORWARD, STATE_DISCONNECTED);
		assert_true(e->standby);
		fd = live_connect(e->bound_port);
		live_await_forward(&f->live, SERVER + 1, FORWARD, STATE_ERROR);
		assert_int_equal(live_read(fd, &byte, 1), 0);
		close(fd);
		worker_stop_forward(f->worker, SERVER + 1, FORWARD);
		e = live_await_forward(
			&f->live, SERVER + 1, FORWARD, STATE_DISCONNECTED);
		assert_false(e->standby);
	}
	forward_spec_done(&spec);
}

/* ---- who may connect ---- */

static void assert_turned_away(int fd)
{
	char byte;

	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
}

static void test_allow(void **state)
{
	struct fixture *f = *state;
	const struct event *e;
	uint16_t port;

	start(f, FORWARD, FORWARD_LOCAL,
		&(struct forward_spec){
			.lazy = true, .allow = (char *)"10.0.0.0/8,::1"});
	port = await_standby(f, FORWARD);
	for (int i = 0; i < 3; i++)
		assert_turned_away(live_connect(port));
	e = live_await(&f->live, SERVER, EVENT_NOTICE);
	assert_string_equal(e->text, "notice.client_not_allowed");
	assert_string_equal(trouble_get(&e->trouble, "address"), "127.0.0.1");
	assert_int_equal(e->forward_id, FORWARD);
	assert_int_equal(ask_stats(f)->forward[0].connections_total, 0);
	assert_false(live_came(&f->live, SERVER, EVENT_NOTICE));
	/* nobody came: it still stands by */
	assert_false(live_came(&f->live, SERVER, EVENT_SERVER));
	start(f, FORWARD + 1, FORWARD_LOCAL,
		&(struct forward_spec){.allow = (char *)"::1,127.0.0.0/30"});
	live_exchange(live_connect(await_up(f, FORWARD + 1)), 1000);
}

static void test_allow_remote(void **state)
{
	struct fixture *f = *state;
	const struct event *e;

	start(f, FORWARD, FORWARD_REMOTE,
		&(struct forward_spec){.allow = (char *)"10.0.0.0/8"});
	assert_turned_away(live_connect(await_up(f, FORWARD)));
	do
		e = live_await(&f->live, SERVER, EVENT_NOTICE);
	while (strcmp(e->text, "notice.client_not_allowed") != 0);
	assert_string_equal(trouble_get(&e->trouble, "address"), "127.0.0.1");
	start(f, FORWARD + 1, FORWARD_REMOTE,
		&(struct forward_spec){.allow = (char *)"127.0.0.1"});
	live_exchange(live_connect(await_up(f, FORWARD + 1)), 1000);
}

/* ---- how fast ---- */

/* `n` bytes there and back can't be faster than the limit lets them, apart from
 * a tenth of a second's that had gathered. */
static void assert_slow(
	uint16_t port, size_t n, unsigned conns, uint64_t bytes_s)
{
	uint64_t begin = clock_mono_ms();

	for (unsigned i = 0; i < conns; i++)
		live_exchange(live_connect(port), n);
	assert_true((clock_mono_ms() - begin) * bytes_s / 1000 >=
		    n * conns - bytes_s / 10 - bytes_s / 1000);
}

static void test_limit_in(void **state)
{
	struct fixture *f = *state;

	start(f, FORWARD, FORWARD_LOCAL,
		&(struct forward_spec){.limit_in_bytes_s = 1000000});
	assert_slow(await_up(f, FORWARD), 300000, 2, 1000000);
	assert_int_equal(ask_stats(f)->forward[0].bytes_in, 600000);
}

static void test_limit_out(void **state)
{
	struct fixture *f = *state;

	start(f, FORWARD, FORWARD_LOCAL,
		&(struct forward_spec){.limit_out_bytes_s = 1000000});
	assert_slow(await_up(f, FORWARD), 300000, 2, 1000000);
	assert_int_equal(ask_stats(f)->forward[0].bytes_out, 600000);
}

static void test_limit_remote(void **state)
{
	struct fixture *f = *state;

	start(f, FORWARD, FORWARD_REMOTE,
		&(struct forward_spec){.limit_in_bytes_s = 2000000,
			.limit_out_bytes_s = 1000000});
	assert_slow(await_up(f, FORWARD), 400000, 1, 1000000);
}

/* So few bytes that a second's burst is none. */
static void test_limit_to_little(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	start(f, FORWARD, FORWARD_LOCAL,
		&(struct forward_spec){
			.limit_in_bytes_s = 8, .limit_out_bytes_s = 8});
	port = await_up(f, FORWARD);
	live_exchange(live_connect(port), 0);
	live_exchange(live_connect(port), 5);
}

/* Several that share a limit all get through, and one that ends while it waits
 * is no trouble. */
static void test_limit_is_shared(void **state)
{
	struct fixture *f = *state;
	static char noise[100000];
	uint16_t port;
	int fds[8];

	start(f, FORWARD, FORWARD_LOCAL,
		&(struct forward_spec){.limit_in_bytes_s = 500000,
			.limit_out_bytes_s = 500000});
	port = await_up(f, FORWARD);
	for (int i = 0; i < 8; i++) {
		fds[i] = live_connect(port);
		assert_int_equal(
			send(fds[i], noise, sizeof(noise), 0), sizeof(noise));
	}
	for (int i = 0; i < 8; i += 2)
		close(fds[i]);
	live_exchange(live_connect(port), 50000);
	for (int i = 1; i < 8; i += 2) {
		static char back[sizeof(noise)];

		shutdown(fds[i], SHUT_WR);
		assert_int_equal(
			live_read(fds[i], back, sizeof(back)), sizeof(back));
		close(fds[i]);
	}
	/* and one that is stopped under load */
	fds[0] = live_connect(port);
	assert_int_equal(send(fds[0], noise, sizeof(noise), 0), sizeof(noise));
	worker_stop_forward(f->worker, SERVER, FORWARD);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_DISCONNECTED);
	close(fds[0]);
}

/* A link that is lost takes those along who wait for their turn. */
static void test_link_lost_at_the_limit(void **state)
{
	struct fixture *f = *state;
	static char noise[200000];
	uint16_t port;
	char byte;
	int fds[4];

	start(f, FORWARD, FORWARD_LOCAL,
		&(struct forward_spec){.limit_in_bytes_s = 50000,
			.limit_out_bytes_s = 100000});
	port = await_up(f, FORWARD);
	for (int i = 0; i < 4; i++) {
		fds[i] = live_connect(port);
		assert_true(send(fds[i], noise, sizeof(noise), 0) > 0);
		assert_int_equal(live_read(fds[i], &byte, 1), 1);
	}
	live_kill_children(sshd.pid);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_RECONNECTING);
	for (int i = 0; i < 4; i++) {
		while (live_read(fds[i], &byte, 1) == 1)
			continue;
		close(fds[i]);
	}
	await_up(f, FORWARD);
	live_exchange(live_connect(port), 10000);
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
	live_start_sshd(&sshd);
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
		WITH_WORKER(test_lazy),
		WITH_WORKER(test_idle),
		WITH_WORKER(test_lazy_beside_eager),
		WITH_WORKER(test_idle_behind_a_hop),
		WITH_WORKER(test_lazy_remote),
		WITH_WORKER(test_lazy_after_an_error),
		WITH_WORKER(test_allow),
		WITH_WORKER(test_allow_remote),
		WITH_WORKER(test_limit_in),
		WITH_WORKER(test_limit_out),
		WITH_WORKER(test_limit_remote),
		WITH_WORKER(test_limit_to_little),
		WITH_WORKER(test_limit_is_shared),
		WITH_WORKER(test_link_lost_at_the_limit),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
