#include "ssh/kexinit.h"

#include <stdio.h>

#include <openssl/rand.h>

#include "ssh/msg.h"
#include "ssh/namelist.h"
#include "ssh/pubkey.h"

#define COOKIE_LEN 16
/* Announced in the kex list, never chosen. */
#define MARKERS ",ext-info-c,kex-strict-c-v00@openssh.com"

enum slot {
	SLOT_KEX,
	SLOT_HOST_KEY,
	SLOT_CIPHER_OUT,
	SLOT_CIPHER_IN,
	SLOT_MAC_OUT,
	SLOT_MAC_IN,
	SLOT_COMPRESSION_OUT,
	SLOT_COMPRESSION_IN,
	SLOT_LANGUAGE_OUT,
	SLOT_LANGUAGE_IN,
	SLOT_COUNT
};

/* Arguments of the error, in the field's own terms. */
static const char *const slot_names[] = {
	[SLOT_KEX] = "key exchange",
	[SLOT_HOST_KEY] = "host key",
	[SLOT_CIPHER_OUT] = "cipher",
	[SLOT_CIPHER_IN] = "cipher",
	[SLOT_MAC_OUT] = "MAC",
	[SLOT_MAC_IN] = "MAC",
	[SLOT_COMPRESSION_OUT] = "compression",
	[SLOT_COMPRESSION_IN] = "compression",
};

static const char *or_default(const char *list, const char *fallback)
{
	return list != NULL ? list : fallback;
}

static const char *our_list(const struct kexinit_proposal *ours, enum slot slot)
{
	switch (slot) {
	case SLOT_KEX:
		return or_default(ours->kex, kexdh_alg_default_list());
	case SLOT_HOST_KEY:
		return or_default(
			ours->host_key_algs, pubkey_host_alg_default_list());
	case SLOT_CIPHER_OUT:
	case SLOT_CIPHER_IN:
		return or_default(ours->ciphers, cipher_alg_default_list());
	case SLOT_MAC_OUT:
	case SLOT_MAC_IN:
		return or_default(ours->macs, mac_alg_default_list());
	case SLOT_COMPRESSION_OUT:
	case SLOT_COMPRESSION_IN:
		return "none";
	default:
		return "";
	}
}

void kexinit_build(struct buf *out, const struct kexinit_proposal *ours)
{
	uint8_t cookie[COOKIE_LEN] = {0};

	/* A failure is no matter here: the cookie only needs to differ, and
	 * the key exchange that follows draws for itself. */
	(void)RAND_bytes(cookie, sizeof(cookie));
	buf_put_u8(out, MSG_KEXINIT);
	buf_put(out, cookie, sizeof(cookie));
	for (int slot = 0; slot < SLOT_COUNT; slot++) {
		const char *list = our_list(ours, (enum slot)slot);
		size_t extra = slot == SLOT_KEX ? strlen(MARKERS) : 0;

		buf_put_u32(out, (uint32_t)(strlen(list) + extra));
		buf_put(out, list, strlen(list));
		buf_put(out, MARKERS, extra);
	}
	buf_put_bool(out, false); /* first_kex_packet_follows */
	buf_put_u32(out, 0);
}

static int agree(enum slot slot, const struct kexinit_proposal *ours,
	const struct slice *theirs, struct slice *ret_name, struct trouble *t)
{
	const char *wanted = our_list(ours, slot);

	if (namelist_first_common(slice_of(wanted), theirs[slot], ret_name))
		return 0;
	trouble_set(t, ERR_NO_COMMON_ALGORITHM);
	trouble_arg(t, "what", "%s", slot_names[slot]);
	trouble_arg(t, "detail", "%s: %.*s", slot_names[slot],
		(int)theirs[slot].len, (const char *)theirs[slot].p);
	trouble_arg(t, "ours", "%s", wanted);
	trouble_arg(t, "theirs", "%.*s", (int)theirs[slot].len,
		(const char *)theirs[slot].p);
	return -ERR_NO_COMMON_ALGORITHM;
}

static int agree_seal(enum slot cipher_slot, enum slot mac_slot,
	const struct kexinit_proposal *ours, const struct slice *theirs,
	const struct cipher_alg **ret_cipher, const struct mac_alg **ret_mac,
	struct trouble *t)
{
	struct slice name;
	int err = agree(cipher_slot, ours, theirs, &name, t);

	if (err != 0)
		return err;
	*ret_cipher = cipher_alg_find(name);
	*ret_mac = NULL;
	if (*ret_cipher == NULL)
		return -ERR_INTERNAL;
	if ((*ret_cipher)->tag_len != 0)
		return 0;
	err = agree(mac_slot, ours, theirs, &name, t);
	if (err != 0)
		return err;
	*ret_mac = mac_alg_find(name);
	return *ret_mac != NULL ? 0 : -ERR_INTERNAL;
}

/* RFC 4253 §7.1: a guess is right when both first names agree. */
static bool guess_is_wrong(
	const struct kexinit_proposal *ours, const struct slice *theirs)
{
	for (int slot = SLOT_KEX; slot <= SLOT_HOST_KEY; slot++) {
		struct slice list = slice_of(our_list(ours, (enum slot)slot));
		struct slice other = theirs[slot], a, b;

		if (!namelist_next(&list, &a) || !namelist_next(&other, &b) ||
			!slice_equal(a, b))
			return true;
	}
	return false;
}

int kexinit_choose(struct slice payload, const struct kexinit_proposal *ours,
	struct kexinit_choice *ret_choice, struct trouble *t)
{
	struct rd r = rd_slice(payload);
	struct slice theirs[SLOT_COUNT], kex, host_key, none;
	struct kexinit_choice c = {0};
	bool follows;
	int err;

	rd_bytes(&r, 1 + COOKIE_LEN);
	for (int slot = 0; slot < SLOT_COUNT; slot++)
		theirs[slot] = rd_string(&r);
	follows = rd_bool(&r);
	rd_u32(&r);
	if (!rd_ok(&r))
		return trouble_say(t, ERR_PROTOCOL, "malformed KEXINIT");
	if ((err = agree(SLOT_KEX, ours, theirs, &kex, t)) != 0 ||
		(err = agree(SLOT_HOST_KEY, ours, theirs, &host_key, t)) != 0 ||
		(err = agree_seal(SLOT_CIPHER_OUT, SLOT_MAC_OUT, ours, theirs,
			 &c.cipher_out, &c.mac_out, t)) != 0 ||
		(err = agree_seal(SLOT_CIPHER_IN, SLOT_MAC_IN, ours, theirs,
			 &c.cipher_in, &c.mac_in, t)) != 0 ||
		(err = agree(SLOT_COMPRESSION_OUT, ours, theirs, &none, t)) !=
			0 ||
		(err = agree(SLOT_COMPRESSION_IN, ours, theirs, &none, t)) != 0)
		return err;
	c.kex = kexdh_alg_find(kex);
	if (c.kex == NULL || host_key.len >= sizeof(c.host_key_alg))
		return -ERR_INTERNAL;
	snprintf(c.host_key_alg, sizeof(c.host_key_alg), "%.*s",
		(int)host_key.len, (const char *)host_key.p);
	c.strict = namelist_has_text(
		theirs[SLOT_KEX], "kex-strict-s-v00@openssh.com");
	c.ignore_next = follows && guess_is_wrong(ours, theirs);
	*ret_choice = c;
	return 0;
}
