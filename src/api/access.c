#include "api/access.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"

#define RANDOM_BYTES 32
/* The installation's secret: the cookie's name comes of its first digits, marks
 * of the rest. */
#define SETTING     "page_secret"
#define NAME_DIGITS 8
/* A use is written down that often: the disk is not for counting requests. */
#define TOUCH_SESSION_MS (60 * 60 * 1000)
#define TOUCH_TOKEN_MS   (60 * 1000)

struct entry {
	struct store_access row; /* `name` is this entry's own */
	enum access_by by;
	uint64_t stored_ms; /* of the use that the store knows */
};

struct access {
	struct store *store;
	char secret[2 * RANDOM_BYTES + 1];
	char cookie[ACCESS_NAME];
	struct entry *entry;
	size_t n;
};

static const char *kind_name(enum access_by by)
{
	return by == ACCESS_TOKEN ? "token" : "session";
}

static void append(
	struct access *a, const struct store_access *row, enum access_by by)
{
	struct entry *e;

	a->entry = mem_realloc(a->entry, a->n + 1, sizeof(*a->entry));
	e = &a->entry[a->n++];
	e->row = *row;
	e->row.kind = kind_name(by);
	e->row.scope = strcmp(row->scope, "write") == 0 ? "write" : "read";
	e->row.name = mem_strdup(row->name != NULL ? row->name : "");
	e->by = by;
	e->stored_ms = row->used_ms;
}

static void forget(struct access *a, struct entry *e)
{
	free((char *)e->row.name);
	*e = a->entry[--a->n];
}

static int load(void *arg, const struct store_access *row)
{
	append(arg, row,
		strcmp(row->kind, "token") == 0 ? ACCESS_TOKEN
						: ACCESS_SESSION);
	return 0;
}

static int load_secret(struct access *a, struct trouble *trouble)
{
	char *kept = NULL;
	int err = store_get_setting(a->store, SETTING, &kept, trouble);

	if (err == 0 && kept != NULL && strlen(kept) == 2 * RANDOM_BYTES) {
		memcpy(a->secret, kept, sizeof(a->secret));
	} else if (err == 0) {
		access_random(a->secret, RANDOM_BYTES);
		err = store_set_setting(a->store, SETTING, a->secret, trouble);
	}
	if (kept != NULL)
		secret_wipe(kept, strlen(kept));
	free(kept);
	snprintf(a->cookie, sizeof(a->cookie), ACCESS_PREFIX "%.*s",
		NAME_DIGITS, a->secret);
	return err;
}

int access_new(struct store *store, struct access **ret_access,
	struct trouble *trouble)
{
	struct access *a = mem_zalloc(1, sizeof(*a));
	int err;

	a->store = store;
	err = load_secret(a, trouble);
	if (err == 0)
		err = store_each_access(store, load, a, trouble);
	if (err != 0) {
		access_free(a);
		return err;
	}
	*ret_access = a;
	return 0;
}

void access_free(struct access *a)
{
	if (a == NULL)
		return;
	while (a->n > 0)
		forget(a, &a->entry[a->n - 1]);
	free(a->entry);
	secret_wipe(a->secret, sizeof(a->secret));
	free(a);
}

static void put_hex(char *ret_text, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}

void access_random(char *ret_text, size_t n)
{
	uint8_t bytes[RANDOM_BYTES];

	if (n > sizeof(bytes) || RAND_bytes(bytes, (int)n) != 1)
		abort(); /* a machine without random numbers has no secrets */
	put_hex(ret_text, bytes, n);
	secret_wipe(bytes, sizeof(bytes));
}

const char *access_cookie(const struct access *a)
{
	return a->cookie;
}

static void make_mark(const struct access *a, const char *value, size_t n,
	char ret_mark[ACCESS_MARK])
{
	const char *key = a->secret + NAME_DIGITS;
	uint8_t mac[EVP_MAX_MD_SIZE];
	size_t len;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, strlen(key),
		    (const uint8_t *)value, n, mac, sizeof(mac), &len) == NULL)
		abort();
	put_hex(ret_mark, mac, (ACCESS_MARK - 1) / 2);
	secret_wipe(mac, sizeof(mac));
}

void access_mark(
	const struct access *a, const char *value, char ret_mark[ACCESS_MARK])
{
	make_mark(a, value, strlen(value), ret_mark);
}

static void hash(const char *value, size_t n, uint8_t ret_hash[STORE_HASH])
{
	if (EVP_Digest(value, n, ret_hash, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

/* ---- finding ---- */

/* A use of an expired one is none; it goes for good at the next start. */
static bool is_over(const struct entry *e, uint64_t now)
{
	return e->row.expires_ms != 0 && e->row.expires_ms <= now;
}

static void touch(struct access *a, struct entry *e, uint64_t now)
{
	bool session = e->by == ACCESS_SESSION;
	struct trouble trouble;
	char text[512];

	e->row.used_ms = now;
	if (session)
		e->row.expires_ms = now + ACCESS_SESSION_S * 1000ull;
	if (now - e->stored_ms < (session ? TOUCH_SESSION_MS : TOUCH_TOKEN_MS))
		return;
	e->stored_ms = now;
	/* Whoever is in stays in: this is only the stamp. */
	if (store_touch_access(a->store, e->row.id, now, e->row.expires_ms,
		    &trouble) != 0) {
		trouble_text(&trouble, text, sizeof(text));
		log_warn("access %u: %s", e->row.id, text);
	}
}

/* All hashes are looked at, each in constant time. */
static struct access_grant find(
	struct access *a, enum access_by by, const char *value, size_t n)
{
	struct access_grant grant = {0};
	struct entry *found = NULL;
	uint64_t now = clock_wall_ms();
	uint8_t h[STORE_HASH];

	hash(value, n, h);
	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].by == by &&
			CRYPTO_memcmp(a->entry[i].row.hash, h, sizeof(h)) == 0)
			found = &a->entry[i];
	if (found == NULL || is_over(found, now))
		return grant;
	touch(a, found, now);
	grant.by = by;
	grant.write = strcmp(found->row.scope, "write") == 0;
	grant.id = found->row.id;
	return grant;
}

static struct access_grant find_cookie(struct access *a, const char *cookie)
{
	struct access_grant grant = {0};
	const size_t name = strlen(a->cookie);

	while (grant.by == ACCESS_NOBODY && *cookie != '\0') {
		size_t n;

		cookie += strspn(cookie, "; ");
		n = strcspn(cookie, "; ");
		if (n > name && strncmp(cookie, a->cookie, name) == 0 &&
			cookie[name] == '=') {
			cookie += name + 1;
			n -= name + 1;
			grant = find(a, ACCESS_SESSION, cookie, n);
			make_mark(a, cookie, n, grant.mark);
		}
		cookie += n;
	}
	return grant;
}

bool access_holds(const struct access *a, const struct access_grant *grant)
{
	uint64_t now = clock_wall_ms();

	if (grant->by == ACCESS_LOCAL)
		return true;
	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].by == grant->by &&
			a->entry[i].row.id == grant->id)
			return !is_over(&a->entry[i], now);
	return false;
}

struct access_grant access_find(
	struct access *a, const char *authorization, const char *cookie)
{
	if (authorization != NULL) {
		if (strncasecmp(authorization, "Bearer ", 7) != 0)
			return (struct access_grant){0};
		return find(a, ACCESS_TOKEN, authorization + 7,
			strlen(authorization + 7));
	}
	if (cookie != NULL)
		return find_cookie(a, cookie);
	return (struct access_grant){0};
}

/* ---- making ---- */

static int add(struct access *a, enum access_by by, struct store_access *row,
	char ret_value[ACCESS_VALUE], struct trouble *trouble)
{
	int n = snprintf(ret_value, ACCESS_VALUE, "%s",
		by == ACCESS_TOKEN ? ACCESS_PREFIX : "");
	int err;

	access_random(ret_value + n, RANDOM_BYTES);
	hash(ret_value, strlen(ret_value), row->hash);
	row->kind = kind_name(by);
	row->created_ms = row->used_ms = clock_wall_ms();
	if (by == ACCESS_TOKEN)
		row->used_ms = 0;
	err = store_add_access(a->store, row, trouble);
	if (err != 0)
		secret_wipe(ret_value, ACCESS_VALUE);
	else
		append(a, row, by);
	return err;
}

static size_t count(const struct access *a, enum access_by by)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->entry[i].by == by;
	return n;
}

static int remove_entry(
	struct access *a, struct entry *e, struct trouble *trouble)
{
	int err = store_remove_access(a->store, e->row.id, trouble);

	if (err == 0 || err == -ERR_NOT_FOUND)
		forget(a, e);
	return err;
}

static int make_room(struct access *a, struct trouble *trouble)
{
	struct entry *last = NULL;

	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].by == ACCESS_SESSION &&
			(last == NULL ||
				a->entry[i].row.used_ms < last->row.used_ms))
			last = &a->entry[i];
	if (last == NULL || count(a, ACCESS_SESSION) < ACCESS_SESSIONS_MAX)
		return 0;
	return remove_entry(a, last, trouble);
}

int access_add_session(struct access *a, const char *browser,
	char ret_value[ACCESS_VALUE], struct trouble *trouble)
{
	char name[256];
	struct store_access row = {.name = name, .scope = "write"};
	int err = make_room(a, trouble);

	if (err != 0)
		return err;
	if (browser == NULL)
		browser = "";
	clean_line(name, sizeof(name), browser, strlen(browser));
	row.expires_ms = clock_wall_ms() + ACCESS_SESSION_S * 1000ull;
	return add(a, ACCESS_SESSION, &row, ret_value, trouble);
}

int access_add_token(struct access *a, const char *name, bool write,
	uint64_t expires_ms, char ret_value[ACCESS_VALUE],
	const struct store_access **ret_row, struct trouble *trouble)
{
	struct store_access row = {.name = name,
		.scope = write ? "write" : "read",
		.expires_ms = expires_ms};
	int err;

	if (count(a, ACCESS_TOKEN) >= ACCESS_TOKENS_MAX)
		return trouble_say(trouble, ERR_LIMIT, "too many tokens");
	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].by == ACCESS_TOKEN &&
			strcmp(a->entry[i].row.name, name) == 0) {
			trouble_set(trouble, ERR_CONFLICT);
			trouble_arg(trouble, "name", "%s", name);
			return -ERR_CONFLICT;
		}
	err = add(a, ACCESS_TOKEN, &row, ret_value, trouble);
	if (err == 0)
		*ret_row = &a->entry[a->n - 1].row;
	return err;
}

int access_remove(struct access *a, enum access_by by, uint32_t id,
	struct trouble *trouble)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].by == by && a->entry[i].row.id == id)
			return remove_entry(a, &a->entry[i], trouble);
	return trouble_say(trouble, ERR_NOT_FOUND, "%u", id);
}

int access_remove_sessions(
	struct access *a, uint32_t spared, struct trouble *trouble)
{
	int err = 0;

	for (size_t i = a->n; i > 0 && err == 0; i--)
		if (a->entry[i - 1].by == ACCESS_SESSION &&
			a->entry[i - 1].row.id != spared)
			err = remove_entry(a, &a->entry[i - 1], trouble);
	return err;
}

void access_each_token(const struct access *a, access_row_fn *fn, void *arg)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->entry[i].by == ACCESS_TOKEN)
			fn(arg, &a->entry[i].row);
}
