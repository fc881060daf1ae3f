/*
 * One question to the ssh agent and its answer, over a Unix socket of its own,
 * on a libuv loop that it never holds up.
 *
 * An object lives from agent_conn_ask until its answer (or agent_conn_cancel);
 * it frees itself once libuv has closed its handles, so the loop has to run on
 * until then. The loop's thread only. The process ignores SIGPIPE.
 */
#ifndef TAUPE_TUNNEL_AGENT_CONN_H
#define TAUPE_TUNNEL_AGENT_CONN_H

#include <uv.h>

#include "base/buf.h"
#include "base/rd.h"
#include "base/trouble.h"

struct agent_conn;

/* `trouble` NULL: `payload` is the reply, type byte first, until this returns.
 * Otherwise ERR_AGENT with "path" and "detail". Called once, from the loop. The
 * agent_conn is gone for the caller. */
typedef void agent_conn_fn(
	void *arg, const struct trouble *trouble, struct slice payload);

/* `path` NULL: there is no agent, which is answered like any other failure.
 * `request` is a whole message; it is taken over and left empty. The answer
 * never comes from inside this call. */
struct agent_conn *agent_conn_ask(uv_loop_t *loop, const char *path,
	struct buf *request, unsigned timeout_ms, agent_conn_fn *on_answer,
	void *arg);

/* The answer is wanted no more and will not come. NULL is taken. */
void agent_conn_cancel(struct agent_conn *c);

#endif
