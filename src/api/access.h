/*
 * Who may speak over TCP: sessions of the page (a cookie) and tokens of
 * scripts. Each is 256 random bits that only their holder knows; the store has
 * their SHA-256. A session ends 30 days after its last use, so that a page that
 * was left open goes on after a restart of the daemon.
 *
 * A browser sends a cookie to every port of its host (RFC 6265 §8.5), and so to
 * what forwards bring there. So a cookie alone opens nothing: to it belongs a
 * mark, which the page keeps where only its own origin can read it and sends in
 * a header. The cookie has the installation's name, as other daemons of this
 * machine have theirs in the same jar.
 *
 * Control thread.
 */
#ifndef TAUPE_API_ACCESS_H
#define TAUPE_API_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/trouble.h"
#include "store/store.h"

struct access;

#define ACCESS_PREFIX       "taupe_" /* of a token, of a cookie's name */
#define ACCESS_VALUE        72       /* a token or a cookie's value, with NUL */
#define ACCESS_NAME         15       /* of the cookie, with its NUL */
#define ACCESS_MARK         33       /* with its NUL */
#define ACCESS_SESSION_S    (30 * 86400)
#define ACCESS_SESSIONS_MAX 64
#define ACCESS_TOKENS_MAX   256

enum access_by {
	ACCESS_NOBODY,
	ACCESS_LOCAL, /* the Unix socket's owner */
	ACCESS_SESSION,
	ACCESS_TOKEN,
};

struct access_grant {
	enum access_by by;
	bool write;
	uint32_t id;            /* of the session or token */
	char mark[ACCESS_MARK]; /* that a request of the session has to bear */
};

/* `store` is borrowed. */
int access_new(struct store *store, struct access **ret_access,
	struct trouble *trouble) WARN_UNUSED;
void access_free(struct access *a); /* NULL is fine */

/* "taupe_1f2e3d4c" */
const char *access_cookie(const struct access *a);
/* Of the session whose cookie has that value. */
void access_mark(
	const struct access *a, const char *value, char ret_mark[ACCESS_MARK]);
/* Whether what was granted has not been taken back, nor run out, since. */
bool access_holds(const struct access *a, const struct access_grant *grant);

/* By the headers Authorization, which decides where it stands, and Cookie;
 * each may be NULL. Counts as a use. */
struct access_grant access_find(
	struct access *a, const char *authorization, const char *cookie);

/* Writes the new value to `ret_value`, which the caller wipes. Past
 * ACCESS_SESSIONS_MAX the session that was used least lately goes. `browser`:
 * User-Agent, or NULL. */
int access_add_session(struct access *a, const char *browser,
	char ret_value[ACCESS_VALUE], struct trouble *trouble) WARN_UNUSED;
/* `expires_ms` 0: never. The row lives until the next call. -ERR_CONFLICT: the
 * name is taken; -ERR_LIMIT past ACCESS_TOKENS_MAX. */
int access_add_token(struct access *a, const char *name, bool write,
	uint64_t expires_ms, char ret_value[ACCESS_VALUE],
	const struct store_access **ret_row,
	struct trouble *trouble) WARN_UNUSED;

/* -ERR_NOT_FOUND: there is none of that kind and id. */
int access_remove(struct access *a, enum access_by by, uint32_t id,
	struct trouble *trouble) WARN_UNUSED;
/* All sessions but one (0: none is spared). */
int access_remove_sessions(
	struct access *a, uint32_t spared, struct trouble *trouble) WARN_UNUSED;

typedef void access_row_fn(void *arg, const struct store_access *row);
void access_each_token(const struct access *a, access_row_fn *fn, void *arg);

/* `n` random bytes as 2n hexadecimal digits, with a NUL. */
void access_random(char *ret_text, size_t n);

#endif
