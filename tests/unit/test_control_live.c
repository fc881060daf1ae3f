/* The control plane over real servers: up, numbers, connections, losses, tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control_tunnels.h"
#include "daemon/client_process.h"
#include "daemon/control_private.h"

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
	uint32_t server = tunnels_add_server(w, "s"),
		 id = tunnels_add_echo(w, "f", server);
	const struct control_forward *f = tunnels_up(w, id);
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
	tunnels_up(w, id);
	assert_int_equal(f->bytes_in, 0);
}

static void test_traffic_is_kept(void **state)
{
	struct world *w = *state;
	uint32_t id = tunnels_add_echo(w, "f", tunnels_add_server(w, "s"));
	struct store_traffic minutes[CONTROL_FIELDS_MAX];
	uint64_t sum = 0;
	const struct control_forward *f = tunnels_up(w, id);

	live_exchange(live_connect(f->bound_port), 7000);
	await_bytes(w, f, 7000);
	assert_int_equal(control_minutes(w->control, id, minutes, 2), 2);
	sum = minutes[0].bytes_in + minutes[1].bytes_in;
	assert_int_equal(sum, 7000);
}

static void test_comes_back(void **state)
{
	struct world *w = *state;
	uint32_t server = tunnels_add_server(w, "s"),
		 id = tunnels_add_echo(w, "f", server);
	const struct control_forward *f = tunnels_up(w, id);
	uint16_t port = f->bound_port;

	live_exchange(live_connect(port), 1000);
	await_bytes(w, f, 1000);
	live_kill_sshd(&tunnels_sshd);
	WORLD_UNTIL(w, f->state == STATE_RECONNECTING);
	assert_true(f->trouble.code != ERR_OK);
	live_start_sshd(&tunnels_sshd);
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
	uint32_t id = tunnels_add_echo(w, "f", tunnels_add_server(w, "s")),
		 other = tunnels_add_echo(w, "g", tunnels_add_server(w, "t"));
	const struct control_forward *f = tunnels_up(w, id);
	struct listing l = {0};
	char byte = 'x', us[96];
	int fd;

	tunnels_up(w, other);
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
	uint32_t hop = tunnels_add_server(w, "hop"), id, server;
	struct store_server s = world_server_at("far", tunnels_sshd.port);

	s.jump_server = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, &server), 0);
	id = tunnels_add_echo(w, "f", server);
	live_exchange(live_connect(tunnels_up(w, id)->bound_port), 1000);
	/* the hop is no server that is up */
	assert_int_equal(
		control_server(w->control, hop)->state, STATE_DISCONNECTED);
}

/* What is wrong with a hop is mended at the hop. */
static void test_hop_is_edited(void **state)
{
	struct world *w = *state;
	uint32_t hop = world_add_server(w, "hop", tunnels_sshd.port,
			 "StrictHostKeyChecking=yes"),
		 id, server;
	struct store_server s = world_server_at("far", tunnels_sshd.port);

	s.jump_server = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, &server), 0);
	id = tunnels_add_echo(w, "f", server);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_ERROR);
	s = world_server_at("hop", tunnels_sshd.port);
	s.id = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, NULL), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
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
	uint32_t server = tunnels_add_server(w, "s"),
		 id = tunnels_add_echo(w, "f", server),
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
	tunnels_up(w, id);
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
	uint32_t server = tunnels_add_server(w, "s"),
		 id = tunnels_add_echo(w, "f", server);
	const struct control_forward *f = tunnels_up(w, id);

	live_kill_sshd(&tunnels_sshd);
	scratch_do("cp", "hostkey", "old");
	tunnels_new_host_key();
	live_start_sshd(&tunnels_sshd);
	WORLD_UNTIL(w, f->state == STATE_ERROR);
	assert_int_equal(f->trouble.code, ERR_HOST_KEY_CHANGED);
	assert_true(f->next_try_at_ms != 0);
	live_kill_sshd(&tunnels_sshd);
	scratch_do("mv", "old", "hostkey");
	live_start_sshd(&tunnels_sshd);
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
		server[i] = tunnels_add_server(w, name);
	}
	for (size_t i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "f-%zu", i);
		ids[i] = tunnels_add_echo(w, name, server[i % 3]);
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
		TEST(test_tests),
		TEST(test_up_by_a_test),
		TEST(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, tunnels_setup, tunnels_teardown);
}
