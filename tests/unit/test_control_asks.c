/* The control plane over real servers: what is asked, and what is kept of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control_tunnels.h"

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
	uint32_t server = world_add_server(w, "s", tunnels_sshd.port, NULL),
		 id = tunnels_add_echo(w, "f", server);
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

/* One that comes back may ask as well. */
static void test_asks_on_the_way_back(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "s", tunnels_sshd.port, NULL),
		 id = tunnels_add_echo(w, "f", server);

	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	answer(w, await_prompt(w)->id, "yes", false);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	live_kill_sshd(&tunnels_sshd);
	unlink("known_hosts");
	tunnels_new_host_key();
	live_start_sshd(&tunnels_sshd);
	await_prompt(w);
	assert_int_equal(world_state(w, id), STATE_RECONNECTING);
	assert_int_equal(world_code(w, id), ERR_HOST_KEY_UNKNOWN);
	answer(w, await_prompt(w)->id, "yes", false);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	assert_int_equal(control_forward(w->control, id)->reconnects, 1);
}

static uint32_t add_locked(struct world *w, enum store_keep keep)
{
	struct store_server s = world_server_at("s", tunnels_sshd.port);
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
		 id = tunnels_add_echo(w, "f", server);
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
		 id = tunnels_add_echo(w, "f", server);
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
		 id = tunnels_add_echo(w, "f", server);
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
	struct store_server s = world_server_at("far", tunnels_sshd.port);
	unsigned n = 0;

	s.jump_server = hop;
	world_option(&s, "StrictHostKeyChecking=accept-new");
	assert_int_equal(world_put_server(w, &s, 0, &server), 0);
	id = tunnels_add_echo(w, "f", server);
	/* what is for the other server is not tried */
	assert_int_equal(put_secret(w, server, "wrong"), 0);
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	assert_false(await_prompt(w)->prompt->retry);
	answer(w, await_prompt(w)->id, "open sesame", true);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	control_each_secret(w->control, hop, count_secret, &n);
	assert_int_equal(n, 1);
	/* the hop itself does not ask again */
	id = tunnels_add_echo(w, "g", hop);
	tunnels_up(w, id);
	assert_int_equal(world_rows(w, "event.asks_passphrase").n, 1);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_host_key),
		TEST(test_asks_on_the_way_back),
		TEST(test_passphrase_is_kept),
		TEST(test_passphrase_set_ahead),
		TEST(test_set_ahead_replaces_what_was_kept),
		TEST(test_secret_of_a_hop),
	};

	return cmocka_run_group_tests(tests, tunnels_setup, tunnels_teardown);
}
