/* pubkey_parse, pubkey_parse_line, pubkey_verify. Input: a blob as an SSH
 * string, then a signature; or, where that does not parse, one line of text. */
#include <stdint.h>
#include <stdlib.h>

#include "ssh/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct pubkey *k, struct slice signature)
{
	static const char *const algs[] = {"ssh-ed25519", "ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-256",
		"sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com"};
	char fingerprint[PUBKEY_FINGERPRINT_MAX];
	struct pubkey *again;

	pubkey_fingerprint(k, fingerprint);
	/* What we call its plain form is one, and stays the same. */
	if (pubkey_parse_plain(pubkey_plain_blob(k), &again) != 0 ||
		!pubkey_equal_plain(k, again) ||
		pubkey_bits(k) != pubkey_bits(again))
		abort();
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		(void)!pubkey_verify(again,
			(struct slice){
				(const uint8_t *)algs[i], strlen(algs[i])},
			signature, (struct slice){(const uint8_t *)"data", 4});
	pubkey_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	struct slice blob = rd_string(&r);
	struct pubkey *k;
	struct slice comment;

	if (rd_ok(&r) && pubkey_parse(blob, &k) == 0) {
		use(k, (struct slice){r.p, r.left});
		pubkey_free(k);
	}
	if (pubkey_parse_line((struct slice){data, size}, &k, &comment) == 0) {
		use(k, comment);
		pubkey_free(k);
	}
	return 0;
}
