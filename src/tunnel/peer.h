/*
 * What all links to one host have in common: how it is reached, its host key
 * once accepted, the secrets that it accepted, what known_hosts says of it.
 */
#ifndef TAUPE_TUNNEL_PEER_H
#define TAUPE_TUNNEL_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/known_hosts.h"
#include "ssh/pubkey.h"
#include "tunnel/options.h"
#include "tunnel/worker.h"

struct peer {
	const struct server_config *config; /* the server's copy */
	char *name;                         /* what people call it */
	char *host;                         /* where to connect */
	uint16_t port;
	char *user;
	char *recorded_name; /* in known_hosts: known_hosts_name() */
	struct buf accepted; /* blob of the accepted host key, or empty */
	struct secret password, passphrase;
	bool troubles_told; /* those of its identities */
};

/* 0, or the trouble that makes the configuration useless. */
int peer_init(struct peer *p, const struct server_config *config,
	struct trouble *trouble) WARN_UNUSED;
void peer_done(struct peer *p);

/* The tokens of options_expand for this peer; borrowed. */
struct option_tokens peer_tokens(const struct peer *p);

/* Reads the known_hosts files of its options. Never NULL. */
struct known_hosts *peer_load_known_hosts(const struct peer *p);

enum peer_verdict {
	PEER_ACCEPT,
	PEER_ASK,    /* unknown: a person must say yes */
	PEER_REFUSE, /* `trouble` says why */
};

/* Judges the key that the server proved. PEER_ACCEPT records it where the
 * policy says so; `ret_notice` (a catalogue key or NULL) tells what was done.
 * With PEER_REFUSE and PEER_ASK `trouble` is filled. A changed key is refused,
 * whatever the policy. */
enum peer_verdict peer_judge(struct peer *p, const struct known_hosts *kh,
	const struct pubkey *key, struct trouble *trouble,
	const char **ret_notice);
/* A person said yes (or the policy did): remembers and records it. `ret_notice`
 * (a catalogue key, with `trouble` filled) tells what became of the record. */
void peer_accept(struct peer *p, const struct pubkey *key,
	struct trouble *trouble, const char **ret_notice);
/* UpdateHostKeys: writes what the server proved into the first user file. */
void peer_learn_keys(
	struct peer *p, const struct pubkey *const *keys, size_t n);

#endif
