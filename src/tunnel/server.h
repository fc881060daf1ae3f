/*
 * One server on a worker: its pool of links, its forwards, its prompts.
 *
 * It keeps at least one link up while a forward wants one, and comes back for
 * ever (0.5 s doubling to 30 s, with jitter; a port that refuses at once is
 * asked every half second or so for the first ten minutes). The pool grows by
 * one link when the links there are carry bulk traffic or many channels, up to
 * TaupePool, and shrinks when the further ones have been idle for a minute.
 * Remote forwards live on the first link. Worker thread only.
 */
#ifndef TAUPE_TUNNEL_SERVER_H
#define TAUPE_TUNNEL_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "ssh/prompt.h"
#include "tunnel/forward.h"
#include "tunnel/lane.h"
#include "tunnel/link.h"
#include "tunnel/peer.h"
#include "tunnel/trial.h"

struct server;

/* `config` is taken over (server_config_free). */
struct server *server_new(struct lane *lane, struct server_config *config);
/* Ends all in order; EVENT_STOPPED when done, and the server is gone. */
void server_stop(struct server *s);
uint32_t server_id(const struct server *s);
struct lane *server_lane(const struct server *s);

void server_start_forward(
	struct server *s, uint32_t id, struct forward_spec *spec);
void server_stop_forward(struct server *s, uint32_t id);
void server_answer(struct server *s, uint32_t prompt_id,
	const struct secret *answers, size_t n);
void server_send_stats(struct server *s);
void server_send_conns(struct server *s, uint32_t forward_id, uint32_t request);
void server_kill_conn(struct server *s, uint64_t conn_id);
/* worker_test_forward; `spec` (or NULL) is taken over. */
void server_test(struct server *s, struct forward_spec *spec, uint32_t request);
/* Ends the pause before the next try, if there is one. */
void server_retry(struct server *s);
void server_probe(struct server *s);

/* ---- for forwards and connections ---- */
/* A ready link for a new connection, or NULL; asks for links as needed. */
struct link *server_pick_link(struct server *s);
/* The link that carries remote forwards, when it is ready. */
struct link *server_first_link(struct server *s);
enum tunnel_state server_state(const struct server *s);
/* It is to be up: something needs it. */
bool server_is_wanted(const struct server *s);
/* A forward needs its link no more; when nothing does, the server rests. */
void server_settle_need(struct server *s);
/* A connection of the forward came: EVENT_ACTIVE, unless that is known. */
void server_active(struct server *s, uint32_t forward_id);
const struct options *server_options(const struct server *s);
struct event *server_event(struct server *s, enum event_kind kind);
void server_emit(struct server *s, struct event *e);

/* Stages of links are to be told. */
bool server_traces(const struct server *s);
/* It has ended and is about to be freed. */
void server_trial_gone(struct server *s, struct trial *t);
/* The forward is closed and about to be freed. */
void server_forward_gone(struct server *s, struct forward *f);

/* ---- for links ---- */
void server_link_ready(struct server *s, struct link *l);
void server_link_down(
	struct server *s, struct link *l, const struct trouble *trouble);
/* Every handle of the link is closed; it is freed after the return. */
void server_link_gone(struct server *s);
/* Raises a prompt for the link; the prompt is taken over. `about` (or NULL)
 * tells the facts of a host key question. */
void server_ask(struct server *s, struct link *l, struct prompt *prompt,
	const struct trouble *about);
/* A passphrase that opened a key for `from`: the other hosts on the way that
 * have none yet try it before they ask. */
void server_share_passphrase(struct server *s, const struct peer *from,
	const struct secret *passphrase);
void server_forwarded(struct server *s, struct link *l, struct channel *ch,
	struct slice host, uint32_t port, bool is_path, struct slice originator,
	uint32_t originator_port);
/* The link became busy: another one may be wanted. */
void server_link_busy(struct server *s);

#endif
