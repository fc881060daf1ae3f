#include "ssh/pkey.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#define CERT_SUFFIX "-cert-v01@openssh.com"

const struct pkey_type pkey_types[PUBKEY_TYPE_COUNT] = {
	[PUBKEY_ED25519] = {.name = "ssh-ed25519",
		.cert_name = "ssh-ed25519" CERT_SUFFIX,
		.label = "ED25519",
		.cert_label = "ED25519-CERT",
		.kind = PKEY_ED25519,
		.bits = 256},
	[PUBKEY_ECDSA_P256] = {.name = "ecdsa-sha2-nistp256",
		.cert_name = "ecdsa-sha2-nistp256" CERT_SUFFIX,
		.label = "ECDSA",
		.cert_label = "ECDSA-CERT",
		.kind = PKEY_EC,
		.bits = 256,
		.curve = "nistp256",
		.group = "prime256v1",
		.coord_bytes = 32},
	[PUBKEY_ECDSA_P384] = {.name = "ecdsa-sha2-nistp384",
		.cert_name = "ecdsa-sha2-nistp384" CERT_SUFFIX,
		.label = "ECDSA",
		.cert_label = "ECDSA-CERT",
		.kind = PKEY_EC,
		.bits = 384,
		.curve = "nistp384",
		.group = "secp384r1",
		.coord_bytes = 48},
	[PUBKEY_ECDSA_P521] = {.name = "ecdsa-sha2-nistp521",
		.cert_name = "ecdsa-sha2-nistp521" CERT_SUFFIX,
		.label = "ECDSA",
		.cert_label = "ECDSA-CERT",
		.kind = PKEY_EC,
		.bits = 521,
		.curve = "nistp521",
		.group = "secp521r1",
		.coord_bytes = 66},
	[PUBKEY_RSA] = {.name = "ssh-rsa",
		.cert_name = "ssh-rsa" CERT_SUFFIX,
		.label = "RSA",
		.cert_label = "RSA-CERT",
		.kind = PKEY_RSA},
	[PUBKEY_SK_ED25519] = {.name = "sk-ssh-ed25519@openssh.com",
		.cert_name = "sk-ssh-ed25519" CERT_SUFFIX,
		.label = "ED25519-SK",
		.cert_label = "ED25519-SK-CERT",
		.kind = PKEY_ED25519,
		.sk = true,
		.bits = 256},
	[PUBKEY_SK_ECDSA] = {.name = "sk-ecdsa-sha2-nistp256@openssh.com",
		.cert_name = "sk-ecdsa-sha2-nistp256" CERT_SUFFIX,
		.label = "ECDSA-SK",
		.cert_label = "ECDSA-SK-CERT",
		.kind = PKEY_EC,
		.sk = true,
		.bits = 256,
		.curve = "nistp256",
		.group = "prime256v1",
		.coord_bytes = 32},
};

bool pkey_type_find(
	struct slice name, enum pubkey_type *ret_type, bool *ret_cert)
{
	for (unsigned i = 0; i < PUBKEY_TYPE_COUNT; i++) {
		bool cert = slice_is(name, pkey_types[i].cert_name);

		if (cert || slice_is(name, pkey_types[i].name)) {
			*ret_type = (enum pubkey_type)i;
			*ret_cert = cert;
			return true;
		}
	}
	return false;
}

unsigned pkey_bit_count(struct slice n)
{
	unsigned bits = (unsigned)n.len * 8;

	for (unsigned mask = 0x80; n.len != 0 && (n.p[0] & mask) == 0;
		mask >>= 1)
		bits--;
	return bits;
}

static bool is_odd(struct slice n)
{
	return n.len != 0 && (n.p[n.len - 1] & 1) != 0;
}

static int check_rsa(const struct pkey_public *public)
{
	unsigned n_bits = pkey_bit_count(public->n);
	unsigned e_bits = pkey_bit_count(public->e);

	if (n_bits < PKEY_RSA_BITS_MIN || n_bits > PKEY_RSA_BITS_MAX ||
		e_bits > PKEY_RSA_EXPONENT_BITS_MAX)
		return -ERR_KEY_UNSUPPORTED;
	if (!is_odd(public->n) || !is_odd(public->e) || e_bits < 2)
		return -ERR_KEY_FORMAT;
	return 0;
}

int pkey_read_public(
	enum pubkey_type type, struct rd *r, struct pkey_public *ret_public)
{
	const struct pkey_type *t = &pkey_types[type];
	struct pkey_public got = {0};
	bool fits = true;

	switch (t->kind) {
	case PKEY_RSA:
		got.e = rd_mpint(r);
		got.n = rd_mpint(r);
		if (rd_ok(r) && check_rsa(&got) != 0)
			return check_rsa(&got);
		break;
	case PKEY_EC:
		fits = slice_is(rd_string(r), t->curve);
		got.point = rd_string(r);
		/* Nobody sends compressed points, and RFC 5656 §3.1 lets us
		 * do without; the point at infinity falls here as well. */
		fits = fits && got.point.len == 1 + 2 * t->coord_bytes &&
		       got.point.p[0] == POINT_CONVERSION_UNCOMPRESSED;
		break;
	case PKEY_ED25519:
		got.point = rd_string(r);
		fits = got.point.len == PKEY_ED25519_BYTES;
		break;
	}
	if (t->sk)
		got.application = rd_string(r);
	if (!rd_ok(r) || !fits)
		return -ERR_KEY_FORMAT;
	*ret_public = got;
	return 0;
}

void pkey_put_public(enum pubkey_type type, const struct pkey_public *public,
	struct buf *out)
{
	const struct pkey_type *t = &pkey_types[type];

	buf_put_cstring(out, t->name);
	if (t->kind == PKEY_RSA) {
		buf_put_mpint(out, public->e.p, public->e.len);
		buf_put_mpint(out, public->n.p, public->n.len);
	} else {
		if (t->kind == PKEY_EC)
			buf_put_cstring(out, t->curve);
		buf_put_string(out, public->point.p, public->point.len);
	}
	if (t->sk)
		buf_put_string(
			out, public->application.p, public->application.len);
}

static int export_rsa(const EVP_PKEY *pkey, struct buf *out)
{
	BIGNUM *n = NULL, *e = NULL;
	uint8_t n_bytes[PKEY_RSA_BITS_MAX / 8];
	uint8_t e_bytes[PKEY_RSA_EXPONENT_BITS_MAX / 8];
	struct pkey_public got = {0};
	int n_len = -1, e_len = -1;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1) {
		n_len = BN_bn2binpad(n, n_bytes, sizeof(n_bytes));
		e_len = BN_bn2binpad(e, e_bytes, sizeof(e_bytes));
	}
	BN_free(n);
	BN_free(e);
	if (n_len < 0 || e_len < 0)
		return -ERR_KEY_UNSUPPORTED;
	got.n = (struct slice){n_bytes, sizeof(n_bytes)};
	got.e = (struct slice){e_bytes, sizeof(e_bytes)};
	pkey_put_public(PUBKEY_RSA, &got, out);
	return 0;
}

static int find_group(const char *group, enum pubkey_type *ret_type)
{
	for (unsigned i = 0; i < PUBKEY_TYPE_COUNT; i++) {
		const struct pkey_type *t = &pkey_types[i];

		if (!t->sk && t->group != NULL &&
			strcmp(t->group, group) == 0) {
			*ret_type = (enum pubkey_type)i;
			return 0;
		}
	}
	return -ERR_KEY_UNSUPPORTED;
}

static int export_ec(const EVP_PKEY *pkey, struct buf *out)
{
	BIGNUM *x = NULL, *y = NULL;
	uint8_t point[1 + 2 * PKEY_COORD_BYTES_MAX];
	struct pkey_public got = {0};
	enum pubkey_type type;
	char group[32];
	size_t size;
	int r = -ERR_KEY_UNSUPPORTED;

	/* No name: the curve was spelt out, which nobody needs. */
	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1 ||
		find_group(group, &type) != 0)
		return r;
	size = pkey_types[type].coord_bytes;
	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	/* By coordinates: the point itself comes compressed when the file had
	 * it so. */
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
		EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) ==
			1 &&
		BN_bn2binpad(x, point + 1, (int)size) == (int)size &&
		BN_bn2binpad(y, point + 1 + size, (int)size) == (int)size) {
		got.point = (struct slice){point, 1 + 2 * size};
		pkey_put_public(type, &got, out);
		r = 0;
	}
	BN_free(x);
	BN_free(y);
	return r;
}

static int export_ed25519(const EVP_PKEY *pkey, struct buf *out)
{
	uint8_t point[PKEY_ED25519_BYTES];
	struct pkey_public got = {.point = {point, sizeof(point)}};
	size_t size = sizeof(point);

	if (EVP_PKEY_get_raw_public_key(pkey, point, &size) != 1 ||
		size != sizeof(point))
		return -ERR_KEY_UNSUPPORTED;
	pkey_put_public(PUBKEY_ED25519, &got, out);
	return 0;
}

int pkey_export_public(const EVP_PKEY *pkey, struct buf *out)
{
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		return export_rsa(pkey, out);
	case EVP_PKEY_EC:
		return export_ec(pkey, out);
	case EVP_PKEY_ED25519:
		return export_ed25519(pkey, out);
	default:
		return -ERR_KEY_UNSUPPORTED;
	}
}
