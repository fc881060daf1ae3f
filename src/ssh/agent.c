#include "ssh/agent.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"

enum agent_message {
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES_ANSWER = 12,
	AGENT_SIGN_REQUEST = 13,
	AGENT_SIGN_RESPONSE = 14,
};

#define FLAG_RSA_SHA2_256 2
#define FLAG_RSA_SHA2_512 4

#define COMMENT_MAX 1024

void agent_request_identities(struct buf *out)
{
	buf_put_u32(out, 1);
	buf_put_u8(out, AGENT_REQUEST_IDENTITIES);
}

static uint32_t sign_flags(const char *alg)
{
	const char *sig_alg = pubkey_sig_alg(slice_of(alg));

	if (sig_alg != NULL && strcmp(sig_alg, "rsa-sha2-512") == 0)
		return FLAG_RSA_SHA2_512;
	if (sig_alg != NULL && strcmp(sig_alg, "rsa-sha2-256") == 0)
		return FLAG_RSA_SHA2_256;
	return 0;
}

void agent_request_sign(struct buf *out, struct slice key_blob,
	struct slice data, const char *alg)
{
	buf_put_u32(out, (uint32_t)(1 + 4 + key_blob.len + 4 + data.len + 4));
	buf_put_u8(out, AGENT_SIGN_REQUEST);
	buf_put_string(out, key_blob.p, key_blob.len);
	buf_put_string(out, data.p, data.len);
	buf_put_u32(out, sign_flags(alg));
}

int agent_next_reply(
	const struct buf *in, struct slice *ret_payload, size_t *ret_consume)
{
	struct rd r;
	uint32_t n;

	if (buf_len(in) < 4)
		return -ERR_AGAIN;
	r = rd_slice(buf_slice(in));
	n = rd_u32(&r);
	if (n == 0 || n > AGENT_REPLY_MAX)
		return -ERR_AGENT;
	if (r.left < n)
		return -ERR_AGAIN;
	*ret_payload = rd_bytes(&r, n);
	*ret_consume = 4 + (size_t)n;
	return 0;
}

/* Comments are shown to people: in one line, and no endless ones. */
static char *safe_comment(struct slice s)
{
	char comment[COMMENT_MAX + 1];

	clean_line(comment, sizeof(comment), s.p, s.len);
	return mem_strdup(comment);
}

int agent_parse_identities(
	struct slice payload, struct agent_identity **ret_list, size_t *ret_n)
{
	struct agent_identity *list;
	struct rd r = rd_slice(payload);
	uint8_t type = rd_u8(&r);
	uint32_t total = rd_u32(&r);
	size_t n = 0;

	/* Two length fields at least for each: what a reply can't hold is not
	 * allocated for. */
	if (type != AGENT_IDENTITIES_ANSWER || !rd_ok(&r) ||
		total > AGENT_IDENTITIES_MAX || total > r.left / 8)
		return -ERR_AGENT;
	list = mem_zalloc(total, sizeof(*list));
	for (uint32_t i = 0; i < total; i++) {
		struct slice blob = rd_string(&r), comment = rd_string(&r);

		if (!rd_ok(&r)) {
			agent_identities_free(list, n);
			return -ERR_AGENT;
		}
		if (pubkey_parse(blob, &list[n].key) == 0)
			list[n++].comment = safe_comment(comment);
	}
	*ret_list = list;
	*ret_n = n;
	return 0;
}

void agent_identities_free(struct agent_identity *list, size_t n)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		pubkey_free(list[i].key);
		free(list[i].comment);
	}
	free(list);
}

int agent_parse_signature(struct slice payload, struct slice *ret_signature)
{
	struct rd r = rd_slice(payload), inner;
	uint8_t type = rd_u8(&r);
	struct slice signature = rd_string(&r);

	inner = rd_slice(signature);
	if (type != AGENT_SIGN_RESPONSE || !rd_end(&r) ||
		rd_string(&inner).len == 0 || rd_string(&inner).len == 0)
		return -ERR_AGENT;
	*ret_signature = signature;
	return 0;
}
