/*
 * known_hosts, as OpenSSH reads and writes it: sshd(8), SSH_KNOWN_HOSTS FILE
 * FORMAT. Hashed names, wildcards and negation, [host]:port, several keys a
 * host, @cert-authority, @revoked.
 *
 * A struct known_hosts is a snapshot of one or more files; keys are parsed when
 * first looked at. Files are small; loading and writing block for as long as
 * the disk does, or another writer of ours (at most a second). One thread at a
 * time.
 */
#ifndef TAUPE_SSH_KNOWN_HOSTS_H
#define TAUPE_SSH_KNOWN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"
#include "base/trouble.h"
#include "ssh/pubkey.h"

struct known_hosts;

struct known_hosts *known_hosts_new(void);
void known_hosts_free(struct known_hosts *kh);

/* Adds a file's entries. A missing file is no error. Lines that can't be parsed
 * are skipped, as OpenSSH does. -ERR_FILE when it exists and can't be read;
 * files over 16 MiB and lines over 64 KiB are refused or skipped. */
int known_hosts_load(struct known_hosts *kh, const char *path,
	struct trouble *trouble) WARN_UNUSED;
/* The same from memory; `path` is only for the answers. */
void known_hosts_parse(
	struct known_hosts *kh, struct slice text, const char *path);

/* The name that OpenSSH records: "host" for port 22, "[host]:port" otherwise,
 * lower case. malloc'ed. */
char *known_hosts_name(const char *host, uint16_t port);

enum known_hosts_verdict {
	KNOWN_HOSTS_UNKNOWN, /* no entry for the host, of any type */
	KNOWN_HOSTS_MATCH,   /* this key (or its CA) is recorded */
	KNOWN_HOSTS_CHANGED, /* the host has entries, this key is not one */
	KNOWN_HOSTS_REVOKED,
};

struct known_hosts_answer {
	enum known_hosts_verdict verdict;
	/* CHANGED: the recorded key, of the same type where there is one.
	 * MATCH, REVOKED: the entry. Borrowed from the known_hosts. */
	const char *path;
	unsigned line;
	const struct pubkey *recorded; /* NULL when UNKNOWN */
	bool via_authority;            /* MATCH through @cert-authority */
};

/* Looks `key` up for the recorded `name` (known_hosts_name). For a certificate
 * the CA's key is looked up among @cert-authority entries (the certificate's
 * own validity is checked elsewhere: pubkey_cert_check_host); where no
 * authority is recorded the plain key decides. A key of a type that is not
 * recorded, on a host that has other types, is CHANGED as in OpenSSH. @revoked
 * wins over all. ssh also takes a key that is recorded for the plain host when
 * "[host]:port" is UNKNOWN: that second look is the caller's. */
void known_hosts_check(const struct known_hosts *kh, const char *name,
	const struct pubkey *key, struct known_hosts_answer *ret_answer);

/* Puts the algorithms of recorded keys first in `defaults` (comma-separated),
 * so that the server offers a key that we can check; certificate algorithms
 * stay first only where an authority is recorded for the name. malloc'ed. */
char *known_hosts_order_algs(
	const struct known_hosts *kh, const char *name, const char *defaults);

/* Appends one line for `name` and `key` to `path` in one write, creating folder
 * (0700) and file (0600) as ssh does, adding a missing newline before it.
 * `hashed` writes |1|salt|hash. A certificate is recorded as the key in it.
 * -ERR_FILE; -ERR_INVALID: a name that would be read as a pattern or marker. */
int known_hosts_append(const char *path, const char *name,
	const struct pubkey *key, bool hashed,
	struct trouble *trouble) WARN_UNUSED;

/* UpdateHostKeys: in `path`, removes the plain (no marker, no wildcard) lines
 * of exactly `name` whose key is not in `keys`, and adds the missing ones;
 * comments, other hosts and the order stay. Written beside and renamed over,
 * mode kept; untouched when nothing changes, or when it is /dev/null. Errors as
 * for known_hosts_append; the counts are then not set. */
int known_hosts_update(const char *path, const char *name,
	const struct pubkey *const *keys, size_t n_keys, bool hashed,
	unsigned *ret_added, unsigned *ret_removed,
	struct trouble *trouble) WARN_UNUSED;

/* One line of a file, for people to look at. Borrowed until the next call. */
struct known_hosts_entry {
	const char *path;
	unsigned line;      /* from 1 */
	const char *marker; /* "", "@cert-authority", "@revoked" */
	const char *names;  /* as written; hashed ones as "|1|…" */
	bool hashed;
	const struct pubkey *key;
	const char *comment; /* "" when there is none */
};
/* Walks what was loaded, in order; lines that can't be parsed are left out. */
typedef void known_hosts_entry_fn(
	void *arg, const struct known_hosts_entry *entry);
void known_hosts_each(
	struct known_hosts *kh, known_hosts_entry_fn *fn, void *arg);
/* Whether the entry is for `name` (known_hosts_name), hashed or not. */
bool known_hosts_entry_is_for(
	const struct known_hosts_entry *entry, const char *name);

/* Removes one line of `path`, which must still hold the key with that
 * fingerprint ("SHA256:…"); else -ERR_NOT_FOUND. Written beside and renamed
 * over; the rest stays byte by byte. */
int known_hosts_remove(const char *path, unsigned line, const char *fingerprint,
	struct trouble *trouble) WARN_UNUSED;

#endif
