/*
 * ProxyCommand: a shell command whose standard input and output carry the
 * connection, ssh_config(5). One socket pair is both; standard error stays
 * ours.
 *
 * The command runs as `$SHELL -c "exec <command>"` in a session of its own, so
 * that a terminal's Ctrl-C does not take it away from under a link that is
 * closing in order. It belongs to the thread of its loop, and so does every
 * call.
 */
#ifndef TAUPE_TUNNEL_PROXYCMD_H
#define TAUPE_TUNNEL_PROXYCMD_H

#include <stdint.h>

#include <uv.h>

#include "base/err.h"
#include "base/trouble.h"

/* The command has ended: its exit status, or the signal that ended it (then not
 * 0). Called once, from the loop; the end of the stream may be seen before or
 * after. May call proxycmd_free. */
typedef void proxycmd_exit_fn(void *arg, int64_t status, int signal);

struct proxycmd;

/* `command` has its % tokens expanded. `*ret_fd`, non-blocking and
 * close-on-exec, is the caller's to close. `on_exit` may be NULL.
 * -ERR_PROXY_FAILED with the arguments command and detail. */
int proxycmd_start(uv_loop_t *loop, const char *command,
	proxycmd_exit_fn *on_exit, void *arg, struct proxycmd **ret_proxy,
	int *ret_fd, struct trouble *trouble) WARN_UNUSED;

/* Any time; NULL is nothing. `on_exit` is not called any more. A command that
 * still runs gets SIGHUP with its whole group, as ssh's does, then SIGTERM,
 * then SIGKILL, a second apart; the memory goes when it has ended, so the loop
 * must run on until then. */
void proxycmd_free(struct proxycmd *p);
/* Those of the loop that were freed and have not ended get SIGKILL now, with
 * their groups: when the loop's owner has waited long enough. */
void proxycmd_kill_freed(uv_loop_t *loop);

#endif
