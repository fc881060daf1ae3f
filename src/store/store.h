/*
 * Desired state and history: what people want kept, in one SQLite file.
 *
 * One small interface, so that another database can stand behind it. Values go
 * in and out whole; nothing here knows a link or a socket. What is written has
 * reached the disk when a function returns 0; events, traffic and the times of
 * access may follow a little later (a crash of the process loses none of them,
 * one of the machine the last minute).
 *
 * Every change is one transaction. A failed one leaves the file as it was, and
 * the record that was given: -ERR_STORE with "path" and "detail" (disk full,
 * read-only, damaged). -ERR_CONFLICT: the name is taken ("name").
 * -ERR_NOT_FOUND: no such id, or one that the record names is not there.
 * -ERR_INVALID: a value is out of range ("detail" names the check of
 * store_schema.c; who takes values from people checks them first). `trouble`
 * may be NULL.
 *
 * What is handed to a walk's function lives as long as the call; *_copy takes
 * it along. That function may read the store, but not change it (a secret that
 * it is given may be put anew). Non-zero ends the walk and is returned. Strings
 * that go in are copied; the lists are made with store/store_list.h. Control
 * thread.
 */
#ifndef TAUPE_STORE_STORE_H
#define TAUPE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "tunnel/forward_spec.h"
#include "tunnel/options.h"

struct store;

/* Opens <folder>/taupe.db, making it (0600) where there is none, and brings an
 * older schema up to date: each step in a transaction, after a copy of the file
 * as it was before schema <n> to taupe.db.before-<n>. -ERR_STORE_NEWER
 * ("version"): written by a newer taupe. -ERR_STORE_DAMAGED: not our database,
 * or its checks fail. In both the file is left as it is. The folder exists. */
int store_open(const char *folder, struct store **ret_store,
	struct trouble *trouble) WARN_UNUSED;
void store_close(struct store *s); /* NULL is fine */
const char *store_path(const struct store *s);

/* Several changes as one: all of them, or none after store_rollback or a failed
 * store_commit. A change that fails is undone alone, and the others stand; but
 * when the disk failed, so may those that come after. They do not nest. */
int store_begin(struct store *s, struct trouble *trouble) WARN_UNUSED;
int store_commit(struct store *s, struct trouble *trouble) WARN_UNUSED;
void store_rollback(struct store *s); /* nothing was begun: fine */

/* ---- servers ---- */
enum store_keep {
	STORE_KEEP,    /* keyring or sealed file */
	STORE_SESSION, /* while the daemon runs */
	STORE_NEVER,   /* asked at each start */
	STORE_KEEP_COUNT
};

struct store_server {
	uint32_t id;       /* 0: not stored yet */
	uint32_t revision; /* counts changes; set by the store */
	char *name;        /* 1..64 characters, unique */
	char *host;
	uint16_t port;        /* 0: 22 */
	char *user;           /* NULL: the login name */
	uint32_t jump_server; /* id of another server, or 0 */
	enum store_keep keep_secrets;
	/* "Name=value" for options_set, canonical names, in order: everything
	 * else (IdentityFile, ProxyJump, ProxyCommand, TaupePool, Ciphers,
	 * StrictHostKeyChecking …) */
	struct string_list options;
	char *note;                      /* free text, or NULL */
	uint64_t created_ms, changed_ms; /* wall clock; set by the store */
};
void store_server_done(struct store_server *s);
/* Over whatever `to` held: it is all zero or a struct store_server. */
void store_server_copy(
	struct store_server *to, const struct store_server *from);

/* ---- forwards ---- */
struct store_forward {
	uint32_t id;       /* 0: not stored yet */
	uint32_t revision; /* of what people edit; `wanted` does not count */
	char *name;        /* 1..64 characters, unique */
	uint32_t server;
	/* type, listen, target, reverse_dynamic, bind_left_out, allow, limits,
	 * lazy, idle: as the engine takes it. name and socks_password stay
	 * NULL here (secrets are apart) */
	struct forward_spec spec;
	/* 1..32 characters each; come out sorted and unique */
	struct string_list tags;
	bool autostart;
	uint32_t auto_off_s; /* stopped that long after its start; 0: never */
	int64_t position;    /* people's order; ties by id */
	char *note;
	uint64_t created_ms, changed_ms; /* set by the store */

	/* what a person wants now */
	bool wanted;
	uint64_t wanted_since_ms; /* wall clock of the last start; 0: never */
	char *stopped_boot; /* the boot in which a person stopped it, or NULL */
};
void store_forward_done(struct store_forward *f);
void store_forward_copy(
	struct store_forward *to, const struct store_forward *from);

/* Servers by name (of its bytes), forwards by position. */
typedef int store_server_fn(void *arg, const struct store_server *s);
typedef int store_forward_fn(void *arg, const struct store_forward *f);
int store_each_server(struct store *s, store_server_fn *fn, void *arg,
	struct trouble *trouble) WARN_UNUSED;
int store_each_forward(struct store *s, store_forward_fn *fn, void *arg,
	struct trouble *trouble) WARN_UNUSED;

/* Inserts (id 0: set, with revision 1 and the times) or replaces all of it
 * (revision and changed_ms go on, created_ms stays). An id is never given
 * twice. */
int store_put_server(struct store *s, struct store_server *server,
	struct trouble *trouble) WARN_UNUSED;
int store_put_forward(struct store *s, struct store_forward *forward,
	struct trouble *trouble) WARN_UNUSED;
/* With its secrets; its events stay, without it. -ERR_IN_USE: forwards or other
 * servers are on it ("name", and theirs as "detail"). */
int store_remove_server(
	struct store *s, uint32_t id, struct trouble *trouble) WARN_UNUSED;
/* With its secrets and traffic; its events stay, without it. */
int store_remove_forward(
	struct store *s, uint32_t id, struct trouble *trouble) WARN_UNUSED;
/* Only wanted, wanted_since_ms and stopped_boot. */
int store_set_wanted(struct store *s, uint32_t forward, bool wanted,
	uint64_t since_ms, const char *stopped_boot,
	struct trouble *trouble) WARN_UNUSED;

/* ---- secrets: sealed bytes, opened elsewhere (daemon/vault.h) ---- */
/* `owner`: "server:<id>" or "forward:<id>", which is there; `kind`:
 * prompt_kind_name or "socks"; `about`: what the question was about. 1..65536
 * bytes. Replaces. */
int store_put_secret(struct store *s, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n,
	struct trouble *trouble) WARN_UNUSED;
typedef int store_secret_fn(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n);
int store_each_secret(struct store *s, store_secret_fn *fn, void *arg,
	struct trouble *trouble) WARN_UNUSED;
/* `kind`, `about` NULL: all of the owner's. What is not there is no error. */
int store_remove_secret(struct store *s, const char *owner, const char *kind,
	const char *about, struct trouble *trouble) WARN_UNUSED;
/* All there are, of everybody. */
int store_forget_secrets(struct store *s, struct trouble *trouble) WARN_UNUSED;

/* ---- history ---- */
struct store_event {
	uint64_t id;              /* grows; set by the store */
	uint64_t at_ms;           /* wall clock */
	uint32_t server, forward; /* 0: none */
	const char
		*kind; /* "state", "target", "notice", "banner", "change" … */
	const char *level; /* "info", "warning", "error" */
	const char *state; /* a tunnel_state_name, or NULL */
	const char *code;  /* an err_name, a notice's catalogue key, or NULL */
	const char *data;  /* a JSON object: names, trouble's arguments; NULL
			    * goes in for an empty one */
};
struct store_event_filter {
	uint64_t before_id;              /* 0: from the newest */
	uint64_t after_id;               /* only newer ones; 0: all */
	uint64_t since_ms, until_ms;     /* both included; 0: no bound */
	uint32_t server, forward;        /* 0: any */
	const char *kind, *level, *code; /* NULL: any */
	unsigned limit;                  /* 1..1000 */
};
typedef int store_event_fn(void *arg, const struct store_event *e);
/* Appends; the oldest past STORE_EVENTS_MAX go. A server or forward that is
 * gone is left out. */
#define STORE_EVENTS_MAX 50000
int store_add_event(struct store *s, struct store_event *event,
	struct trouble *trouble) WARN_UNUSED;
/* Newest first. */
int store_each_event(struct store *s, const struct store_event_filter *filter,
	store_event_fn *fn, void *arg, struct trouble *trouble) WARN_UNUSED;

/* Traffic of a forward, added up by hour and by day (UTC). Hours older than 32
 * days and days older than 3 years go. */
struct store_traffic {
	uint64_t start_ms; /* of the hour or day; when added: any time in it */
	uint64_t bytes_in, bytes_out, connections;
};
int store_add_traffic(struct store *s, uint32_t forward,
	const struct store_traffic *add, struct trouble *trouble) WARN_UNUSED;
typedef int store_traffic_fn(void *arg, const struct store_traffic *t);
/* Oldest first, from the hour or day that holds `since_ms`. */
int store_each_traffic(struct store *s, uint32_t forward, bool by_day,
	uint64_t since_ms, store_traffic_fn *fn, void *arg,
	struct trouble *trouble) WARN_UNUSED;

/* ---- settings: small texts by name ---- */
/* ret_value: malloc'ed, or NULL when it is not set. */
int store_get_setting(struct store *s, const char *name, char **ret_value,
	struct trouble *trouble) WARN_UNUSED;
/* `value` NULL: removes it. */
int store_set_setting(struct store *s, const char *name, const char *value,
	struct trouble *trouble) WARN_UNUSED;

/* ---- access: API tokens and the page's sessions, as hashes only ---- */
#define STORE_HASH 32 /* bytes of SHA-256 */
struct store_access {
	uint32_t id;
	const char *kind;  /* "token" or "session" */
	const char *name;  /* a token's name; what browser a session is */
	const char *scope; /* "read" or "write" */
	uint8_t hash[STORE_HASH];
	uint64_t created_ms, used_ms, expires_ms; /* expires 0: never */
};
int store_add_access(struct store *s, struct store_access *access,
	struct trouble *trouble) WARN_UNUSED;
typedef int store_access_fn(void *arg, const struct store_access *access);
int store_each_access(struct store *s, store_access_fn *fn, void *arg,
	struct trouble *trouble) WARN_UNUSED;
int store_touch_access(struct store *s, uint32_t id, uint64_t used_ms,
	uint64_t expires_ms, struct trouble *trouble) WARN_UNUSED;
int store_remove_access(
	struct store *s, uint32_t id, struct trouble *trouble) WARN_UNUSED;

#endif
