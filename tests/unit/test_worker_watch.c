/* What people look at: connections, numbers, the steps of a link, tests of
 * forwards, questions that nobody attends to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "live_worker.h"

#define SERVER  1
#define FORWARD 10
#define REQUEST 77
#define BOTH    "127.0.0.1:%u:127.0.0.1:%u"

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

static void add_server(struct fixture *f, const char *option, bool trace)
{
	struct server_config c = live_config(SERVER, sshd.port);

	c.trace = trace;
	if (option != NULL)
		live_set(&c, option);
	live_add(f->worker, &c);
}

static uint16_t await_port(struct fixture *f)
{
	const struct event *e =
		live_await_forward(&f->live, SERVER, FORWARD, STATE_CONNECTED);

	assert_int_not_equal(e->bound_port, 0);
	return e->bound_port;
}

static uint16_t start_local(struct fixture *f)
{
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	return await_port(f);
}

static const struct conns *ask_conns(struct fixture *f, uint32_t forward)
{
	const struct conns *c;

	worker_request_conns(f->worker, SERVER, forward, REQUEST);
	c = live_await(&f->live, SERVER, EVENT_CONNS)->conns;
	assert_int_equal(c->request, REQUEST);
	return c;
}

static const struct stats *ask_stats(struct fixture *f)
{
	worker_request_stats(f->worker, SERVER);
	return live_await(&f->live, SERVER, EVENT_STATS)->stats;
}

/* One byte there and back: the connection is open. */
static void ping(int fd)
{
	char byte;

	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(live_read(fd, &byte, 1), 1);
}

static void assert_is_here(const struct sockaddr_storage *a, uint16_t port)
{
	const struct sockaddr_in *in = (const void *)a;

	assert_int_equal(a->ss_family, AF_INET);
	assert_int_equal(ntohs(in->sin_port), port);
}

static uint16_t own_port(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

static void await_no_conns(struct fixture *f)
{
	while (ask_conns(f, 0)->total != 0)
		continue;
}

/* ---- connections ---- */

static void test_local_conn(void **state)
{
	struct fixture *f = *state;
	const struct conn_info *c;
	const struct conns *all;
	const struct stats *s;
	char text[64];
	uint16_t port;
	int fd;

	add_server(f, NULL, false);
	port = start_local(f);
	fd = live_connect(port);
	ping(fd);
	all = ask_conns(f, FORWARD);
	assert_int_equal(all->n, 1);
	assert_int_equal(all->total, 1);
	c = &all->conn[0];
	assert_int_not_equal(c->id, 0);
	assert_int_equal(c->forward_id, FORWARD);
	assert_int_equal(c->link_no, 1);
	assert_true(c->is_open);
	assert_int_not_equal(c->since_ms, 0);
	assert_int_equal(c->bytes_in, 1);
	assert_int_equal(c->bytes_out, 1);
	assert_is_here(&c->client, own_port(fd));
	assert_is_here(&c->at, port);
	snprintf(text, sizeof(text), "127.0.0.1:%u", own_port(fd));
	assert_string_equal(c->client_text, text);
	snprintf(text, sizeof(text), "127.0.0.1:%u", echo_port);
	assert_string_equal(c->destination, text);
	assert_int_equal(ask_conns(f, FORWARD + 1)->total, 0);
	s = ask_stats(f);
	assert_int_equal(s->n_link, 1);
	assert_true(s->link[0].is_ready);
	assert_int_equal(s->link[0].connections, 1);
	assert_int_equal(s->link[0].bytes_in, 1);
	assert_int_equal(s->link[0].bytes_out, 1);
	assert_false(s->forward[0].standby);
	close(fd);
	await_no_conns(f);
}

static void test_kill_one(void **state)
{
	struct fixture *f = *state;
	uint64_t id[2];
	uint16_t port;
	char byte;
	int fd[2];

	add_server(f, NULL, false);
	port = start_local(f);
	for (int i = 0; i < 2; i++) {
		fd[i] = live_connect(port);
		ping(fd[i]);
		id[i] = ask_conns(f, 0)->conn[i].id;
	}
	assert_int_not_equal(id[0], id[1]);
	worker_kill_conn(f->worker, SERVER, id[0]);
	worker_kill_conn(f->worker, SERVER, id[0]);
	worker_kill_conn(f->worker, SERVER, 0);
	assert_int_equal(live_read(fd[0], &byte, 1), 0);
	ping(fd[1]);
	assert_int_equal(ask_conns(f, 0)->conn[0].id, id[1]);
	close(fd[0]);
	close(fd[1]);
}

/* One that waits for a server that is away can be ended as well. */
static void test_kill_one_that_waits(void **state)
{
	struct fixture *f = *state;
	const struct conns *all;
	uint16_t port;
	char byte;
	int fd;

	add_server(f, NULL, false);
	port = start_local(f);
	live_kill_sshd(&sshd);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_RECONNECTING);
	fd = live_connect(port);
	do
		all = ask_conns(f, 0);
	while (all->n == 0);
	assert_false(all->conn[0].is_open);
	assert_int_equal(all->conn[0].link_no, 0);
	worker_kill_conn(f->worker, SERVER, all->conn[0].id);
	assert_int_equal(live_read(fd, &byte, 1), 0);
	close(fd);
}

static void test_dynamic_conn(void **state)
{
	uint8_t ask[] = {5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1,
		(uint8_t)(echo_port >> 8), (uint8_t)echo_port};
	struct fixture *f = *state;
	uint8_t answer[12];
	char text[64];
	int fd;

	add_server(f, NULL, false);
	live_forward(
		f->worker, SERVER, FORWARD, FORWARD_DYNAMIC, "127.0.0.1:0");
	fd = live_connect(await_port(f));
	assert_int_equal(send(fd, ask, sizeof(ask), 0), sizeof(ask));
	assert_int_equal(live_read(fd, answer, sizeof(answer)), sizeof(answer));
	snprintf(text, sizeof(text), "127.0.0.1:%u", echo_port);
	assert_string_equal(ask_conns(f, 0)->conn[0].destination, text);
	close(fd);
}

static void test_remote_conn(void **state)
{
	struct fixture *f = *state;
	const struct conns *all;
	char text[64];
	int fd;

	add_server(f, NULL, false);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	fd = live_connect(await_port(f));
	ping(fd);
	all = ask_conns(f, FORWARD);
	assert_int_equal(all->n, 1);
	assert_int_equal(all->conn[0].client.ss_family, AF_UNSPEC);
	snprintf(text, sizeof(text), "127.0.0.1:%u", own_port(fd));
	assert_string_equal(all->conn[0].client_text, text);
	snprintf(text, sizeof(text), "127.0.0.1:%u", echo_port);
	assert_string_equal(all->conn[0].destination, text);
	close(fd);
}

static void test_unix_conn(void **state)
{
	struct fixture *f = *state;
	const struct conns *all;
	char dir[256];
	int fd;

	assert_non_null(getcwd(dir, sizeof(dir)));
	add_server(f, NULL, false);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"%s/local:127.0.0.1:%u", dir, echo_port);
	live_await_forward(&f->live, SERVER, FORWARD, STATE_CONNECTED);
	fd = live_connect_unix("local");
	ping(fd);
	all = ask_conns(f, FORWARD);
	assert_int_equal(all->conn[0].client_pid, getpid());
	assert_int_equal(all->conn[0].at.ss_family, AF_UNIX);
	assert_string_equal(all->conn[0].client_text, "");
	close(fd);
}

static void test_active_is_told_once(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	int fd, other;

	add_server(f, NULL, false);
	port = start_local(f);
	fd = live_connect(port);
	assert_int_equal(live_await(&f->live, SERVER, EVENT_ACTIVE)->forward_id,
		FORWARD);
	other = live_connect(port);
	ping(other);
	/* These numbers show them: more of them is no news. */
	(void)ask_stats(f);
	close(other);
	other = live_connect(port);
	ping(other);
	assert_false(live_came(&f->live, SERVER, EVENT_ACTIVE));
	close(other);
	close(fd);
	await_no_conns(f);
	(void)ask_stats(f);
	fd = live_connect(port);
	(void)live_await(&f->live, SERVER, EVENT_ACTIVE);
	close(fd);
}

/* ---- stages ---- */

static const struct event *await_stage(struct fixture *f, enum stage stage)
{
	const struct event *e = live_await(&f->live, SERVER, EVENT_STAGE);

	assert_string_equal(stage_name(e->stage), stage_name(stage));
	return e;
}

static const struct event *await_good(struct fixture *f, enum stage stage)
{
	const struct event *e = await_stage(f, stage);

	assert_int_equal(e->trouble.code, ERR_OK);
	assert_true(e->stage_ms < LIVE_LIMIT_S * 1000);
	return e;
}

static bool begins(const char *text, const char *with)
{
	return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

static void test_stages(void **state)
{
	struct fixture *f = *state;
	char text[64];

	add_server(f, NULL, true);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	assert_string_equal(await_good(f, STAGE_DNS)->text, "127.0.0.1");
	snprintf(text, sizeof(text), "127.0.0.1:%u", sshd.port);
	assert_string_equal(await_good(f, STAGE_TCP)->text, text);
	assert_true(begins(await_good(f, STAGE_BANNER)->text, "SSH-2.0-"));
	assert_true(
		begins(await_good(f, STAGE_HOST_KEY)->text, "ED25519 SHA256:"));
	assert_true(begins(await_good(f, STAGE_AUTH)->text, "publickey"));
	await_port(f);
	assert_false(live_came(&f->live, SERVER, EVENT_STAGE));
}

static void test_failed_stages(void **state)
{
	static const enum stage before[] = {
		STAGE_DNS, STAGE_TCP, STAGE_BANNER, STAGE_HOST_KEY};
	struct fixture *f = *state;
	struct server_config c = live_config(SERVER, live_free_port());

	add_server(f, "PubkeyAuthentication=no", true);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	for (int i = 0; i < 4; i++)
		(void)await_good(f, before[i]);
	assert_int_equal(
		await_stage(f, STAGE_AUTH)->trouble.code, ERR_AUTH_FAILED);
	worker_stop_server(f->worker, SERVER);
	c.trace = true;
	live_add(f->worker, &c);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	(void)await_good(f, STAGE_DNS);
	assert_int_equal(
		await_stage(f, STAGE_TCP)->trouble.code, ERR_CONNECT_REFUSED);
}

static void test_stages_of_a_hop(void **state)
{
	struct server_config c = live_config(SERVER, sshd.port);
	struct server_config hop = live_config(0, sshd.port);
	struct fixture *f = *state;
	const struct event *e;

	c.trace = true;
	c.jumps = &hop;
	c.n_jumps = 1;
	hop.name = "the hop";
	worker_add_server(f->worker, &c);
	options_done(&hop.options);
	options_done(&c.options);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	for (enum stage stage = STAGE_DNS; stage <= STAGE_AUTH; stage++) {
		e = await_good(f, stage);
		assert_true(begins(e->text, "the hop: "));
		assert_int_equal(e->link_no, 0);
	}
	e = await_good(f, STAGE_TCP);
	assert_string_equal(e->text, "the hop");
	assert_int_equal(e->link_no, 1);
	for (enum stage stage = STAGE_BANNER; stage <= STAGE_AUTH; stage++)
		(void)await_good(f, stage);
}

static void test_stages_of_a_command(void **state)
{
	struct fixture *f = *state;

	add_server(f, "ProxyCommand=false", true);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	assert_int_equal(
		await_stage(f, STAGE_TCP)->trouble.code, ERR_PROXY_FAILED);
}

/* ---- tests of forwards ---- */

static void try_spec(struct fixture *f, enum forward_type type, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));
static void try_spec(
	struct fixture *f, enum forward_type type, const char *fmt, ...)
{
	struct forward_spec spec = {0};
	struct trouble t;
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_int_equal(forward_spec_parse(type, text, &spec, &t), 0);
	worker_test_forward(f->worker, SERVER, &spec, REQUEST);
	forward_spec_done(&spec);
}

static void await_test(
	struct fixture *f, enum stage stage, enum err code, bool last)
{
	const struct event *e = await_stage(f, stage);

	assert_string_equal(err_name(e->trouble.code), err_name(code));
	assert_int_equal(e->request, REQUEST);
	assert_int_equal(e->last, last);
}

static void test_of_a_local_forward(void **state)
{
	struct fixture *f = *state;

	add_server(f, NULL, false);
	try_spec(f, FORWARD_LOCAL, "1:127.0.0.1:%u", echo_port);
	await_test(f, STAGE_PERMISSION, ERR_OK, false);
	await_test(f, STAGE_TARGET, ERR_OK, true);
	/* nothing else needs the server */
	live_await_server(&f->live, SERVER, STATE_DISCONNECTED, LIVE_ANY);
	try_spec(f, FORWARD_LOCAL, "1:127.0.0.1:%u", live_free_port());
	await_test(f, STAGE_PERMISSION, ERR_OK, false);
	await_test(f, STAGE_TARGET, ERR_TARGET_REFUSED, true);
}

static void test_of_a_remote_forward(void **state)
{
	struct fixture *f = *state;
	uint16_t port = live_free_port(), taken;
	int holder = live_listen(&taken);

	add_server(f, NULL, false);
	for (int i = 0; i < 2; i++) {
		try_spec(f, FORWARD_REMOTE, BOTH, port, echo_port);
		await_test(f, STAGE_PERMISSION, ERR_OK, false);
		await_test(f, STAGE_TARGET, ERR_OK, true);
	}
	try_spec(f, FORWARD_REMOTE, BOTH, port, live_free_port());
	await_test(f, STAGE_PERMISSION, ERR_OK, false);
	await_test(f, STAGE_TARGET, ERR_LOCAL_REFUSED, true);
	try_spec(f, FORWARD_REMOTE, "127.0.0.1:%u:127.0.0.1:1", taken);
	await_test(f, STAGE_PERMISSION, ERR_REMOTE_LISTEN_REFUSED, true);
	try_spec(f, FORWARD_REMOTE, "127.0.0.1:%u", port);
	await_test(f, STAGE_PERMISSION, ERR_OK, true);
	/* and beside one that runs */
	live_forward(f->worker, SERVER, FORWARD, FORWARD_REMOTE, BOTH, port,
		echo_port);
	await_port(f);
	try_spec(f, FORWARD_REMOTE, BOTH, port, echo_port);
	await_test(f, STAGE_PERMISSION, ERR_OK, false);
	await_test(f, STAGE_TARGET, ERR_OK, true);
	live_exchange(live_connect(port), 1000);
	close(holder);
}

static void test_of_a_dynamic_forward(void **state)
{
	struct fixture *f = *state;

	add_server(f, NULL, false);
	try_spec(f, FORWARD_DYNAMIC, "127.0.0.1:1");
	await_test(f, STAGE_PERMISSION, ERR_OK, true);
}

static void test_of_what_is_not_allowed(void **state)
{
	struct fixture *f = *state;
	char option[600], dir[256];

	assert_non_null(getcwd(dir, sizeof(dir)));
	snprintf(option, sizeof(option),
		"ProxyCommand=" LIVE_SSHD " -i -f %s/sshd_config "
		"-o AllowTcpForwarding=no 2>/dev/null",
		dir);
	add_server(f, option, false);
	try_spec(f, FORWARD_DYNAMIC, "127.0.0.1:1");
	await_test(f, STAGE_PERMISSION, ERR_TARGET_PROHIBITED, true);
	try_spec(f, FORWARD_LOCAL, "1:127.0.0.1:%u", echo_port);
	await_test(f, STAGE_PERMISSION, ERR_TARGET_PROHIBITED, true);
	try_spec(f, FORWARD_REMOTE, "127.0.0.1:0:127.0.0.1:%u", echo_port);
	await_test(f, STAGE_PERMISSION, ERR_REMOTE_LISTEN_REFUSED, true);
}

static void test_of_a_server_that_is_away(void **state)
{
	struct fixture *f = *state;
	struct server_config c = live_config(SERVER, live_free_port());

	live_add(f->worker, &c);
	try_spec(f, FORWARD_LOCAL, "1:127.0.0.1:%u", echo_port);
	await_test(f, STAGE_PERMISSION, ERR_CONNECT_REFUSED, true);
	live_await_server(&f->live, SERVER, STATE_DISCONNECTED, LIVE_ANY);
}

static void test_of_a_server(void **state)
{
	struct fixture *f = *state;

	add_server(f, NULL, false);
	worker_test_forward(f->worker, SERVER, NULL, REQUEST);
	live_await_server(&f->live, SERVER, STATE_CONNECTED, LIVE_ANY);
	try_spec(f, FORWARD_LOCAL, "1:127.0.0.1:%u", echo_port);
	await_test(f, STAGE_PERMISSION, ERR_OK, false);
	await_test(f, STAGE_TARGET, ERR_OK, true);
	assert_int_equal(ask_stats(f)->links, 1);
	worker_stop_server(f->worker, SERVER);
	live_await(&f->live, SERVER, EVENT_STOPPED);
}

/* One that is stopped while a test goes on. */
static void test_stopped_in_a_test(void **state)
{
	struct fixture *f = *state;

	add_server(f, NULL, false);
	try_spec(f, FORWARD_LOCAL, "1:127.0.0.1:%u", echo_port);
	worker_stop_server(f->worker, SERVER);
	await_test(f, STAGE_PERMISSION, ERR_CANCELLED, true);
	live_await(&f->live, SERVER, EVENT_STOPPED);
}

/* ---- questions ---- */

static void answer_question(struct fixture *f, bool unattended)
{
	const struct event *e = live_await(&f->live, SERVER, EVENT_PROMPT);
	struct secret yes = SECRET_INIT;

	secret_set(&yes, "yes", 3);
	worker_answer(f->worker, SERVER, e->prompt_id, &yes, 1);
	secret_done(&yes);
	assert_int_equal(e->unattended, unattended);
	assert_int_equal(e->asker_id, SERVER);
}

static void test_unattended_question(void **state)
{
	struct fixture *f = *state;
	struct server_config c = live_config(SERVER, sshd.port);

	unlink("known_hosts");
	c.may_answer_unattended = true;
	live_set(&c, "StrictHostKeyChecking=ask");
	live_add(f->worker, &c);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	answer_question(f, true);
	await_port(f);
	unlink("known_hosts");
}

static void test_question_on_the_way_back(void **state)
{
	struct fixture *f = *state;
	struct server_config c = live_config(SERVER, sshd.port);

	unlink("known_hosts");
	c.may_ask = c.may_answer_unattended = true;
	live_set(&c, "StrictHostKeyChecking=ask");
	live_add(f->worker, &c);
	live_forward(f->worker, SERVER, FORWARD, FORWARD_LOCAL,
		"127.0.0.1:0:127.0.0.1:%u", echo_port);
	answer_question(f, false);
	await_port(f);
	/* It comes back with another key that nobody knows. */
	live_kill_sshd(&sshd);
	unlink("known_hosts");
	unlink("hostkey");
	scratch_do(
		"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "hostkey");
	live_start_sshd(&sshd);
	answer_question(f, false);
	await_port(f);
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
		WITH_WORKER(test_local_conn),
		WITH_WORKER(test_kill_one),
		WITH_WORKER(test_kill_one_that_waits),
		WITH_WORKER(test_dynamic_conn),
		WITH_WORKER(test_remote_conn),
		WITH_WORKER(test_unix_conn),
		WITH_WORKER(test_active_is_told_once),
		WITH_WORKER(test_stages),
		WITH_WORKER(test_failed_stages),
		WITH_WORKER(test_stages_of_a_hop),
		WITH_WORKER(test_stages_of_a_command),
		WITH_WORKER(test_of_a_local_forward),
		WITH_WORKER(test_of_a_remote_forward),
		WITH_WORKER(test_of_a_dynamic_forward),
		WITH_WORKER(test_of_what_is_not_allowed),
		WITH_WORKER(test_of_a_server_that_is_away),
		WITH_WORKER(test_of_a_server),
		WITH_WORKER(test_stopped_in_a_test),
		WITH_WORKER(test_unattended_question),
		WITH_WORKER(test_question_on_the_way_back),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
