#include "fake_sshd.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "ssh/kexdh.h"
#include "ssh/msg.h"
#include "ssh/namelist.h"
#include "ssh/sealer.h"

#define VERSION "SSH-2.0-FakeSSHD_1.0"
#define KEY_LEN 32
#define SIG_LEN 64

struct fake_sshd *fake_sshd_new(const struct fake_sshd_config *config)
{
	struct fake_sshd *d = mem_zalloc(1, sizeof(*d));
	const char *version =
		config->version != NULL ? config->version : VERSION;

	d->config = config;
	d->packet = packet_new();
	d->host_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(d->host_key);
	if (config->banner != NULL)
		packet_send_raw(
			d->packet, config->banner, strlen(config->banner));
	packet_send_raw(d->packet, version, strlen(version));
	packet_send_raw(d->packet, "\r\n", 2);
	return d;
}

void fake_sshd_free(struct fake_sshd *d)
{
	if (d == NULL)
		return;
	packet_free(d->packet);
	EVP_PKEY_free(d->host_key);
	sealer_free(d->next_in);
	buf_done(&d->host_blob);
	buf_done(&d->ours);
	buf_done(&d->theirs);
	buf_done(&d->session_id);
	buf_done(&d->held);
	free(d);
}

/* ---- keys ---- */

static void raw_public(EVP_PKEY *key, uint8_t ret_key[KEY_LEN])
{
	size_t n = KEY_LEN;

	assert_int_equal(EVP_PKEY_get_raw_public_key(key, ret_key, &n), 1);
	assert_int_equal(n, KEY_LEN);
}

void fake_sshd_key_blob(EVP_PKEY *key, struct buf *out)
{
	uint8_t raw[KEY_LEN];

	raw_public(key, raw);
	buf_put_cstring(out, "ssh-ed25519");
	buf_put_string(out, raw, sizeof(raw));
}

void fake_sshd_sign(EVP_PKEY *key, const void *data, size_t n, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[SIG_LEN];
	size_t len = sizeof(sig);

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, data, n), 1);
	EVP_MD_CTX_free(ctx);
	buf_put_cstring(out, "ssh-ed25519");
	buf_put_string(out, sig, len);
}

/* ---- sending ---- */

void fake_sshd_send_now(struct fake_sshd *d, const void *payload, size_t n)
{
	assert_int_equal(packet_send(d->packet, payload, n), 0);
}

void fake_sshd_send(struct fake_sshd *d, const void *payload, size_t n)
{
	if (d->kexinit_sent)
		buf_put_string(&d->held, payload, n);
	else
		fake_sshd_send_now(d, payload, n);
}

void fake_sshd_send_buf(struct fake_sshd *d, struct buf *b)
{
	fake_sshd_send(d, buf_ptr(b), buf_len(b));
	buf_clear(b);
}

static void break_in(struct fake_sshd *d, uint8_t type)
{
	uint8_t payload[16] = {type};

	if (type != 0)
		fake_sshd_send_now(d, payload, sizeof(payload));
}

size_t fake_sshd_output(struct fake_sshd *d, uint8_t *to, size_t max)
{
	struct iovec iov;
	size_t n = 0;

	while (n < max && packet_out_iov(d->packet, &iov, 1) == 1) {
		size_t len = iov.iov_len < max - n ? iov.iov_len : max - n;

		memcpy(to + n, iov.iov_base, len);
		packet_out_done(d->packet, len);
		n += len;
	}
	return n;
}

/* ---- key exchange ---- */

static void put_kexinit(struct fake_sshd *d, struct buf *b)
{
	const struct fake_sshd_config *c = d->config;
	const char *cipher =
		c->cipher != NULL ? c->cipher : "aes128-gcm@openssh.com";
	const char *mac =
		c->mac != NULL ? c->mac : "hmac-sha2-256-etm@openssh.com";
	const char *kex = c->kex != NULL ? c->kex : "curve25519-sha256";
	char list[256] = "";

	snprintf(list, sizeof(list), "%s%s%s",
		c->guess_wrong ? "ecdh-sha2-nistp256," : "", kex,
		c->strict ? ",kex-strict-s-v00@openssh.com" : "");
	buf_put_u8(b, MSG_KEXINIT);
	buf_put(b, "0123456789abcdef", 16);
	buf_put_cstring(b, list);
	buf_put_cstring(b, "ssh-ed25519");
	buf_put_cstring(b, cipher);
	buf_put_cstring(b, cipher);
	buf_put_cstring(b, mac);
	buf_put_cstring(b, mac);
	for (int i = 0; i < 2; i++)
		buf_put_cstring(b, "none");
	for (int i = 0; i < 2; i++)
		buf_put_cstring(b, "");
	buf_put_bool(b, c->guess_wrong);
	buf_put_u32(b, 0);
}

void fake_sshd_rekey(struct fake_sshd *d)
{
	if (d->kexinit_sent)
		return;
	if (buf_len(&d->session_id) == 0)
		break_in(d, d->config->before_kexinit);
	buf_clear(&d->ours);
	put_kexinit(d, &d->ours);
	fake_sshd_send_now(d, buf_ptr(&d->ours), buf_len(&d->ours));
	d->kexinit_sent = true;
	if (d->config->guess_wrong)
		break_in(d, MSG_KEX_FIRST + 1);
	if (buf_len(&d->session_id) == 0)
		break_in(d, d->config->after_kexinit);
}

static struct sealer *derive(struct fake_sshd *d, struct slice secret,
	struct slice hash, const char *letters, bool encrypt)
{
	const char *cipher_name = d->config->cipher != NULL
					  ? d->config->cipher
					  : "aes128-gcm@openssh.com";
	const char *mac_name = d->config->mac != NULL
				       ? d->config->mac
				       : "hmac-sha2-256-etm@openssh.com";
	const struct cipher_alg *cipher =
		cipher_alg_find(slice_of(cipher_name));
	const struct mac_alg *mac = mac_alg_find(slice_of(mac_name));
	struct slice id = {buf_ptr(&d->session_id), buf_len(&d->session_id)};
	uint8_t iv[64], key[64], mac_key[64];
	struct sealer *s;

	if (cipher->tag_len != 0)
		mac = NULL;
	assert_int_equal(kexdh_derive(EVP_sha256(), secret, hash, id,
				 letters[0], iv, cipher->iv_len),
		0);
	assert_int_equal(kexdh_derive(EVP_sha256(), secret, hash, id,
				 letters[1], key, cipher->key_len),
		0);
	if (mac != NULL)
		assert_int_equal(kexdh_derive(EVP_sha256(), secret, hash, id,
					 letters[2], mac_key, mac->key_len),
			0);
	s = sealer_new(
		cipher, mac, key, iv, mac != NULL ? mac_key : NULL, encrypt);
	assert_non_null(s);
	return s;
}

static void x25519(struct slice theirs, uint8_t ret_ours[KEY_LEN],
	uint8_t ret_shared[KEY_LEN])
{
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_X25519, NULL, theirs.p, theirs.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t n = KEY_LEN;

	assert_non_null(peer);
	raw_public(own, ret_ours);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, ret_shared, &n), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
}

static void hash_exchange(struct fake_sshd *d, struct slice q_c,
	const uint8_t *q_s, struct slice secret, uint8_t ret_hash[32])
{
	const char *version =
		d->config->version != NULL ? d->config->version : VERSION;
	struct buf b = BUF_INIT;
	unsigned len;

	buf_put_cstring(&b, d->client_version);
	buf_put_cstring(&b, version);
	buf_put_string(&b, buf_ptr(&d->theirs), buf_len(&d->theirs));
	buf_put_string(&b, buf_ptr(&d->ours), buf_len(&d->ours));
	buf_put_string(&b, buf_ptr(&d->host_blob), buf_len(&d->host_blob));
	buf_put_string(&b, q_c.p, q_c.len);
	buf_put_string(&b, q_s, KEY_LEN);
	buf_put(&b, secret.p, secret.len);
	assert_int_equal(EVP_Digest(buf_ptr(&b), buf_len(&b), ret_hash, &len,
				 EVP_sha256(), NULL),
		1);
	buf_done(&b);
}

static void send_reply(
	struct fake_sshd *d, const uint8_t *q_s, const uint8_t hash[32])
{
	struct buf b = BUF_INIT, sig = BUF_INIT;

	fake_sshd_sign(d->host_key, hash, 32, &sig);
	if (d->config->bad_signature)
		buf_ptr(&sig)[buf_len(&sig) - 1] ^= 1;
	buf_put_u8(&b, MSG_KEX_FIRST + 1);
	buf_put_string(&b, buf_ptr(&d->host_blob), buf_len(&d->host_blob));
	buf_put_string(&b, q_s, KEY_LEN);
	buf_put_string(&b, buf_ptr(&sig), buf_len(&sig));
	fake_sshd_send_now(d, buf_ptr(&b), buf_len(&b));
	buf_done(&b);
	buf_done(&sig);
}

static void send_ext_info(struct fake_sshd *d)
{
	const struct fake_sshd_config *c = d->config;
	struct buf b = BUF_INIT;

	if (c->ping == NULL && c->sig_algs == NULL)
		return;
	buf_put_u8(&b, MSG_EXT_INFO);
	buf_put_u32(&b, (c->ping != NULL) + (c->sig_algs != NULL));
	if (c->ping != NULL) {
		buf_put_cstring(&b, "ping@openssh.com");
		buf_put_cstring(&b, c->ping);
	}
	if (c->sig_algs != NULL) {
		buf_put_cstring(&b, "server-sig-algs");
		buf_put_cstring(&b, c->sig_algs);
	}
	fake_sshd_send_now(d, buf_ptr(&b), buf_len(&b));
	buf_done(&b);
}

static void release_held(struct fake_sshd *d)
{
	struct buf held = d->held;
	struct rd r = rd_of(buf_ptr(&held), buf_len(&held));

	d->held = (struct buf)BUF_INIT;
	d->kexinit_sent = false;
	while (r.left != 0) {
		struct slice payload = rd_string(&r);

		fake_sshd_send(d, payload.p, payload.len);
	}
	buf_done(&held);
}

static void take_kex_message(struct fake_sshd *d, struct rd *r)
{
	static const uint8_t newkeys = MSG_NEWKEYS;
	uint8_t q_s[KEY_LEN], shared[KEY_LEN], hash[32];
	struct slice q_c = rd_string(r), secret, h = {hash, sizeof(hash)};
	bool first = buf_len(&d->session_id) == 0;
	struct buf k = BUF_INIT;
	struct sealer *out;

	assert_true(rd_end(r));
	if (d->config->new_key_each && !first) {
		EVP_PKEY_free(d->host_key);
		d->host_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	buf_clear(&d->host_blob);
	fake_sshd_key_blob(d->host_key, &d->host_blob);
	x25519(q_c, q_s, shared);
	buf_put_mpint(&k, shared, sizeof(shared));
	secret = (struct slice){buf_ptr(&k), buf_len(&k)};
	hash_exchange(d, q_c, q_s, secret, hash);
	if (first)
		buf_put(&d->session_id, hash, sizeof(hash));
	send_reply(d, q_s, hash);
	if (first)
		break_in(d, d->config->after_reply);
	fake_sshd_send_now(d, &newkeys, 1);
	out = derive(d, secret, h, "BDF", true);
	d->next_in = derive(d, secret, h, "ACE", false);
	packet_set_out(d->packet, out, d->strict);
	buf_done(&k);
	if (first) {
		break_in(d, d->config->after_newkeys);
		send_ext_info(d);
	}
	release_held(d);
}

static void take_kexinit(struct fake_sshd *d, struct slice payload)
{
	struct rd r = rd_slice(payload);
	struct slice kex;

	fake_sshd_rekey(d);
	buf_clear(&d->theirs);
	buf_put(&d->theirs, payload.p, payload.len);
	rd_bytes(&r, 17);
	kex = rd_string(&r);
	assert_true(namelist_has_text(kex, "ext-info-c"));
	if (buf_len(&d->session_id) == 0)
		d->strict =
			d->config->strict &&
			namelist_has_text(kex, "kex-strict-c-v00@openssh.com");
}

static void take_newkeys(struct fake_sshd *d)
{
	assert_non_null(d->next_in);
	packet_set_in(d->packet, d->next_in, d->strict);
	d->next_in = NULL;
	buf_clear(&d->theirs);
	d->n_kex++;
}

/* ---- authentication ---- */

static void auth_failed(struct fake_sshd *d)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, 51);
	buf_put_cstring(&b, "password");
	buf_put_bool(&b, false);
	fake_sshd_send_buf(d, &b);
	buf_done(&b);
}

static void take_auth(struct fake_sshd *d, struct rd *r)
{
	static const uint8_t success = 52;
	const char *password = d->config->password;
	struct slice method;
	bool good;

	rd_string(r); /* user */
	assert_true(slice_is(rd_string(r), "ssh-connection"));
	method = rd_string(r);
	good = password == NULL;
	if (slice_is(method, "password")) {
		assert_false(rd_bool(r));
		good = password != NULL && slice_is(rd_string(r), password);
	}
	if (d->auth_tries++ == 0 && d->config->rekey_in_auth)
		fake_sshd_rekey(d);
	if (!good) {
		auth_failed(d);
		return;
	}
	d->authenticated = true;
	fake_sshd_send(d, &success, 1);
}

static void accept_service(struct fake_sshd *d)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_SERVICE_ACCEPT);
	buf_put_cstring(&b, "ssh-userauth");
	fake_sshd_send_buf(d, &b);
	buf_done(&b);
}

/* ---- receiving ---- */

static bool of_exchange(uint8_t type)
{
	return type == MSG_DISCONNECT ||
	       (type >= MSG_KEXINIT && type <= MSG_KEX_LAST);
}

static void take(struct fake_sshd *d, struct slice payload, size_t sealed)
{
	struct rd r = rd_slice(payload);
	uint8_t type = rd_u8(&r);

	d->n_messages++;
	d->last_type = type;
	if (buf_len(&d->theirs) != 0 && !of_exchange(type))
		d->n_early++;
	switch (type) {
	case MSG_KEXINIT:
		take_kexinit(d, payload);
		return;
	case MSG_NEWKEYS:
		take_newkeys(d);
		return;
	case MSG_KEX_FIRST:
		take_kex_message(d, &r);
		return;
	case MSG_SERVICE_REQUEST:
		accept_service(d);
		return;
	case MSG_USERAUTH_FIRST:
		d->last_auth_bytes = sealed;
		take_auth(d, &r);
		return;
	default:
		if (d->config->message != NULL)
			d->config->message(d->config->arg, payload);
	}
}

static bool take_version(struct fake_sshd *d)
{
	struct slice raw = packet_in_raw(d->packet);
	const uint8_t *end = raw.len != 0 ? memchr(raw.p, '\n', raw.len) : NULL;
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - raw.p);
	assert_true(
		n > 0 && n < sizeof(d->client_version) && raw.p[n - 1] == '\r');
	memcpy(d->client_version, raw.p, n - 1);
	packet_in_skip(d->packet, n + 1);
	fake_sshd_rekey(d);
	return true;
}

void fake_sshd_input(struct fake_sshd *d, const void *p, size_t n)
{
	while (n != 0) {
		struct slice payload;
		size_t room, before;
		uint8_t *to = packet_in_space(d->packet, &room);
		int err;

		if (room > n)
			room = n;
		memcpy(to, p, room);
		packet_in_commit(d->packet, room);
		p = (const uint8_t *)p + room;
		n -= room;
		if (d->client_version[0] == '\0' && !take_version(d))
			continue;
		for (;;) {
			before = packet_in_raw(d->packet).len;
			err = packet_next(d->packet, &payload);
			if (err != 0)
				break;
			take(d, payload, before - packet_in_raw(d->packet).len);
		}
		assert_int_equal(err, -ERR_AGAIN);
	}
}
