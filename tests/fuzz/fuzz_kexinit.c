/* A server's KEXINIT, against our defaults or a narrow proposal. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/kexinit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kexinit_proposal proposals[] = {
		{0},
		{.kex = "ecdh-sha2-nistp256",
			.ciphers = "aes128-ctr",
			.macs = "hmac-sha2-512",
			.host_key_algs = "rsa-sha2-512"},
	};
	struct kexinit_choice c;
	struct trouble t;
	uint8_t *payload;
	int err;

	if (size == 0)
		return 0;
	payload = mem_dup(data, size);
	err = kexinit_choose((struct slice){payload, size},
		&proposals[payload[0] % 2], &c, &t);
	if (err == 0 &&
		(c.kex == NULL || c.cipher_in == NULL || c.cipher_out == NULL ||
			c.host_key_alg[0] == '\0' ||
			(c.mac_in == NULL) != (c.cipher_in->tag_len != 0)))
		abort();
	if (err != 0 && t.code != (enum err) - err)
		abort();
	free(payload);
	return 0;
}
