/*
 * For tests of the control plane over real servers: an sshd that lets us in
 * with `id` and with `locked` (its passphrase is "open sesame"), an echo behind
 * it, and forwards to that. Header only, as control_world.h.
 */
#ifndef TAUPE_TESTS_CONTROL_TUNNELS_H
#define TAUPE_TESTS_CONTROL_TUNNELS_H

#include "control_world.h"
#include "live.h"

static struct live_sshd tunnels_sshd;
static uint16_t tunnels_echo_port;
static pid_t tunnels_echo_pid;

static inline int tunnels_setup(void **state)
{
	if (scratch_setup(state) != 0)
		return 1;
	live_make_keys();
	scratch_do("ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame",
		"-f", "locked");
	scratch_do("sh", "-c", "cat locked.pub >> id.pub");
	tunnels_echo_pid = live_echo(&tunnels_echo_port);
	live_start_sshd(&tunnels_sshd);
	return 0;
}

static inline int tunnels_teardown(void **state)
{
	live_kill_sshd(&tunnels_sshd);
	kill(tunnels_echo_pid, SIGKILL);
	waitpid(tunnels_echo_pid, NULL, 0);
	return scratch_teardown(state);
}

/* A local forward to the echo. */
static inline uint32_t tunnels_add_echo(
	struct world *w, const char *name, uint32_t server)
{
	char text[64];

	snprintf(text, sizeof(text), "127.0.0.1:0:127.0.0.1:%u",
		tunnels_echo_port);
	return world_add_forward(w, name, server, FORWARD_LOCAL, text);
}

/* One that takes any new host key. */
static inline uint32_t tunnels_add_server(struct world *w, const char *name)
{
	return world_add_server(
		w, name, tunnels_sshd.port, "StrictHostKeyChecking=accept-new");
}

static inline const struct control_forward *tunnels_up(
	struct world *w, uint32_t id)
{
	assert_int_equal(world_act(w, CONTROL_UP, id), 0);
	WORLD_UNTIL(w, world_state(w, id) == STATE_CONNECTED);
	return control_forward(w->control, id);
}

static inline void tunnels_new_host_key(void)
{
	unlink("hostkey");
	scratch_do(
		"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "hostkey");
}

#endif
