/*
 * The control plane: what is wanted (the store) against what is (the workers).
 *
 * It keeps every server and forward in memory, writes each change to the store
 * before it counts, tells the workers what to do, takes their events in, and
 * tells observers. What a person started stays wanted until a person stops it:
 * through lost links, a reboot of the server, a crash of the daemon. On start,
 * forwards that were wanted are started, and those with `autostart` unless a
 * person stopped them since this machine booted (store_forward.stopped_boot).
 *
 * Servers are spread over the workers; a server is given to its worker with its
 * first wanted forward and taken away after the last (or a test). Every state
 * change goes through one setter: table, log, stamp, history, observers.
 *
 * Control thread only. Observers are called from inside of functions here and
 * from the loop; they may read, and must not change anything before they have
 * returned. Pointers to views live until the next call that changes something.
 */
#ifndef TAUPE_DAEMON_CONTROL_H
#define TAUPE_DAEMON_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/catalog.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/prompt.h"
#include "store/store.h"
#include "tunnel/event.h"

struct control;
struct vault;

/* ---- views ---- */
struct control_server {
	struct store_server want;
	enum tunnel_state state;
	uint64_t since_ms;       /* wall clock, of the state */
	struct trouble trouble;  /* error, reconnecting; else ERR_OK */
	uint64_t next_try_at_ms; /* wall clock; 0: none is planned */
	uint32_t n_forwards, n_wanted;
	/* as of the last stats; zero and empty while nothing is up */
	uint32_t n_links;
	struct stats_link link[STATS_LINKS_MAX];
	uint32_t rtt_us;
	char cipher[64], kex[64], host_key[64], server_version[128];
};

struct control_forward {
	struct store_forward want;
	bool has_socks_password;
	enum tunnel_state state;
	bool standby;
	uint64_t since_ms;
	struct trouble trouble;
	uint64_t next_try_at_ms;
	uint64_t auto_off_at_ms;    /* wall clock; 0: none */
	char listen[ENDPOINT_TEXT]; /* where it listens now; "" */
	uint16_t bound_port;
	struct trouble target; /* the last failure of a destination */
	uint64_t target_at_ms;
	/* since its last start; the rates are of the last second */
	uint32_t connections;
	uint64_t connections_total, bytes_in, bytes_out, rate_in, rate_out;
	uint32_t reconnects; /* times that it came back by itself */
};

struct control_prompt {
	uint32_t id; /* never used twice in a process */
	uint32_t server;
	const struct prompt *prompt;
	struct trouble about; /* host key: "host", "type", "fingerprint" … */
	uint64_t since_ms;
};

enum control_step {
	CONTROL_STEP_WAITING,
	CONTROL_STEP_RUNNING,
	CONTROL_STEP_OK,
	CONTROL_STEP_FAILED,
	CONTROL_STEP_SKIPPED, /* a step before it failed */
	CONTROL_STEP_COUNT
};
const char *control_step_name(enum control_step step);

struct control_test {
	uint32_t id;
	uint32_t server, forward; /* forward 0: of a server */
	bool done, ok;
	struct {
		enum control_step step;
		uint64_t ms;
		char detail[256];
		struct trouble trouble;
	} stage[STAGE_COUNT];
	unsigned n_stages; /* a server's test has those up to auth */
};

/* All may be NULL. Nothing is called for what an observer itself asks. */
struct control_observer {
	void (*server)(void *arg, const struct control_server *s);
	void (*server_removed)(void *arg, uint32_t id);
	void (*forward)(void *arg, const struct control_forward *f);
	void (*forward_removed)(void *arg, uint32_t id);
	/* New numbers; `f` those that changed. About once a second, while
	 * somebody watches (control_watch) and something flows */
	void (*traffic)(
		void *arg, const struct control_forward *const *f, size_t n);
	void (*event)(void *arg, const struct store_event *e);
	void (*prompt)(void *arg, const struct control_prompt *p);
	void (*prompt_gone)(void *arg, uint32_t id);
	void (*test)(void *arg, const struct control_test *t);
	void (*settings)(void *arg);
};

/* ---- life ---- */
struct control_config {
	uv_loop_t *loop;
	struct store *store; /* borrowed */
	struct vault *vault; /* borrowed */
	unsigned workers;    /* 0: as many as processors, at most 4 */
};
/* Loads everything and starts what is wanted. */
int control_new(const struct control_config *config,
	struct control **ret_control, struct trouble *trouble) WARN_UNUSED;
/* Stops all links in order; `on_stopped` comes from the loop. What was wanted
 * stays wanted. */
void control_stop(struct control *c, void (*on_stopped)(void *arg), void *arg);
/* After on_stopped; the loop turns once more. False as worker_free. */
bool control_free(struct control *c);

void control_observe(
	struct control *c, const struct control_observer *o, void *arg);
void control_forget(
	struct control *c, const struct control_observer *o, void *arg);
/* Somebody looks at the numbers now (+1) or no longer (-1): they are asked for
 * once a second only then. */
void control_watch(struct control *c, int change);
/* Numbers of now: on_fresh is called when they are in, or after
 * 250 ms anyway; at once when nothing is up. control_refresh_cancel by the same
 * arg calls it off. */
void control_refresh(struct control *c, void (*on_fresh)(void *arg), void *arg);
void control_refresh_cancel(struct control *c, void *arg);
/* The time of day was set: what is due by it may be so now. */
void control_clock_set(struct control *c);
/* Sleep or a network change: probes every link. */
void control_probe(struct control *c, const char *notice_key);

/* ---- reading ---- */
/* In people's order. Arrays and rows belong to the control. */
const struct control_server *const *control_servers(
	const struct control *c, size_t *ret_n);
const struct control_forward *const *control_forwards(
	const struct control *c, size_t *ret_n);
const struct control_server *control_server(
	const struct control *c, uint32_t id); /* or NULL */
const struct control_forward *control_forward(
	const struct control *c, uint32_t id);
const struct control_server *control_server_named(
	const struct control *c, const char *name);
const struct control_forward *control_forward_named(
	const struct control *c, const char *name);
/* "password" about "me@vps" … of the server's stored secrets. */
typedef void control_secret_fn(void *arg, const char *kind, const char *about);
void control_each_secret(const struct control *c, uint32_t server,
	control_secret_fn *fn, void *arg);
struct store *control_store(const struct control *c);
struct vault *control_vault(const struct control *c);
/* The options that the engine gets for a server: stored ones over defaults. */
void control_server_options(const struct control *c,
	const struct store_server *server, struct options *ret_options);

/* ---- what was typed, field by field ---- */
#define CONTROL_FIELDS_MAX 16
struct control_fields {
	unsigned n;
	struct {
		const char *field; /* the API's name of it: a literal */
		struct trouble trouble;
	} item[CONTROL_FIELDS_MAX];
};
/* Past the maximum it is dropped; the first of a field counts. */
void control_fields_add(struct control_fields *fields, const char *field,
	const struct trouble *trouble);
/* The rules of product.md: names (1..64 characters, no control characters,
 * unique, not all digits), ports, hosts, options, jump loops, tags. Adds what
 * is wrong; true: nothing is. `id` 0 in the record: a new one. */
bool control_check_server(const struct control *c,
	const struct store_server *server, struct control_fields *fields);
bool control_check_forward(const struct control *c,
	const struct store_forward *forward, struct control_fields *fields);
/* Whether the local port could be bound now: ERR_OK, or ERR_PORT_IN_USE with
 * holder and next. */
void control_check_port(const struct control *c,
	const struct store_forward *forward, struct trouble *ret_trouble);

/* Beyond what anybody has a use for: a script gone wild is stopped before the
 * disk and the memory are full. Then -ERR_LIMIT. */
#define CONTROL_SERVERS_MAX  5000
#define CONTROL_FORWARDS_MAX 10000

/* ---- changes: 0, or the trouble's -code ---- */
#define CONTROL_STOP  1u /* stop first what runs (else ERR_RUNNING) */
#define CONTROL_START 2u /* start afterwards */
/* Checks, stores, tells. `if_revision` 0: any. On -ERR_INVALID `fields` says
 * more. ret_id may be NULL. */
int control_put_server(struct control *c, const struct store_server *server,
	uint32_t if_revision, unsigned flags, struct control_fields *fields,
	uint32_t *ret_id, struct trouble *trouble) WARN_UNUSED;
/* `socks_password` NULL: as it was; "": none. */
int control_put_forward(struct control *c, const struct store_forward *forward,
	const struct secret *socks_password, uint32_t if_revision,
	unsigned flags, struct control_fields *fields, uint32_t *ret_id,
	struct trouble *trouble) WARN_UNUSED;
/* `with_forwards`: takes along the forwards that are on it. */
int control_remove_server(struct control *c, uint32_t id, uint32_t if_revision,
	unsigned flags, bool with_forwards,
	struct trouble *trouble) WARN_UNUSED;
int control_remove_forward(struct control *c, uint32_t id, uint32_t if_revision,
	unsigned flags, struct trouble *trouble) WARN_UNUSED;

/* Many new ones: all of them, or none. Each has passed control_check_server or
 * control_check_forward as far as it does not name another of the list: `via`
 * and `on` are 1 + the place in `servers` of the one that it is reached through
 * (before it) or that it is on; 0: as the record says. Then put.id is set. */
struct control_new_server {
	const struct store_server *server;
	size_t via;
	struct store_server put; /* borrows from `server` */
};
struct control_new_forward {
	const struct store_forward *forward;
	size_t on;
	struct store_forward put; /* borrows from `forward` */
};
int control_add_all(struct control *c, struct control_new_server *servers,
	size_t n_servers, struct control_new_forward *forwards,
	size_t n_forwards, struct trouble *trouble) WARN_UNUSED;

enum control_action { CONTROL_UP, CONTROL_DOWN, CONTROL_RESTART };
/* All in one transaction. UP of one that is in error tries again now. */
int control_act(struct control *c, enum control_action action,
	const uint32_t *forwards, size_t n,
	struct trouble *trouble) WARN_UNUSED;
/* Drops the server's links and connects anew without a pause. */
int control_reconnect(struct control *c, uint32_t server,
	struct trouble *trouble) WARN_UNUSED;

/* ---- prompts ---- */
const struct control_prompt *const *control_prompts(
	const struct control *c, size_t *ret_n);
/* `keep`: put into the vault when the server takes the answer (as far as the
 * server's keep_secrets lets). -ERR_NOT_FOUND: nobody waits any more. NULL
 * answers: cancelled. */
int control_answer(struct control *c, uint32_t prompt,
	const struct secret *answers, size_t n, bool keep,
	struct trouble *trouble) WARN_UNUSED;
/* Set ahead, before anything asks. `about` NULL: any. */
int control_put_secret(struct control *c, uint32_t server, const char *kind,
	const char *about, const struct secret *value,
	struct trouble *trouble) WARN_UNUSED;
/* The vault was unlocked, or is kept another way: what waited for it goes on.
 */
void control_vault_opened(struct control *c);
/* Forgets all secrets, of servers and forwards; a vault that was locked is open
 * then. */
int control_reset_secrets(
	struct control *c, struct trouble *trouble) WARN_UNUSED;
/* NULLs: any. */
int control_forget_secrets(struct control *c, uint32_t server, const char *kind,
	const char *about, struct trouble *trouble) WARN_UNUSED;

/* ---- connections ---- */
/* `conns` belongs to the call; forward_id in it is the stored forward's. Once;
 * NULL: that server is not up. forward 0: of all; then once for each server
 * that is up, `last` with the last. At once, from inside control_list_conns,
 * when nothing is up. The process of a client: client_process.h. */
typedef void control_conns_fn(void *arg, const struct conns *conns, bool last);
void control_list_conns(
	struct control *c, uint32_t forward, control_conns_fn *fn, void *arg);
void control_list_cancel(struct control *c, void *arg);
int control_kill_conn(struct control *c, uint64_t conn_id,
	struct trouble *trouble) WARN_UNUSED;

/* ---- tests ---- */
/* forward 0: of the server. */
int control_test_start(struct control *c, uint32_t server, uint32_t forward,
	uint32_t *ret_id, struct trouble *trouble) WARN_UNUSED;
const struct control_test *control_test(const struct control *c, uint32_t id);
void control_test_cancel(struct control *c, uint32_t id);

/* ---- settings ---- */
/* store_set_setting, then tells observers; known names only. */
int control_set_setting(struct control *c, const char *name, const char *value,
	struct trouble *trouble) WARN_UNUSED;

/* ---- history ---- */
/* A store_event's data is {"server": name, "forward": name, "args": {…}}, each
 * where there is one: names stay readable when what they named is gone. What
 * its columns say, by kind:
 *   state   `state`; `code` an err_name, "event.standby" (listens, goes
 *           without a link) or NULL; args the trouble's, and
 *           "up_ms" (lost after), "next_ms" (next try), "repeats"
 *   link    `state` connected or disconnected; code and args as above, "no"
 *   target  code and args: the trouble's
 *   notice  code: a catalogue key ("notice.…"), args
 *   banner  code "event.banner", args.text: the server's words
 *   prompt  code "event.asks_<prompt_kind_name>", args.about
 *   change  code "event.forward_added" …, args: what was done
 *   daemon  code "event.daemon_started", "event.daemon_stopped"
 * control_event_text makes it one sentence; as snprintf. */
size_t control_event_text(const struct store_event *event, enum lang lang,
	char *ret_text, size_t size);
/* Adds to the history and tells observers. `at_ms` 0: now. `data` is a JSON
 * object's text; NULL: {}. Its id is set. */
void control_log(struct control *c, struct store_event *event);

/* Bytes of the last 60 minutes of a forward, a row a minute, oldest first. */
size_t control_minutes(const struct control *c, uint32_t forward,
	struct store_traffic *ret_rows, size_t max);
/* What the store has not been given yet, as of `start_ms` (0: nothing). */
struct store_traffic control_unsaved(const struct control *c, uint32_t forward);

#endif
