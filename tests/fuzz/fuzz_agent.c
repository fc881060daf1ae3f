/* ssh/agent: whatever a socket that claims to be an agent sends. */
#include <stdlib.h>

#include "ssh/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct slice payload)
{
	struct agent_identity *list;
	struct slice signature;
	size_t n;

	if (agent_parse_identities(payload, &list, &n) == 0) {
		if (n > AGENT_IDENTITIES_MAX)
			abort();
		agent_identities_free(list, n);
	}
	if (agent_parse_signature(payload, &signature) == 0 &&
		signature.len > payload.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = BUF_INIT;
	struct slice payload;
	size_t consume;

	buf_put(&in, data, size);
	while (agent_next_reply(&in, &payload, &consume) == 0) {
		parse(payload);
		buf_consume(&in, consume);
	}
	buf_done(&in);
	return 0;
}
