/* OpenSSH's own key files: PROTOCOL.key. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/base64.h"
#include "ssh/bcrypt_pbkdf.h"
#include "ssh/pkey.h"
#include "ssh/privkey_impl.h"

#define MARK_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define MARK_END   "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC      "openssh-key-v1" /* and its NUL */

/* The file's outer layer, borrowed from the decoded text. */
struct envelope {
	const struct privkey_cipher *cipher;
	struct slice salt;
	uint32_t rounds;
	struct slice public_blob;
	struct slice sealed, tag;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice skip_space(struct slice s)
{
	while (s.len != 0 && is_space(*s.p)) {
		s.p++;
		s.len--;
	}
	return s;
}

bool privkey_openssh_is(struct slice text)
{
	struct slice s = skip_space(text);

	return s.len >= strlen(MARK_BEGIN) &&
	       memcmp(s.p, MARK_BEGIN, strlen(MARK_BEGIN)) == 0;
}

static int unarmor(struct slice text, struct buf *out)
{
	struct slice s = skip_space(text);
	struct buf packed = BUF_INIT;
	const uint8_t *end;
	int err;

	if (!privkey_openssh_is(s))
		return -ERR_KEY_FORMAT;
	s.p += strlen(MARK_BEGIN);
	s.len -= strlen(MARK_BEGIN);
	end = memmem(s.p, s.len, MARK_END, strlen(MARK_END));
	if (end == NULL)
		return -ERR_KEY_FORMAT;
	for (; s.p < end; s.p++)
		if (!is_space(*s.p))
			buf_put_u8(&packed, *s.p);
	err = base64_decode(out, buf_slice(&packed));
	buf_wipe_done(&packed);
	return err == 0 ? 0 : -ERR_KEY_FORMAT;
}

static int read_kdf(struct slice kdf, struct slice options, struct envelope *e)
{
	struct rd r = rd_slice(options);

	/* A cipher without a KDF, or the other way about, is no file of
	 * ssh-keygen's. */
	if (slice_is(kdf, "none"))
		return e->cipher->evp == NULL && options.len == 0
			       ? 0
			       : -ERR_KEY_FORMAT;
	if (!slice_is(kdf, "bcrypt"))
		return -ERR_KEY_UNSUPPORTED;
	e->salt = rd_string(&r);
	e->rounds = rd_u32(&r);
	if (!rd_end(&r) || e->cipher->evp == NULL || e->salt.len == 0 ||
		e->rounds == 0)
		return -ERR_KEY_FORMAT;
	if (e->rounds > BCRYPT_PBKDF_ROUNDS_MAX ||
		e->salt.len > BCRYPT_PBKDF_SALT_MAX)
		return -ERR_KEY_UNSUPPORTED;
	return 0;
}

static int read_envelope(struct slice bytes, struct envelope *ret_envelope)
{
	struct rd r = rd_slice(bytes);
	struct slice magic = rd_bytes(&r, sizeof(MAGIC));
	struct slice cipher = rd_string(&r), kdf = rd_string(&r);
	struct slice kdf_options = rd_string(&r);
	struct envelope e = {0};
	int err;

	if (magic.len == 0 || memcmp(magic.p, MAGIC, sizeof(MAGIC)) != 0)
		return -ERR_KEY_FORMAT;
	/* The format has room for several keys; no program writes them. */
	if (rd_u32(&r) != 1)
		return -ERR_KEY_FORMAT;
	e.public_blob = rd_string(&r);
	e.sealed = rd_string(&r);
	if (!rd_ok(&r))
		return -ERR_KEY_FORMAT;
	e.cipher = privkey_cipher_find(cipher);
	if (e.cipher == NULL)
		return -ERR_KEY_UNSUPPORTED;
	err = read_kdf(kdf, kdf_options, &e);
	if (err != 0)
		return err;
	e.tag = rd_bytes(&r, e.cipher->tag_bytes);
	if (!rd_end(&r) || e.sealed.len < e.cipher->block_bytes ||
		e.sealed.len % e.cipher->block_bytes != 0)
		return -ERR_KEY_FORMAT;
	*ret_envelope = e;
	return 0;
}

static int decrypt(const struct envelope *e, const struct secret *passphrase,
	struct buf *out)
{
	uint8_t key_iv[PRIVKEY_CIPHER_KEY_IV_MAX];
	int err = 0;

	if (e->cipher->evp != NULL) {
		if (passphrase == NULL || passphrase->len == 0)
			return -ERR_KEY_PASSPHRASE;
		err = bcrypt_pbkdf((struct slice){(uint8_t *)passphrase->p,
					   passphrase->len},
			e->salt, e->rounds, key_iv,
			e->cipher->key_bytes + e->cipher->iv_bytes);
	}
	if (err == 0)
		err = privkey_cipher_open(e->cipher, key_iv, e->sealed, e->tag,
			buf_reserve(out, e->sealed.len));
	if (err == 0)
		buf_commit(out, e->sealed.len);
	secret_wipe(key_iv, sizeof(key_iv));
	return err;
}

static int read_fields(struct rd *r, enum pubkey_type type,
	struct pkey_public *public, struct pkey_private *private)
{
	struct slice both;

	if (pkey_types[type].kind == PKEY_RSA) {
		/* The other way round than in public blobs. */
		public->n = rd_mpint(r);
		public->e = rd_mpint(r);
		private->d = rd_mpint(r);
		private->iqmp = rd_mpint(r);
		private->p = rd_mpint(r);
		private->q = rd_mpint(r);
		return rd_ok(r) ? 0 : -ERR_KEY_FORMAT;
	}
	if (pkey_read_public(type, r, public) != 0)
		return -ERR_KEY_FORMAT;
	if (pkey_types[type].kind == PKEY_EC) {
		private->d = rd_mpint(r);
		return rd_ok(r) ? 0 : -ERR_KEY_FORMAT;
	}
	/* The seed, and the public half once more. */
	both = rd_string(r);
	if (both.len != 2 * PKEY_ED25519_BYTES ||
		CRYPTO_memcmp(both.p + PKEY_ED25519_BYTES, public->point.p,
			PKEY_ED25519_BYTES) != 0)
		return -ERR_KEY_FORMAT;
	private->seed = (struct slice){both.p, PKEY_ED25519_BYTES};
	return 0;
}

static bool is_same_key(enum pubkey_type type, const struct pkey_public *fields,
	const struct pubkey *public)
{
	struct buf blob = BUF_INIT;
	bool same;

	pkey_put_public(type, fields, &blob);
	same = slice_equal(buf_slice(&blob), pubkey_plain_blob(public));
	buf_done(&blob);
	return same;
}

/* 1, 2, 3 … to the end. */
static bool is_padding(const struct rd *r)
{
	for (size_t i = 0; i < r->left; i++)
		if (r->p[i] != ((i + 1) & 0xff))
			return false;
	return rd_ok(r);
}

int privkey_openssh_parse_plain(struct slice plain, const struct pubkey *public,
	bool encrypted, struct privkey *k)
{
	enum pubkey_type type = pubkey_type(public);
	struct rd r = rd_slice(plain);
	uint32_t check = rd_u32(&r), again = rd_u32(&r);
	struct pkey_public fields = {0};
	struct pkey_private private = {0};
	int err;

	if (!rd_ok(&r) || check != again)
		return encrypted ? -ERR_KEY_PASSPHRASE : -ERR_KEY_FORMAT;
	if (!slice_is(rd_string(&r), pubkey_name(public)))
		return -ERR_KEY_FORMAT;
	err = read_fields(&r, type, &fields, &private);
	(void)rd_string(&r); /* the comment */
	if (err != 0 || !is_padding(&r) || !is_same_key(type, &fields, public))
		return -ERR_KEY_FORMAT;
	return pkey_from_private(type, &fields, &private, &k->pkey);
}

int privkey_openssh_parse(
	struct slice text, const struct secret *passphrase, struct privkey *k)
{
	struct buf bytes = BUF_INIT, plain = BUF_INIT;
	struct envelope e;
	int err;

	err = unarmor(text, &bytes);
	if (err != 0)
		goto out;
	err = read_envelope(buf_slice(&bytes), &e);
	if (err != 0)
		goto out;
	err = pubkey_parse_plain(e.public_blob, &k->public);
	if (err != 0)
		goto out;
	/* Said before a passphrase is asked for: only an agent, which talks to
	 * the security key, can use these. */
	if (pkey_types[pubkey_type(k->public)].sk) {
		err = -ERR_KEY_UNSUPPORTED;
		goto out;
	}
	err = decrypt(&e, passphrase, &plain);
	if (err != 0)
		goto out;
	err = privkey_openssh_parse_plain(
		buf_slice(&plain), k->public, e.cipher->evp != NULL, k);
out:
	buf_wipe_done(&plain);
	buf_wipe_done(&bytes);
	return err;
}

int privkey_openssh_peek(struct slice text, struct pubkey **ret_key)
{
	struct buf bytes = BUF_INIT;
	struct envelope e;
	int err;

	err = unarmor(text, &bytes);
	if (err == 0)
		err = read_envelope(buf_slice(&bytes), &e);
	if (err == 0)
		err = pubkey_parse_plain(e.public_blob, ret_key);
	buf_wipe_done(&bytes);
	return err;
}
