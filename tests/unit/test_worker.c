/* Workers that carry traffic through the system's own sshd: every type of
 * forward, ways to the server, several servers and several workers. */
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

static void add_server(struct fixture *f, const char *option)
{
	struct server_config c = live_config(SERVER, sshd.port);

	if (option != NULL)
		live_set(&c, option);
	live_add(f->worker, &c);
}

static uint16_t await_port(struct fixture *f, uint32_t server, uint32_t id)
{
	const struct event *e =
		live_await_forward(&f->live, server, id, STATE_CONNECTED);

	assert_int_not_equal(e->bound_port, 0);
	return e->bound_port;
}

/* The numbers of the only forward once all its connections are over. */
static struct stats_forward final_stats(struct fixture *f)
{
	struct stats_forward s;

	do {
		worker_request_stats(f->worker, SERVER);
		s = live_await(&f->live, SERVER, EVENT_STATS)
			    ->stats->forward[0];
	} while (s.connections != 0);
	return s;
}

/* ---- forwards ---- */

static void test_local(void **state)
{
	static const size_t sizes[] = {
		0, 1, 2, 32767, 32768, 32769, 2097151, 2097152, 2097153};
	size_t n = sizeof(sizes) / sizeof(sizes[0]), sum = 0;
	struct fixture *f = *state;
	struct stats_forward s;
	uint16_t port;

	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	port = await_port(f, SERVER, FORWARD);
	for (size_t i = 0; i < n; i++) {
		live_exchange(live_connect(port), sizes[i]);
		sum += sizes[i];
	}
	s = final_stats(f);
	assert_int_equal(s.state, STATE_CONNECTED);
	assert_int_equal(s.connections_total, n);
	assert_int_equal(s.bytes_in, sum);
	assert_int_equal(s.bytes_out, sum);
}

static void test_remote(void **state)
{
	struct fixture *f = *state;
	struct stats_forward s;
	uint16_t port;

	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	port = await_port(f, SERVER, FORWARD);
	live_exchange(live_connect(port), 0);
	live_exchange(live_connect(port), 1000000);
	s = final_stats(f);
	assert_int_equal(s.connections_total, 2);
	assert_int_equal(s.bytes_in, 1000000);
	assert_int_equal(s.bytes_out, 1000000);
}

static void test_remote_target_refused(void **state)
{
	uint16_t port, dead = live_free_port();
	struct fixture *f = *state;
	char byte;
	int fd;

	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"127.0.0.1:0:127.0.0.1:%u", dead);
	port = await_port(f, SERVER, FORWARD);
	fd = live_connect(port);
	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
	assert_int_equal(
		live_await(&f->live, SERVER, EVENT_TARGET)->trouble.code,
		ERR_LOCAL_REFUSED);
}

/* A SOCKS5 client that does not wait for answers; the reply code. */
static int socks5(int fd, uint16_t to)
{
	uint8_t ask[] = {5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, (uint8_t)(to >> 8),
		(uint8_t)to};
	uint8_t answer[12];

	assert_int_equal(send(fd, ask, sizeof(ask), 0), sizeof(ask));
	assert_int_equal(live_read(fd, answer, sizeof(answer)), sizeof(answer));
	assert_int_equal(answer[0], 5);
	assert_int_equal(answer[1], 0);
	assert_int_equal(answer[2], 5);
	return answer[3];
}

static void try_socks(uint16_t port, uint16_t dead)
{
	char byte;
	int fd;

	fd = live_connect(port);
	assert_int_equal(socks5(fd, echo_port), 0);
	live_exchange(fd, 300000);
	fd = live_connect(port);
	assert_int_equal(socks5(fd, dead), 5); /* refused */
	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
	/* no protocol that we know */
	fd = live_connect(port);
	assert_int_equal(send(fd, "\1\2\3\4", 4, 0), 4);
	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
	/* half a request, and away */
	fd = live_connect(port);
	assert_int_equal(send(fd, "\5\1\0\5", 4, 0), 4);
	shutdown(fd, SHUT_WR);
	while (live_read(fd, &byte, 1) == 1)
		continue;
	close(fd);
}

static void test_dynamic(void **state)
{
	struct fixture *f = *state;

	add_server(f, NULL);
	live_forward(
		f->worker, SERVER, FORWARD, FORWARD_DYNAMIC, "127.0.0.1:0");
	try_socks(await_port(f, SERVER, FORWARD), live_free_port());
	assert_int_equal(
		live_await(&f->live, SERVER, EVENT_TARGET)->trouble.code,
		ERR_TARGET_REFUSED);
	assert_int_equal(final_stats(f).connections_total, 4);
}

static void test_reverse_dynamic(void **state)
{
	struct fixture *f = *state;
	uint16_t dead = live_free_port();
	const struct trouble *why;
	char where[32];

	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE, "127.0.0.1:0");
	try_socks(await_port(f, SERVER, FORWARD), dead);
	why = &live_await(&f->live, SERVER, EVENT_TARGET)->trouble;
	assert_int_equal(why->code, ERR_LOCAL_REFUSED);
	snprintf(where, sizeof(where), "127.0.0.1:%u", dead);
	assert_string_equal(trouble_get(why, "destination"), where);
	assert_int_equal(final_stats(f).connections_total, 4);
}

static void test_unix(void **state)
{
	struct fixture *f = *state;
	char dir[256];

	assert_non_null(getcwd(dir, sizeof(dir)));
	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"%s/local:%s/echo", dir, dir);
	live_forward(f->worker, SERVER, FORWARD + 1, FORWARD_REMOTE,
		"%s/remote:%s/local", dir, dir);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_CONNECTED);
	live_await_forward(&f->live, SERVER, FORWARD + 1, STATE_CONNECTED);
	live_exchange(live_connect_unix("local"), 100000);
	/* in by the server's socket, out again through our own */
	live_exchange(live_connect_unix("remote"), 100000);
}

/* Two forwards on one port of two of the server's addresses. */
static void test_remote_by_address(void **state)
{
	uint16_t port = live_free_port(), dead = live_free_port();
	struct fixture *f = *state;

	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"[::1]:%u:127.0.0.1:%u", port, dead);
	live_forward(f->worker, SERVER, FORWARD + 1, FORWARD_REMOTE,
		"127.0.0.1:%u:127.0.0.1:%u", port, echo_port);
	live_await_forward(&f->live, SERVER, FORWARD + 1, STATE_CONNECTED);
	live_exchange(live_connect(port), 1000);
}

static void test_rekeys_while_data_flows(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	add_server(f, "RekeyLimit=1M");
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	port = await_port(f, SERVER, FORWARD);
	for (int i = 0; i < 3; i++)
		live_exchange(live_connect(port), 3000000);
}

/* A client that goes on talking when the far end has closed, and does not read,
 * holds nothing up. */
static void test_deaf_client(void **state)
{
	struct fixture *f = *state;
	static char noise[1 << 20];
	uint16_t port;
	int deaf;

	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	port = await_port(f, SERVER, FORWARD);
	deaf = live_connect(port);
	for (int i = 0; i < 64; i++)
		if (send(deaf, noise, sizeof(noise), MSG_DONTWAIT) < 0)
			break;
	live_exchange(live_connect(port), 500000);
	close(deaf);
	assert_int_equal(final_stats(f).connections_total, 2);
}

/* ---- ways ---- */

static void test_jump_of_two_hops(void **state)
{
	struct server_config c = live_config(SERVER, sshd.port);
	struct server_config hops[2] = {
		live_config(0, sshd.port), live_config(0, sshd.port)};
	struct fixture *f = *state;
	uint16_t port;

	c.jumps = hops;
	c.n_jumps = 2;
	worker_add_server(f->worker, &c);
	for (int i = 0; i < 2; i++)
		options_done(&hops[i].options);
	options_done(&c.options);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	port = await_port(f, SERVER, FORWARD);
	live_exchange(live_connect(port), 1000000);
	/* The first hop falls, and all with it, once. */
	live_kill_children(sshd.pid);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_RECONNECTING);
	assert_int_equal(await_port(f, SERVER, FORWARD), port);
	live_exchange(live_connect(port), 100000);
	assert_false(live_came(&f->live, SERVER, EVENT_STOPPED));
}

static void test_proxy_command(void **state)
{
	struct fixture *f = *state;
	char option[600], dir[256];

	assert_non_null(getcwd(dir, sizeof(dir)));
	snprintf(option, sizeof(option),
		"ProxyCommand=" LIVE_SSHD " -i -f %s/sshd_config 2>/dev/null",
		dir);
	add_server(f, option);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	live_exchange(live_connect(await_port(f, SERVER, FORWARD)), 1000000);
}

static void test_proxy_command_fails(void **state)
{
	struct fixture *f = *state;

	add_server(f, "ProxyCommand=false");
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	(void)live_await_server(&f->live, SERVER, STATE_CONNECTING, ERR_OK);
	/* It is tried again, and fails again. */
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(live_await_server(&f->live, SERVER,
					     STATE_CONNECTING, LIVE_ANY)
					     ->trouble.code,
			ERR_OK);
}

/* ---- many ---- */

static void add_and_start(struct worker *w, uint32_t server)
{
	struct server_config c = live_config(server, sshd.port);

	live_add(w, &c);
	live_forward(w, server, FORWARD + server, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
}

static void test_two_servers_on_a_worker(void **state)
{
	struct fixture *f = *state;
	uint16_t one, two;

	add_and_start(f->worker, 1);
	add_and_start(f->worker, 2);
	two = await_port(f, 2, FORWARD + 2);
	one = await_port(f, 1, FORWARD + 1);
	live_exchange(live_connect(one), 100000);
	worker_stop_server(f->worker, 1);
	live_await(&f->live, 1, EVENT_STOPPED);
	live_exchange(live_connect(two), 100000);
}

static void test_two_workers(void **state)
{
	struct fixture *f = *state;
	struct worker *other = worker_new(live_on_event, &f->live);
	uint16_t one, two;

	assert_non_null(other);
	add_and_start(f->worker, 1);
	add_and_start(other, 2);
	one = await_port(f, 1, FORWARD + 1);
	two = await_port(f, 2, FORWARD + 2);
	live_exchange(live_connect(one), 2000000);
	live_exchange(live_connect(two), 2000000);
	worker_free(other);
	live_await(&f->live, 2, EVENT_STOPPED);
	live_exchange(live_connect(one), 1000);
}

/* More than one link carries; each connection gets its own bytes back. */
static void test_pool_grows(void **state)
{
	struct fixture *f = *state;
	struct live_want up = {.server = SERVER,
		.kind = EVENT_LINK,
		.state = LIVE_ANY,
		.up = true,
		.code = LIVE_ANY};
	int fds[80];
	uint16_t port;

	add_server(f, NULL);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	port = await_port(f, SERVER, FORWARD);
	for (int i = 0; i < 80; i++)
		fds[i] = live_connect(port);
	assert_int_equal(live_await_one(&f->live, &up)->link_no, 1);
	assert_int_not_equal(live_await_one(&f->live, &up)->link_no, 1);
	for (int i = 0; i < 80; i++)
		live_exchange(fds[i], 10000);
	assert_int_equal(final_stats(f).connections_total, 80);
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
		WITH_WORKER(test_local),
		WITH_WORKER(test_remote),
		WITH_WORKER(test_remote_target_refused),
		WITH_WORKER(test_dynamic),
		WITH_WORKER(test_reverse_dynamic),
		WITH_WORKER(test_unix),
		WITH_WORKER(test_remote_by_address),
		WITH_WORKER(test_rekeys_while_data_flows),
		WITH_WORKER(test_deaf_client),
		WITH_WORKER(test_jump_of_two_hops),
		WITH_WORKER(test_proxy_command),
		WITH_WORKER(test_proxy_command_fails),
		WITH_WORKER(test_two_servers_on_a_worker),
		WITH_WORKER(test_two_workers),
		WITH_WORKER(test_pool_grows),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
