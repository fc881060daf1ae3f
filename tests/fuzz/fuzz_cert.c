/* Certificate blobs: parsed, and checked as a host's. */
#include <stdint.h>
#include <stdlib.h>

#include "ssh/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cert_info *info;
	const char *why = NULL;
	struct pubkey *k;
	struct rd r;

	if (pubkey_parse((struct slice){data, size}, &k) != 0)
		return 0;
	info = pubkey_cert(k);
	if ((info != NULL) != pubkey_is_cert(k))
		abort();
	if (pubkey_cert_check_host(k, "host.example", 1800000000, &why) != 0 &&
		why == NULL)
		abort();
	if (info != NULL) {
		/* Lists were checked when they were read. */
		r = rd_slice(info->principals);
		while (r.left != 0)
			(void)rd_string(&r);
		if (!rd_ok(&r))
			abort();
	}
	pubkey_free(k);
	return 0;
}
