/*
 * Key exchange and re-exchange, RFC 4253 §7..9, strict KEX (OpenSSH PROTOCOL
 * §1.10).
 *
 *   IDLE → INIT → METHOD → HOST_KEY → NEWKEYS → IDLE
 *
 * From our KEXINIT to our NEWKEYS nothing else is sent (session_send holds it
 * back). The server's NEWKEYS may come before we send ours, while the caller
 * still looks at the host key.
 */
#include "ssh/session_private.h"

#include <openssl/evp.h>

#include "base/secret.h"

/* RFC 4344 §3.2 allows 2^32 blocks of 16 bytes; OpenSSH gives ciphers of small
 * blocks (chacha20) 1 GiB. */
#define REKEY_BYTES_BLOCK16 (UINT64_C(1) << 36)
#define REKEY_BYTES_OTHER   (UINT64_C(1) << 30)
#define REKEY_PACKETS       (UINT64_C(1) << 31)

void kex_start(struct session *s)
{
	struct kex *k = &s->kex;

	k->phase = KEX_INIT;
	buf_clear(&k->ours);
	kexinit_build(&k->ours, &s->config->proposal);
	session_send_buf(s, &k->ours);
}

void kex_done(struct session *s)
{
	struct kex *k = &s->kex;

	buf_done(&k->ours);
	buf_done(&k->theirs);
	buf_done(&k->session_id);
	kexdh_free(k->method);
	sealer_free(k->next_in);
	sealer_free(k->next_out);
	pubkey_free(k->host_key);
	*k = (struct kex){0};
}

static uint64_t byte_limit(
	const struct session *s, const struct cipher_alg *cipher)
{
	if (s->config->rekey_bytes != 0)
		return s->config->rekey_bytes;
	return cipher->block_len >= 16 ? REKEY_BYTES_BLOCK16
				       : REKEY_BYTES_OTHER;
}

bool kex_is_due(const struct session *s)
{
	struct packet_count out = packet_out_count(s->packet);
	struct packet_count in = packet_in_count(s->packet);
	const struct kex *k = &s->kex;

	if (s->phase != PHASE_READY || k->phase != KEX_IDLE)
		return false;
	return out.bytes >= byte_limit(s, k->choice.cipher_out) ||
	       in.bytes >= byte_limit(s, k->choice.cipher_in) ||
	       out.packets >= REKEY_PACKETS || in.packets >= REKEY_PACKETS ||
	       (s->config->rekey_s != 0 &&
		       s->now_us - k->since_us >=
			       (uint64_t)s->config->rekey_s * 1000000);
}

static void fail(struct session *s, int err, const char *detail)
{
	struct trouble t;

	trouble_say(&t, err, "%s", detail);
	session_fail(s, err, &t);
}

static void take_kexinit(struct session *s, struct slice payload)
{
	struct kex *k = &s->kex;
	struct trouble t = {0};
	struct buf first = BUF_INIT;
	int err;

	if (k->phase == KEX_IDLE && s->phase >= PHASE_SERVICE)
		kex_start(s); /* the server wants new keys */
	if (k->phase != KEX_INIT) {
		session_protocol_error(s, "KEXINIT out of turn");
		return;
	}
	buf_clear(&k->theirs);
	buf_put(&k->theirs, payload.p, payload.len);
	err = kexinit_choose(payload, &s->config->proposal, &k->choice, &t);
	if (err != 0) {
		session_fail(s, err, &t);
		return;
	}
	if (s->phase == PHASE_KEX) {
		k->strict = k->choice.strict;
		/* Not by the sequence number, which wraps. */
		if (k->strict && packet_in_count(s->packet).packets != 1) {
			session_protocol_error(
				s, "strict KEX: a message before KEXINIT");
			return;
		}
	}
	k->method = kexdh_new(k->choice.kex, &first);
	if (k->method == NULL) {
		fail(s, -ERR_CRYPTO, "no key for the key exchange");
	} else {
		k->phase = KEX_METHOD;
		session_send_buf(s, &first);
	}
	buf_done(&first);
}

/* H, RFC 4253 §8: everything that both sides saw. */
static int exchange_hash(struct session *s, const struct kexdh_result *res,
	uint8_t *ret_hash, unsigned *ret_len)
{
	struct buf b = BUF_INIT;
	int ok;

	buf_put_cstring(&b, version_ours());
	buf_put_cstring(&b, s->version);
	buf_put_string(&b, buf_ptr(&s->kex.ours), buf_len(&s->kex.ours));
	buf_put_string(&b, buf_ptr(&s->kex.theirs), buf_len(&s->kex.theirs));
	buf_put_string(&b, res->host_key.p, res->host_key.len);
	buf_put(&b, res->hash_tail.p, res->hash_tail.len);
	ok = EVP_Digest(buf_ptr(&b), buf_len(&b), ret_hash, ret_len,
		kexdh_alg_md(s->kex.choice.kex), NULL);
	buf_wipe_done(&b);
	return ok == 1 ? 0 : -ERR_CRYPTO;
}

static struct sealer *derive_sealer(struct session *s, struct slice secret,
	struct slice hash, const struct cipher_alg *cipher,
	const struct mac_alg *mac, const char *letters, bool encrypt)
{
	uint8_t iv[64], key[64], mac_key[64];
	const EVP_MD *md = kexdh_alg_md(s->kex.choice.kex);
	struct slice id = buf_slice(&s->kex.session_id);
	struct sealer *sealer = NULL;

	if (cipher->iv_len <= sizeof(iv) && cipher->key_len <= sizeof(key) &&
		(mac == NULL || mac->key_len <= sizeof(mac_key)) &&
		kexdh_derive(md, secret, hash, id, letters[0], iv,
			cipher->iv_len) == 0 &&
		kexdh_derive(md, secret, hash, id, letters[1], key,
			cipher->key_len) == 0 &&
		(mac == NULL || kexdh_derive(md, secret, hash, id, letters[2],
					mac_key, mac->key_len) == 0))
		sealer = sealer_new(cipher, mac, key, iv,
			mac != NULL ? mac_key : NULL, encrypt);
	secret_wipe(iv, sizeof(iv));
	secret_wipe(key, sizeof(key));
	secret_wipe(mac_key, sizeof(mac_key));
	return sealer;
}

/* Checks the server's proof and derives both directions' keys. */
static int take_result(struct session *s, const struct kexdh_result *res,
	struct pubkey **ret_key)
{
	struct kex *k = &s->kex;
	uint8_t hash_bytes[EVP_MAX_MD_SIZE];
	struct pubkey *key = NULL;
	struct slice hash = {hash_bytes, 0};
	unsigned len = 0;
	int err;

	err = exchange_hash(s, res, hash_bytes, &len);
	if (err != 0)
		return err;
	hash.len = len;
	err = pubkey_parse(res->host_key, &key);
	if (err != 0)
		return err;
	err = -ERR_PROTOCOL;
	if (!pubkey_name_fits_alg(
		    pubkey_name(key), slice_of(k->choice.host_key_alg)))
		goto fail;
	err = pubkey_verify(
		key, slice_of(k->choice.host_key_alg), res->signature, hash);
	if (err != 0)
		goto fail;
	if (buf_len(&k->session_id) == 0)
		buf_put(&k->session_id, hash.p, hash.len);
	k->next_out = derive_sealer(s, res->secret, hash, k->choice.cipher_out,
		k->choice.mac_out, "ACE", true);
	k->next_in = derive_sealer(s, res->secret, hash, k->choice.cipher_in,
		k->choice.mac_in, "BDF", false);
	err = -ERR_CRYPTO;
	if (k->next_out == NULL || k->next_in == NULL)
		goto fail;
	*ret_key = key;
	return 0;

fail:
	pubkey_free(key);
	return err;
}

static void finish(struct session *s)
{
	buf_done(&s->kex.ours);
	buf_done(&s->kex.theirs);
	s->kex.phase = KEX_IDLE;
	s->kex.peer_newkeys = false;
	s->kex.since_us = s->now_us;
	session_kex_ended(s);
}

static void take_newkeys_in(struct session *s)
{
	struct kex *k = &s->kex;

	packet_set_in(s->packet, k->next_in, k->strict);
	k->next_in = NULL;
	k->peer_newkeys = true;
	if (k->phase == KEX_NEWKEYS)
		finish(s);
}

static void send_newkeys(struct session *s)
{
	static const uint8_t newkeys = MSG_NEWKEYS;
	struct kex *k = &s->kex;

	session_send(s, &newkeys, 1);
	packet_set_out(s->packet, k->next_out, k->strict);
	k->next_out = NULL;
	k->phase = KEX_NEWKEYS;
	if (k->peer_newkeys)
		finish(s);
	s->ops->output(s->arg);
}

void session_accept_host_key(struct session *s, uint64_t now_us)
{
	if (s->kex.phase != KEX_HOST_KEY || s->phase == PHASE_DOWN)
		return;
	s->now_us = now_us;
	send_newkeys(s);
}

static void proof_failed(struct session *s, int err)
{
	if (err == -ERR_PROTOCOL)
		fail(s, err, "the host key is not of the agreed kind");
	else if (err == -ERR_CRYPTO)
		fail(s, err, "no keys from the key exchange");
	else if (err == -ERR_SIGNATURE)
		fail(s, -ERR_HOST_KEY_INVALID, "its signature is wrong");
	else
		fail(s, -ERR_HOST_KEY_INVALID,
			"it is malformed or of a kind that taupe does not do");
}

static void method_over(struct session *s, const struct kexdh_result *res)
{
	struct kex *k = &s->kex;
	struct pubkey *key;
	int err = take_result(s, res, &key);

	kexdh_free(k->method);
	k->method = NULL;
	if (err != 0) {
		proof_failed(s, err);
		return;
	}
	k->phase = KEX_HOST_KEY;
	if (k->host_key == NULL) {
		k->host_key = key;
		s->ops->host_key(s->arg, k->host_key);
		return;
	}
	/* New keys, same server: the caller need not be asked again. */
	if (slice_equal(pubkey_blob(k->host_key), pubkey_blob(key)))
		send_newkeys(s);
	else
		session_protocol_error(
			s, "the host key changed in a re-exchange");
	pubkey_free(key);
}

static void take_method(struct session *s, struct slice payload)
{
	struct kex *k = &s->kex;
	struct kexdh_result res;
	struct buf reply = BUF_INIT;
	bool done = false;
	int err;

	if (k->phase != KEX_METHOD) {
		session_protocol_error(
			s, "key exchange message %u out of turn", payload.p[0]);
		return;
	}
	if (k->choice.ignore_next) {
		k->choice.ignore_next = false;
		return;
	}
	err = kexdh_input(k->method, payload, &reply, &done, &res);
	if (err != 0)
		fail(s, err, "a message of the key exchange is wrong");
	else if (done)
		method_over(s, &res);
	else if (buf_len(&reply) != 0)
		session_send_buf(s, &reply);
	buf_wipe_done(&reply);
}

void kex_input(struct session *s, struct slice payload)
{
	struct kex *k = &s->kex;

	switch (payload.p[0]) {
	case MSG_KEXINIT:
		take_kexinit(s, payload);
		return;
	case MSG_NEWKEYS:
		if (payload.len == 1 && k->next_in != NULL &&
			(k->phase == KEX_HOST_KEY || k->phase == KEX_NEWKEYS))
			take_newkeys_in(s);
		else
			session_protocol_error(s, "NEWKEYS out of turn");
		return;
	default:
		take_method(s, payload);
	}
}
