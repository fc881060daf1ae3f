#include "ssh/pubkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/mem.h"
#include "ssh/cert.h"
#include "ssh/pkey.h"
#include "ssh/sigalg.h"

#define TYPE_NAME_MAX 64

#define SK_USER_PRESENT 0x01
#define SHA256_BYTES    32

struct pubkey {
	enum pubkey_type type;
	bool is_cert;
	struct pkey_public fields; /* point into `blob` */
	struct cert cert;
	struct slice blob;
	struct buf plain; /* unset where it is the same as `blob` */
	uint8_t bytes[];
};

/* Printable ASCII, as RFC 4251 §6 wants algorithm names. */
static bool is_type_name(struct slice name)
{
	if (name.len == 0 || name.len > TYPE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == ',')
			return false;
	return true;
}

/*
 * One key has one plain blob, whatever bytes it came in: otherwise a zero more
 * before the modulus would let a revoked key pass for another.
 */
static void canonicalize(struct pubkey *k)
{
	pkey_put_public(k->type, &k->fields, &k->plain);
	if (slice_equal(buf_slice(&k->plain), k->blob))
		buf_done(&k->plain);
}

static int parse_fields(struct pubkey *k, bool may_be_cert)
{
	struct rd r = rd_slice(k->blob);
	struct slice name = rd_string(&r);
	int err;

	if (!rd_ok(&r) || !is_type_name(name))
		return -ERR_KEY_FORMAT;
	if (!pkey_type_find(name, &k->type, &k->is_cert))
		return -ERR_KEY_UNSUPPORTED;
	if (k->is_cert && !may_be_cert)
		return -ERR_KEY_FORMAT;
	if (k->is_cert)
		(void)rd_string(&r); /* the CA's nonce */
	err = pkey_read_public(k->type, &r, &k->fields);
	if (err != 0)
		return err;
	if (k->is_cert)
		return cert_parse(&r, k->blob, &k->cert);
	return rd_end(&r) ? 0 : -ERR_KEY_FORMAT;
}

static int parse(struct slice blob, bool may_be_cert, struct pubkey **ret_key)
{
	struct pubkey *k;
	int err;

	if (blob.len == 0 || blob.len > PUBKEY_BLOB_MAX)
		return -ERR_KEY_FORMAT;
	k = mem_zalloc(1, sizeof(*k) + blob.len);
	memcpy(k->bytes, blob.p, blob.len);
	k->blob = (struct slice){k->bytes, blob.len};
	err = parse_fields(k, may_be_cert);
	if (err != 0) {
		pubkey_free(k);
		return err;
	}
	canonicalize(k);
	*ret_key = k;
	return 0;
}

int pubkey_parse(struct slice blob, struct pubkey **ret_key)
{
	return parse(blob, true, ret_key);
}

int pubkey_parse_plain(struct slice blob, struct pubkey **ret_key)
{
	return parse(blob, false, ret_key);
}

void pubkey_free(struct pubkey *k)
{
	if (k == NULL)
		return;
	cert_done(&k->cert);
	buf_done(&k->plain);
	free(k);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct slice take_word(struct slice *line)
{
	struct slice word;

	while (line->len != 0 && is_blank(*line->p)) {
		line->p++;
		line->len--;
	}
	word = (struct slice){line->p, 0};
	while (word.len < line->len && !is_blank(line->p[word.len]))
		word.len++;
	line->p += word.len;
	line->len -= word.len;
	return word;
}

static struct slice trim(struct slice s)
{
	while (s.len != 0 && is_blank(*s.p)) {
		s.p++;
		s.len--;
	}
	while (s.len != 0 &&
		(is_blank(s.p[s.len - 1]) || s.p[s.len - 1] == '\r' ||
			s.p[s.len - 1] == '\n'))
		s.len--;
	return s;
}

int pubkey_parse_line(
	struct slice line, struct pubkey **ret_key, struct slice *ret_comment)
{
	struct slice rest = trim(line);
	struct slice type = take_word(&rest), text = take_word(&rest);
	struct buf blob = BUF_INIT;
	struct pubkey *k = NULL;
	int err = -ERR_KEY_FORMAT;

	if (text.len > PUBKEY_BLOB_MAX * 2 || base64_decode(&blob, text) != 0)
		goto out;
	err = pubkey_parse(buf_slice(&blob), &k);
	if (err != 0)
		goto out;
	if (!slice_is(type, pubkey_name(k))) {
		pubkey_free(k);
		err = -ERR_KEY_FORMAT;
		goto out;
	}
	*ret_key = k;
	if (ret_comment != NULL)
		*ret_comment = trim(rest);
out:
	buf_done(&blob);
	return err;
}

enum pubkey_type pubkey_type(const struct pubkey *k)
{
	return k->type;
}

bool pubkey_is_cert(const struct pubkey *k)
{
	return k->is_cert;
}

const char *pubkey_name(const struct pubkey *k)
{
	const struct pkey_type *t = &pkey_types[k->type];

	return k->is_cert ? t->cert_name : t->name;
}

const char *pubkey_label(const struct pubkey *k)
{
	const struct pkey_type *t = &pkey_types[k->type];

	return k->is_cert ? t->cert_label : t->label;
}

unsigned pubkey_bits(const struct pubkey *k)
{
	const struct pkey_type *t = &pkey_types[k->type];

	return t->bits != 0 ? t->bits : pkey_bit_count(k->fields.n);
}

struct slice pubkey_blob(const struct pubkey *k)
{
	return k->blob;
}

struct slice pubkey_plain_blob(const struct pubkey *k)
{
	if (buf_len(&k->plain) == 0)
		return k->blob;
	return buf_slice(&k->plain);
}

bool pubkey_equal_plain(const struct pubkey *a, const struct pubkey *b)
{
	return slice_equal(pubkey_plain_blob(a), pubkey_plain_blob(b));
}

void pubkey_fingerprint(
	const struct pubkey *k, char ret_text[PUBKEY_FINGERPRINT_MAX])
{
	struct slice blob = pubkey_plain_blob(k);
	struct buf text = BUF_INIT;
	uint8_t hash[SHA256_BYTES];
	size_t len;

	if (EVP_Digest(blob.p, blob.len, hash, NULL, EVP_sha256(), NULL) != 1)
		abort(); /* a libcrypto without SHA-256 */
	buf_put(&text, "SHA256:", 7);
	base64_encode(&text, hash, sizeof(hash));
	len = buf_len(&text) - 1; /* 32 bytes leave one '=' */
	memcpy(ret_text, buf_ptr(&text), len);
	ret_text[len] = '\0';
	buf_done(&text);
}

/*
 * PROTOCOL.u2f: what a security key signs is not the data but a hash of it with
 * the application, the flags and the counter, which follow the signature.
 */
static int sk_signed_bytes(const struct pubkey *k, struct rd *tail,
	struct slice data, uint8_t ret_bytes[2 * SHA256_BYTES + 5])
{
	struct slice app = k->fields.application;
	struct slice trailer = rd_bytes(tail, 5); /* u8 flags, u32 counter */

	if (!rd_ok(tail) || (trailer.p[0] & SK_USER_PRESENT) == 0)
		return -ERR_SIGNATURE;
	if (EVP_Digest(app.p, app.len, ret_bytes, NULL, EVP_sha256(), NULL) !=
			1 ||
		EVP_Digest(data.p, data.len, ret_bytes + SHA256_BYTES + 5, NULL,
			EVP_sha256(), NULL) != 1)
		return -ERR_CRYPTO;
	memcpy(ret_bytes + SHA256_BYTES, trailer.p, 5);
	return 0;
}

int pubkey_verify(const struct pubkey *k, struct slice alg,
	struct slice signature, struct slice data)
{
	uint8_t sk_bytes[2 * SHA256_BYTES + 5];
	struct rd r = rd_slice(signature);
	struct slice inner = rd_string(&r), raw = rd_string(&r);
	const struct sigalg *row;
	EVP_PKEY *pkey = NULL;
	bool alg_is_cert;
	int err;

	row = sigalg_find(alg, &alg_is_cert);
	if (row == NULL || row->type != k->type || alg_is_cert != k->is_cert ||
		!slice_is(inner, row->name))
		return -ERR_SIGNATURE;
	if (pkey_types[k->type].sk) {
		err = sk_signed_bytes(k, &r, data, sk_bytes);
		if (err != 0)
			return err;
		data = (struct slice){sk_bytes, sizeof(sk_bytes)};
	}
	if (!rd_end(&r))
		return -ERR_SIGNATURE;
	if (pkey_from_public(k->type, &k->fields, &pkey) != 0)
		err = -ERR_SIGNATURE;
	else
		err = sigalg_verify(row, pkey, raw, data);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return err;
}

const char *pubkey_host_alg_default_list(void)
{
	return "ssh-ed25519-cert-v01@openssh.com,"
	       "ecdsa-sha2-nistp256-cert-v01@openssh.com,"
	       "ecdsa-sha2-nistp384-cert-v01@openssh.com,"
	       "ecdsa-sha2-nistp521-cert-v01@openssh.com,"
	       "sk-ssh-ed25519-cert-v01@openssh.com,"
	       "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
	       "rsa-sha2-512-cert-v01@openssh.com,"
	       "rsa-sha2-256-cert-v01@openssh.com,"
	       "ssh-ed25519,"
	       "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
	       "sk-ssh-ed25519@openssh.com,"
	       "sk-ecdsa-sha2-nistp256@openssh.com,"
	       "rsa-sha2-512,rsa-sha2-256";
}

const char *pubkey_sig_alg(struct slice alg)
{
	bool cert;
	const struct sigalg *row = sigalg_find(alg, &cert);

	return row != NULL ? row->name : NULL;
}

bool pubkey_name_fits_alg(const char *key_name, struct slice alg)
{
	bool cert;
	const struct sigalg *row = sigalg_find(alg, &cert);
	const struct pkey_type *t;

	if (row == NULL)
		return false;
	t = &pkey_types[row->type];
	return strcmp(key_name, cert ? t->cert_name : t->name) == 0;
}

const struct cert_info *pubkey_cert(const struct pubkey *k)
{
	return k->is_cert ? &k->cert.info : NULL;
}

int pubkey_cert_check_host(const struct pubkey *k, const char *host,
	uint64_t now, const char **ret_why)
{
	if (!k->is_cert) {
		*ret_why = "the key is not a certificate";
		return -ERR_HOST_KEY_INVALID;
	}
	return cert_check_host(&k->cert, host, now, ret_why);
}
