/* What a server may answer to a key exchange: the first byte chooses the
 * method, then each message comes behind its length, as 16 bits. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ssh/kexdh.h"

/* Without the large fixed groups, whose keys would take all the time. */
static const char *const algs[] = {
	"curve25519-sha256",
	"ecdh-sha2-nistp256",
	"ecdh-sha2-nistp384",
	"ecdh-sha2-nistp521",
	"diffie-hellman-group14-sha256",
	"diffie-hellman-group-exchange-sha256",
	"mlkem768x25519-sha256",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	const char *name = algs[rd_u8(&r) % (sizeof(algs) / sizeof(algs[0]))];
	struct slice text = {(const uint8_t *)name, __builtin_strlen(name)};
	const struct kexdh_alg *alg = kexdh_alg_find(text);
	struct buf out = BUF_INIT;
	struct kexdh *k = alg != NULL ? kexdh_new(alg, &out) : NULL;

	while (k != NULL && r.left > 2) {
		size_t hi = rd_u8(&r), n = hi << 8 | rd_u8(&r);
		struct kexdh_result result;
		bool done;

		if (kexdh_input(k, rd_bytes(&r, n < r.left ? n : r.left), &out,
			    &done, &result) != 0)
			break;
	}
	kexdh_free(k);
	buf_done(&out);
	return 0;
}
