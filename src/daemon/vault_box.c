#include "daemon/vault_box.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#define VERSION   1
#define NONCE     crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG       crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEAD      (1 + NONCE)
#define PAD_BLOCK 64

static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == VAULT_BOX_KEY,
	"the key's size is the cipher's");

/* Each part with its length, so that no two places read alike. */
static struct buf additional(const struct vault_box_place *place)
{
	struct buf b = BUF_INIT;

	buf_put_cstring(&b, "taupe secret");
	buf_put_u8(&b, VERSION);
	buf_put_cstring(&b, place->owner);
	buf_put_cstring(&b, place->kind);
	buf_put_cstring(&b, place->about);
	return b;
}

int vault_box_seal(const uint8_t key[VAULT_BOX_KEY],
	const struct vault_box_place *place, const void *text, size_t n,
	struct buf *out)
{
	uint8_t *box, *body;
	size_t padded;
	struct buf ad;

	if (n > VAULT_BOX_MAX)
		return -ERR_TOO_LARGE;
	box = buf_reserve(out, HEAD + n + PAD_BLOCK + TAG);
	body = box + HEAD;
	box[0] = VERSION;
	randombytes_buf(box + 1, NONCE);
	if (n != 0)
		memcpy(body, text, n);
	sodium_pad(&padded, body, n, PAD_BLOCK, n + PAD_BLOCK);
	ad = additional(place);
	crypto_aead_xchacha20poly1305_ietf_encrypt(body, NULL, body, padded,
		buf_ptr(&ad), buf_len(&ad), NULL, box + 1, key);
	buf_done(&ad);
	buf_commit(out, HEAD + padded + TAG);
	return 0;
}

int vault_box_open(const uint8_t key[VAULT_BOX_KEY],
	const struct vault_box_place *place, const void *box, size_t n,
	struct secret *ret_text)
{
	const uint8_t *p = box;
	struct buf text = BUF_INIT, ad;
	size_t padded, len;
	int bad;

	if (n < HEAD + TAG + PAD_BLOCK ||
		n > HEAD + VAULT_BOX_MAX + PAD_BLOCK + TAG || p[0] != VERSION)
		return -ERR_STORE_DAMAGED;
	padded = n - HEAD - TAG;
	ad = additional(place);
	bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
		buf_reserve(&text, padded), NULL, NULL, p + HEAD, n - HEAD,
		buf_ptr(&ad), buf_len(&ad), p + 1, key);
	buf_done(&ad);
	if (bad == 0)
		bad = sodium_unpad(&len, buf_ptr(&text), padded, PAD_BLOCK);
	if (bad == 0)
		secret_set(ret_text, buf_ptr(&text), len);
	buf_wipe_done(&text);
	return bad == 0 ? 0 : -ERR_STORE_DAMAGED;
}
