/*
 * Public keys and OpenSSH certificates: blobs, names, fingerprints, verifying.
 * RFC 4253 §6.6, RFC 5656 §3, RFC 8332, RFC 8709, PROTOCOL.certkeys,
 * PROTOCOL.u2f.
 *
 * A struct pubkey is immutable after pubkey_parse and owns its memory. Any
 * thread may read it.
 */
#ifndef TAUPE_SSH_PUBKEY_H
#define TAUPE_SSH_PUBKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"

#define PUBKEY_BLOB_MAX (64 * 1024)

enum pubkey_type {
	PUBKEY_ED25519,
	PUBKEY_ECDSA_P256,
	PUBKEY_ECDSA_P384,
	PUBKEY_ECDSA_P521,
	PUBKEY_RSA,
	PUBKEY_SK_ED25519,
	PUBKEY_SK_ECDSA,
	PUBKEY_TYPE_COUNT
};

struct pubkey;

/* Parses an SSH public key blob or certificate blob. -ERR_KEY_FORMAT,
 * -ERR_KEY_UNSUPPORTED (well-formed type name that we do not do: ssh-dss, RSA
 * below 1024 or above 16384 bits …). Cheap: whether a point lies on its curve,
 * and a certificate's signature, are looked at when they are used. */
int pubkey_parse(struct slice blob, struct pubkey **ret_key) WARN_UNUSED;
/* The same; a certificate is -ERR_KEY_FORMAT. */
int pubkey_parse_plain(struct slice blob, struct pubkey **ret_key) WARN_UNUSED;
void pubkey_free(struct pubkey *k);

/* "ssh-ed25519 AAAA… comment" as in .pub, authorized_keys and known_hosts'
 * tail. `ret_comment` (may be NULL) points into `line`. */
int pubkey_parse_line(struct slice line, struct pubkey **ret_key,
	struct slice *ret_comment) WARN_UNUSED;

enum pubkey_type pubkey_type(const struct pubkey *k);
bool pubkey_is_cert(const struct pubkey *k);
/* The name inside the blob: "ssh-rsa", "ssh-ed25519-cert-v01@openssh.com". */
const char *pubkey_name(const struct pubkey *k);
/* For people: "ED25519", "RSA", "ECDSA", "ED25519-SK", "ED25519-CERT". */
const char *pubkey_label(const struct pubkey *k);
unsigned pubkey_bits(const struct pubkey *k);
struct slice pubkey_blob(const struct pubkey *k);
/* The key without the certificate around it, in canonical form: as
 * pubkey_blob() for a plain key, but for an RSA key sent with needless leading
 * zeros. */
struct slice pubkey_plain_blob(const struct pubkey *k);
/* Same plain key, certificates apart. */
bool pubkey_equal_plain(const struct pubkey *a, const struct pubkey *b);

/* "SHA256:base64" without padding, of the plain key; as ssh-keygen -lf. */
#define PUBKEY_FINGERPRINT_MAX 64
void pubkey_fingerprint(
	const struct pubkey *k, char ret_text[PUBKEY_FINGERPRINT_MAX]);

/* Verifies an SSH signature blob over `data`. `alg` is the negotiated signature
 * algorithm ("rsa-sha2-512", or a certificate's name) and must fit both the key
 * and the blob; ssh-rsa (SHA-1) is refused. For sk-* keys the user-presence
 * flag is required. -ERR_SIGNATURE. */
int pubkey_verify(const struct pubkey *k, struct slice alg,
	struct slice signature, struct slice data) WARN_UNUSED;

/* Host key and user key algorithms, comma-separated, best first, certificates
 * first. */
const char *pubkey_host_alg_default_list(void);
/* The signature algorithm name without its certificate part:
 * "rsa-sha2-512-cert-v01@openssh.com" → "rsa-sha2-512". NULL when unknown. */
const char *pubkey_sig_alg(struct slice alg);
/* Whether a key with pubkey_name() `key_name` answers to the host key algorithm
 * `alg` ("ssh-rsa" answers to "rsa-sha2-256" and "rsa-sha2-512"). */
bool pubkey_name_fits_alg(const char *key_name, struct slice alg);

/* ---- certificates (PROTOCOL.certkeys) ---- */
enum cert_type { CERT_USER = 1, CERT_HOST = 2 };

struct cert_info {
	enum cert_type type;
	uint64_t serial;
	uint64_t valid_after, valid_before; /* Unix seconds */
	struct slice key_id;
	struct slice principals;       /* SSH strings, one after the other */
	struct slice critical_options; /* name, data pairs as on the wire */
	struct slice ca_blob;
};

/* NULL for a plain key. Lives as long as `k`. */
const struct cert_info *pubkey_cert(const struct pubkey *k);

/* A host certificate good for `host` at `now` (Unix seconds): type, validity,
 * principal (names are matched with wildcards as OpenSSH does), no critical
 * option, CA signature not by a certificate and not SHA-1. The CA's own trust
 * is the caller's to check, with cert_info.ca_blob. `*ret_why` is a short
 * English reason on failure. -ERR_HOST_KEY_INVALID. */
int pubkey_cert_check_host(const struct pubkey *k, const char *host,
	uint64_t now, const char **ret_why) WARN_UNUSED;

#endif
