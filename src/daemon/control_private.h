/*
 * struct control and what it keeps, for control*.c only.
 *
 * A kept server's phase says what its worker knows of it:
 *
 *   ABSENT → RUNNING → STOPPING → (EVENT_STOPPED) → ABSENT
 *
 * control_reconcile compares that with what is wanted, after each change of
 * either: so one that is wanted again while it stops starts when it has
 * stopped, and a restart is a stop of one that is still wanted.
 *
 * The engine knows a forward by a number that each start gives anew, so that
 * what is still under way of a former one is never taken for the present one's.
 */
#ifndef TAUPE_DAEMON_CONTROL_PRIVATE_H
#define TAUPE_DAEMON_CONTROL_PRIVATE_H

#include <sys/queue.h>

#include "base/err.h"
#include "daemon/control.h"
#include "daemon/id_map.h"
#include "daemon/vault.h"
#include "tunnel/event_queue.h"
#include "tunnel/worker.h"

#define CONTROL_WORKERS_MAX 4
#define CONTROL_MINUTES     60
#define CONTROL_NOTICES     8
#define CONTROL_OWNER_TEXT  32

enum control_phase { CONTROL_ABSENT, CONTROL_RUNNING, CONTROL_STOPPING };

struct control_worker {
	struct worker *worker;
	unsigned n_servers;
};

/* How often the same thing went wrong in a row: not every time is a row of the
 * history. */
struct control_repeats {
	enum err code;
	unsigned n, flaps;
};

/* What the engine last said of one start of a forward. */
struct control_sample {
	uint32_t engine; /* 0: none */
	bool shown;      /* counts in the view: no person started it over */
	uint64_t bytes_in, bytes_out, connections;
};

/* One secret that the daemon holds while it runs, or knows to be wrong. */
struct control_memory {
	STAILQ_ENTRY(control_memory) next;
	char *kind, *about;
	struct secret value; /* not set: only the verdict below */
	bool wrong;          /* what is kept was not accepted */
};

/* An answer that waits for the server's verdict. */
struct control_given {
	STAILQ_ENTRY(control_given) next;
	uint32_t owner; /* the server whose secret it is */
	char *kind, *about;
	struct secret value;
	bool keep;
};

/* The last time that a link came up step by step. */
struct control_trace {
	struct {
		bool seen;
		uint64_t ms;
		char detail[256];
	} stage[STAGE_AUTH + 1];
};

struct kept_server {
	struct control_server view; /* first: a view is its kept_server */
	struct control *control;
	enum control_phase phase;
	struct control_worker *worker; /* unless ABSENT */
	bool gone;                     /* removed; its worker still stops it */
	bool was_up;                   /* so trouble is met with patience */
	bool refused; /* a person said no: it is not asked again by itself */
	bool stale;   /* a server on the way to it was edited meanwhile */
	bool active;  /* something flows, or did at the last look */
	bool stats_asked;
	bool touched, again;  /* while an action is carried out */
	unsigned n_tests;     /* under way: they want it up, too */
	unsigned n_up;        /* links that are up */
	unsigned asked_kinds; /* bits: what it asks stands in the history */
	uint64_t retry_ms;    /* the next pause after a permanent error */
	uint64_t retry_at_ms; /* monotonic; 0: none is planned */
	uint64_t stats_at_ms; /* monotonic, of the last ones */
	uint64_t rate_at_ms;  /* the same, when the rates were set */
	struct control_repeats repeats;
	uint64_t notices[CONTROL_NOTICES]; /* hashes of those written down */
	unsigned next_notice;
	STAILQ_HEAD(, control_memory) memory;
	STAILQ_HEAD(, control_given) given;
	struct control_trace *trace; /* NULL before the first link */
};

struct kept_forward {
	struct control_forward view; /* first: a view is its kept_forward */
	struct kept_server *server;
	uint32_t engine; /* the number of its present start; 0: not running */
	struct control_sample now, before;
	struct control_repeats repeats;
	struct store_traffic unsaved;
	struct store_traffic *minutes;  /* CONTROL_MINUTES, a ring; or NULL */
	bool changed;                   /* its numbers, since observers knew */
	uint64_t window_in, window_out; /* bytes since the rates were set */
	uint64_t target_told_ms;        /* wall clock: the last row about one */
};

struct kept_prompt {
	struct control_prompt view; /* first */
	uint32_t engine;            /* the server's number of it */
	uint32_t asker;             /* the engine's, of who asks */
	struct prompt *prompt;      /* what view.prompt points to */
};

struct kept_test {
	struct control_test view; /* first */
	TAILQ_ENTRY(kept_test) next;
	bool asked;           /* the worker knows of it */
	uint64_t stage_at_ms; /* monotonic: since when the step runs */
	uint64_t done_at_ms;  /* monotonic; 0: under way */
};

/* control_refresh's and control_list_conns' callers. */
struct control_fresh {
	STAILQ_ENTRY(control_fresh) next;
	void (*fn)(void *arg);
	void *arg;
};

struct control_listing {
	STAILQ_ENTRY(control_listing) next;
	control_conns_fn *fn;
	void *arg;
	uint32_t request;
	struct id_map left; /* servers whose answer is awaited */
};

struct control_seen {
	const struct control_observer *ops; /* NULL: forgotten meanwhile */
	void *arg;
};

struct control {
	uv_loop_t *loop;
	struct store *store;
	struct vault *vault;
	struct event_queue *events;
	struct control_worker worker[CONTROL_WORKERS_MAX];
	unsigned n_workers, max_workers;
	char boot[64]; /* this boot of the machine */

	struct id_map servers, forwards; /* by id; servers with those gone */
	struct id_map engines;           /* forwards by struct kept_forward's */
	struct control_server **server_list; /* people's order */
	struct control_forward **forward_list;
	size_t n_servers, n_forwards;
	uint32_t last_engine;

	struct control_prompt **prompt_list;
	size_t n_prompts;
	uint32_t last_prompt;
	TAILQ_HEAD(, kept_test) tests;
	uint32_t last_test;

	struct control_seen *observer;
	size_t n_observers;
	unsigned telling; /* observers are being called */

	unsigned watchers;
	unsigned n_stats_asked; /* servers whose stats are under way */
	STAILQ_HEAD(, control_fresh) fresh;
	STAILQ_HEAD(, control_listing) listings;
	uint32_t last_request;
	uint64_t saved_at_ms; /* monotonic: traffic into the store */
	uint64_t noticed_ms;  /* monotonic: told of sleep or the network */

	uv_timer_t sample;  /* stats, while something flows */
	uv_timer_t overdue; /* stats that do not come */
	uv_timer_t due;     /* auto-off, retries, old tests: the next one */
	uv_timer_t end;     /* the last step of control_stop */
	unsigned n_handles;
	bool stopping;
	void (*on_stopped)(void *arg);
	void *on_stopped_arg;
};

static inline struct kept_server *kept_server(const struct control_server *s)
{
	return (struct kept_server *)(uintptr_t)s;
}

static inline struct kept_forward *kept_forward(const struct control_forward *f)
{
	return (struct kept_forward *)(uintptr_t)f;
}

/* control_load.c */
int control_load(struct control *c, struct trouble *trouble) WARN_UNUSED;
struct kept_server *control_keep_server(
	struct control *c, const struct store_server *want);
struct kept_forward *control_keep_forward(
	struct control *c, const struct store_forward *want);
/* Out of every list; a server whose worker still stops it stays until then. */
void control_drop_server(struct control *c, struct kept_server *s);
void control_drop_forward(struct control *c, struct kept_forward *f);
void control_free_server(struct control *c, struct kept_server *s);
void control_free_forward(struct kept_forward *f);
/* After names or positions changed. */
void control_sort(struct control *c);
/* "server:3", the owner of its secrets. */
const char *control_server_owner(uint32_t id, char ret[CONTROL_OWNER_TEXT]);
const char *control_forward_owner(uint32_t id, char ret[CONTROL_OWNER_TEXT]);

/* control_observe.c */
void control_tell_server(struct control *c, const struct kept_server *s);
void control_tell_forward(struct control *c, const struct kept_forward *f);
void control_tell_server_removed(struct control *c, uint32_t id);
void control_tell_forward_removed(struct control *c, uint32_t id);
void control_tell_traffic(
	struct control *c, const struct control_forward *const *f, size_t n);
void control_tell_event(struct control *c, const struct store_event *e);
void control_tell_prompt(struct control *c, const struct control_prompt *p);
void control_tell_prompt_gone(struct control *c, uint32_t id);
void control_tell_test(struct control *c, const struct control_test *t);
void control_tell_settings(struct control *c);

/* control_config.c: what the engine is told of a server. */
/* -ERR_INVALID: options, a loop, too many hops. control_config_free frees. */
int control_config_make(const struct control *c,
	const struct store_server *server, struct server_config **ret_config,
	struct trouble *trouble) WARN_UNUSED;
void control_config_free(struct server_config *config);
/* Stored options over the defaults; the first that is wrong is told. */
int control_config_options(const struct store_server *server,
	struct options *ret_options, struct trouble *trouble) WARN_UNUSED;
/* Whether `server` is reached through the server `id`. */
bool control_config_passes(const struct control *c,
	const struct store_server *server, uint32_t id);

/* control_reconcile.c */
void control_reconcile(struct control *c, struct kept_server *s);
/* Stops it, whatever is wanted; it starts anew if that is something. */
void control_restart(struct control *c, struct kept_server *s);
void control_stop_forward(struct control *c, struct kept_forward *f);
/* With all that is wanted on it, whatever the engine knows of that. */
struct control_change;
void control_server_failed(struct control *c, struct kept_server *s,
	const struct control_change *change);
/* A person's start: the counters begin anew. */
void control_fresh_start(struct kept_forward *f);
/* control.c: EVENT_STOPPED. May free the server. */
void control_stopped(struct control *c, struct kept_server *s);

/* control_act.c */
/* control_act, with the history's key for it instead of a person's. */
int control_act_as(struct control *c, enum control_action action,
	const uint32_t *forwards, size_t n, const char *key,
	struct trouble *trouble) WARN_UNUSED;
/* Carried out only: the store has it already. */
void control_act_stored(struct control *c, enum control_action action,
	const uint32_t *forwards, size_t n, uint64_t now_ms);
/* Whether it had better start over, so that it is tried now. */
bool control_server_waits(const struct kept_server *s);
/* After the store: what is wanted of one from now on. */
void control_want(struct control *c, struct kept_forward *f, bool wanted,
	uint64_t since_ms);

/* control_change.c: refusals, as -code. */
int control_refuse_running(const char *name, struct trouble *trouble);
/* Whether so many more are within the bounds. */
int control_refuse_more(const struct control *c, size_t servers,
	size_t forwards, struct trouble *trouble);
int control_refuse_unknown(
	const char *what, uint32_t id, struct trouble *trouble);
/* 0: it is the one, or any will do (0). */
int control_refuse_revision(const char *name, uint32_t revision,
	uint32_t if_revision, struct trouble *trouble) WARN_UNUSED;
/* The first of what is wrong stands for all. */
int control_refuse_fields(
	const struct control_fields *fields, struct trouble *trouble);
bool control_same_text(const char *a, const char *b); /* NULL: none */
/* A row of the history about a server or a forward. */
void control_write_change(struct control *c, const char *key,
	const struct kept_server *s, const struct kept_forward *f);

/* control_change_forward.c: the store has let it go. */
void control_forward_removed(struct control *c, struct kept_forward *f);

/* control_state.c: the only ways a state changes. */
struct control_change {
	enum tunnel_state state;
	const struct trouble *why; /* NULL: none */
	uint64_t up_ms, next_try_ms;
	bool standby;
	bool quiet; /* no row of the history */
};
void control_state_server(
	struct kept_server *s, const struct control_change *change);
void control_state_forward(struct control *c, struct kept_forward *f,
	const struct control_change *change);

/* control_events.c: an event_queue_fn. */
void control_on_event(void *arg, const struct event *event);
/* Makes ERR_PORT_IN_USE name it. */
void control_name_holder(const struct control *c,
	const struct store_forward *wanted, struct trouble *t);

/* control_history.c */
struct control_row {
	const char *kind, *level, *state, *code;
	const struct kept_server *server;   /* or NULL */
	const struct kept_forward *forward; /* or NULL */
	const struct trouble *args;         /* its arguments; or NULL */
	uint64_t up_ms, next_ms, repeats;
	unsigned link_no; /* 0: none */
	bool removed;     /* the ids are of no use any more */
};
void control_write(struct control *c, const struct control_row *row);

/* control_prompts.c */
void control_prompt_came(struct kept_server *s, const struct event *e);
void control_prompt_went(struct kept_server *s, uint32_t engine);
void control_prompts_drop(struct control *c, const struct kept_server *s);
/* Answers those that ask for that secret of `s`; false: none does. */
bool control_prompts_serve(struct control *c, const struct kept_server *s,
	const char *kind, const char *about, const struct secret *value);

/* control_secrets.c: what is remembered, and kept. */
/* What a question is about, and whose secret answers it. A server on the way
 * to another has its own; what was set ahead for one server is for it alone. */
struct control_wish {
	const char *kind, *about;
	struct kept_server *owner;
	struct kept_server *named; /* may have one of that very name, too */
	bool any; /* the owner's that is for any name will do */
};
/* False: nothing that is not known to be wrong. */
bool control_secret_recall(
	const struct control_wish *wish, struct secret *ret_value);
/* The one that was recalled was not accepted. */
void control_secret_wrong(const struct control_wish *wish);
/* Given to `s`, which asked. */
void control_secret_given(struct kept_server *s,
	const struct control_wish *wish, const struct secret *value, bool keep);
/* The server let us in: what was given is right. */
void control_secrets_accepted(struct kept_server *s);
void control_secrets_refused(struct kept_server *s);
void control_secrets_done(struct kept_server *s);

/* control_stats.c */
void control_stats_came(struct kept_server *s, const struct stats *stats);
void control_stats_active(struct kept_server *s);
void control_stats_ask(struct kept_server *s);
/* It will not answer any more. */
void control_stats_gone(struct kept_server *s);
void control_stats_end(struct control *c); /* control_stop: save all */

/* control_minutes.c */
void control_traffic_add(struct kept_forward *f, uint64_t bytes_in,
	uint64_t bytes_out, uint64_t connections);
void control_traffic_save(struct control *c);

/* control_conns.c */
void control_conns_came(
	struct control *c, struct kept_server *s, struct conns *conns);
void control_conns_gone(struct control *c, const struct kept_server *s);
void control_conns_end(struct control *c);

/* control_tests.c */
void control_tests_started(struct control *c, struct kept_server *s);
void control_tests_stage(struct kept_server *s, const struct event *e);
void control_tests_up(struct kept_server *s);
void control_tests_failed(struct kept_server *s, const struct trouble *why);
uint64_t control_tests_due(const struct control *c); /* monotonic; 0: none */
void control_tests_expire(struct control *c, uint64_t now_ms);
/* They can't go on. */
void control_tests_end(struct control *c);
void control_tests_end_of(struct control *c, const struct kept_server *s);

/* control_timers.c */
/* What is due next has changed. */
void control_timers_plan(struct control *c);

/* control_settings.c */
void control_settings_load(struct control *c);

#endif
