/*
 * The publickey method, RFC 4252 §7: each key is queried, then signed with.
 *
 * One key's way: begin → (load, when the file hides its public half) → query →
 * PK_OK → (load, which may ask for the passphrase | the agent) → signed request
 * → leave. A key that can't go on leaves at once, and why is noted for people.
 */
#include "ssh/auth_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/match.h"
#include "base/mem.h"
#include "ssh/namelist.h"

#define PASSPHRASE_ASKS 3

void auth_pubkey_init(struct auth *a)
{
	a->pubkey.accepted =
		mem_zalloc(a->config.n_keys, sizeof(*a->pubkey.accepted));
}

static void drop_key(struct auth_pubkey *pk)
{
	privkey_free(pk->priv);
	pk->priv = NULL;
	pk->key = NULL;
	pk->asked = 0;
	pk->alg_no = 0;
	pk->query = false;
	buf_clear(&pk->request);
}

void auth_pubkey_done(struct auth *a)
{
	drop_key(&a->pubkey);
	buf_done(&a->pubkey.request);
	free(a->pubkey.accepted);
}

/* ---- which algorithm ---- */

struct candidate {
	const char *alg, *cert_alg;
};

/* SHA-1's "ssh-rsa" is left out on purpose. */
static const struct candidate rsa_candidates[] = {
	{"rsa-sha2-512", "rsa-sha2-512-cert-v01@openssh.com"},
	{"rsa-sha2-256", "rsa-sha2-256-cert-v01@openssh.com"},
};
#define RSA_CANDIDATES (sizeof(rsa_candidates) / sizeof(rsa_candidates[0]))

/* The `no`th way to use the key; false: there are no more. */
static bool candidate(const struct pubkey *key, unsigned no,
	const char **ret_alg, const char **ret_sig_alg)
{
	const struct candidate *c;

	if (pubkey_type(key) != PUBKEY_RSA) {
		*ret_alg = pubkey_name(key);
		*ret_sig_alg = pubkey_sig_alg(slice_of(*ret_alg));
		return no == 0 && *ret_sig_alg != NULL;
	}
	if (no >= RSA_CANDIDATES)
		return false;
	c = &rsa_candidates[no];
	*ret_alg = pubkey_is_cert(key) ? c->cert_alg : c->alg;
	*ret_sig_alg = c->alg;
	return true;
}

/* RFC 8308 §3.1 lets a server leave algorithms out of its list, so it decides
 * only where there is a choice. */
static bool server_takes(
	const struct auth *a, const char *alg, const char *sig_alg)
{
	struct slice list;

	if (a->sig_algs == NULL || strncmp(sig_alg, "rsa-", 4) != 0)
		return true;
	list = slice_of(a->sig_algs);
	return namelist_has_text(list, sig_alg) || namelist_has_text(list, alg);
}

/* Moves on to the next algorithm that may be used, from alg_no. */
static bool choose_alg(struct auth *a)
{
	struct auth_pubkey *pk = &a->pubkey;
	const char *accepted = a->config.accepted_algs, *alg, *sig_alg;

	for (; candidate(pk->key, pk->alg_no, &alg, &sig_alg); pk->alg_no++) {
		if (accepted != NULL &&
			match_list(slice_of(alg), slice_of(accepted)) !=
				MATCH_FOUND)
			continue;
		if (!server_takes(a, alg, sig_alg))
			continue;
		pk->alg = alg;
		pk->sig_alg = sig_alg;
		return true;
	}
	return false;
}

/* ---- one key's way ---- */

static void put_request(struct auth *a, struct buf *b, bool with_signature)
{
	struct auth_pubkey *pk = &a->pubkey;
	struct slice blob = pubkey_blob(pk->key);

	auth_put_request(a, b, "publickey");
	buf_put_bool(b, with_signature);
	buf_put_cstring(b, pk->alg);
	buf_put_string(b, blob.p, blob.len);
}

static void send_query(struct auth *a)
{
	struct buf b = BUF_INIT;

	a->pubkey.query = true;
	put_request(a, &b, false);
	auth_send(a, &b);
}

/* The bytes that are signed: RFC 4252 §7. */
static struct slice make_request(struct auth *a)
{
	struct buf *b = &a->pubkey.request;

	buf_clear(b);
	buf_put_string(b, a->session_id, a->session_id_len);
	put_request(a, b, true);
	return buf_slice(b);
}

static void send_signed(struct auth *a, struct slice signature)
{
	struct buf *b = &a->pubkey.request;

	a->pubkey.query = false;
	buf_consume(b, 4 + a->session_id_len);
	buf_put_string(b, signature.p, signature.len);
	auth_send(a, b);
}

static int sign_with_file(struct auth *a)
{
	struct auth_pubkey *pk = &a->pubkey;
	struct slice data = make_request(a);
	struct buf signature = BUF_INIT;
	int err = privkey_sign(pk->priv, pk->sig_alg, data, &signature);

	if (err == 0)
		send_signed(a, buf_slice(&signature));
	buf_done(&signature);
	return err;
}

static void ask_passphrase(struct auth *a)
{
	struct auth_pubkey *pk = &a->pubkey;
	struct prompt *p =
		prompt_new(PROMPT_PASSPHRASE, a->config.keys[pk->at].path);

	p->retry = pk->asked != 0;
	prompt_add(p, slice_of(""), false);
	auth_ask(a, p);
}

/* Loads the current key's file. -ERR_KEY_PASSPHRASE: with another one. */
static int load(struct auth *a, const struct secret *passphrase)
{
	const struct auth_key *k = &a->config.keys[a->pubkey.at];
	const struct secret none = SECRET_INIT;
	struct privkey *priv;
	int err;

	err = privkey_load(
		k->path, passphrase != NULL ? passphrase : &none, &priv, NULL);
	if (err != 0)
		return err;
	/* A stale .pub file beside it. */
	if (k->key != NULL &&
		!pubkey_equal_plain(k->key, privkey_public(priv))) {
		privkey_free(priv);
		return -ERR_KEY_FORMAT;
	}
	a->pubkey.priv = priv;
	return 0;
}

/* With the private key loaded: on from where it was needed. */
static int go_on(struct auth *a)
{
	struct auth_pubkey *pk = &a->pubkey;

	if (pk->key != NULL)
		return sign_with_file(a);
	pk->key = privkey_public(pk->priv);
	if (!choose_alg(a))
		return -ERR_NO_COMMON_ALGORITHM;
	send_query(a);
	return 0;
}

/* Loads it without asking, or asks. An error: the key is of no use. */
static int load_or_ask(struct auth *a)
{
	int err;

	if (a->pubkey.priv != NULL)
		return go_on(a);
	err = load(a, a->config.passphrase);
	if (err == 0)
		return go_on(a);
	if (err != -ERR_KEY_PASSPHRASE)
		return err;
	if (!a->config.may_ask) {
		auth_note_unasked(a, a->config.keys[a->pubkey.at].path);
		return err;
	}
	ask_passphrase(a);
	return 0;
}

static int begin(struct auth *a)
{
	struct auth_pubkey *pk = &a->pubkey;

	if (pk->key == NULL)
		pk->key = a->config.keys[pk->at].key;
	if (pk->key == NULL)
		return load_or_ask(a);
	if (!choose_alg(a))
		return -ERR_NO_COMMON_ALGORITHM;
	send_query(a);
	return 0;
}

static void leave(struct auth *a, int err)
{
	auth_tried_key(a, &a->config.keys[a->pubkey.at], err);
	auth_forget_learned(a);
	drop_key(&a->pubkey);
	a->pubkey.at++;
}

static bool pubkey_start(struct auth *a)
{
	struct auth_pubkey *pk = &a->pubkey;
	int err;

	while (pk->at < a->config.n_keys) {
		if (pk->accepted[pk->at]) {
			pk->at++;
			continue;
		}
		err = begin(a);
		if (err == 0)
			return true;
		leave(a, err);
	}
	return false;
}

static bool is_pk_ok_for(
	const struct auth_pubkey *pk, struct slice alg, struct slice blob)
{
	/* Some servers answer with the key's type in place of the algorithm. */
	return (slice_is(alg, pk->alg) ||
		       slice_is(alg, pubkey_name(pk->key))) &&
	       slice_equal(blob, pubkey_blob(pk->key));
}

static int pubkey_input(struct auth *a, struct rd *r)
{
	struct auth_pubkey *pk = &a->pubkey;
	const struct auth_key *k = &a->config.keys[pk->at];
	struct slice alg = rd_string(r), blob = rd_string(r);
	const struct pubkey *known;
	int err;

	if (!rd_end(r) || !pk->query || !is_pk_ok_for(pk, alg, blob))
		return -ERR_PROTOCOL;
	if (k->path == NULL) {
		known = k->agent_key != NULL ? k->agent_key : pk->key;
		auth_agent_sign(
			a, pubkey_blob(known), make_request(a), pk->sig_alg);
		return 0;
	}
	err = load_or_ask(a);
	if (err != 0) {
		leave(a, err);
		auth_next(a);
	}
	return 0;
}

static void pubkey_answer(struct auth *a, const struct secret *answers)
{
	struct auth_pubkey *pk = &a->pubkey;
	const char *path = a->config.keys[pk->at].path;
	int err = -ERR_KEY_PASSPHRASE;

	pk->asked++;
	/* No passphrase at all: the person would rather not use the key. */
	if (answers[0].len != 0) {
		err = load(a, &answers[0]);
		if (err == -ERR_KEY_PASSPHRASE && pk->asked < PASSPHRASE_ASKS) {
			ask_passphrase(a);
			return;
		}
	}
	if (err == 0) {
		auth_note_learned(a, PROMPT_PASSPHRASE, path, &answers[0]);
		err = go_on(a);
	}
	if (err != 0) {
		leave(a, err);
		auth_next(a);
	}
}

/* An agent that doesn't know the RSA flags signs with SHA-1. */
static bool is_signature_by(struct slice signature, const char *alg)
{
	struct rd r = rd_slice(signature);

	return slice_is(rd_string(&r), alg) && rd_ok(&r);
}

void auth_pubkey_agent_signed(struct auth *a, struct slice signature)
{
	if (is_signature_by(signature, a->pubkey.sig_alg)) {
		send_signed(a, signature);
		return;
	}
	leave(a, -ERR_AGENT);
	auth_next(a);
}

static void pubkey_failed(struct auth *a, bool partial)
{
	struct auth_pubkey *pk = &a->pubkey;

	if (partial)
		pk->accepted[pk->at] = true;
	/* Without server-sig-algs it may have been the algorithm. */
	if (!partial && a->sig_algs == NULL) {
		pk->alg_no++;
		if (choose_alg(a))
			return;
	}
	leave(a, 0);
}

static void pubkey_reset(struct auth *a)
{
	a->pubkey.at = 0;
}

const struct auth_method auth_pubkey_method = {
	.name = "publickey",
	.start = pubkey_start,
	.input = pubkey_input,
	.failed = pubkey_failed,
	.reset = pubkey_reset,
	.answer = pubkey_answer,
};
