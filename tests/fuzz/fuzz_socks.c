/* tunnel/socks: the input whole, byte by byte, and in pieces whose lengths come
 * from the input must give one and the same outcome. The first byte tells
 * whether a login is asked for; the second seeds the pieces. */
#include <stdlib.h>
#include <string.h>

#include "tunnel/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum socks_result result;
	struct socks socks;
	struct buf in, out;
};

/* Pieces of 1 to `most` bytes; `most` 0: all at once. */
static void feed(struct outcome *o, const uint8_t *p, size_t n, size_t most,
	unsigned seed, const char *user)
{
	while (n > 0 && o->result == SOCKS_MORE) {
		size_t piece = n;

		seed = seed * 1103515245 + 12345;
		if (most != 0 && 1 + (seed >> 16) % most < n)
			piece = 1 + (seed >> 16) % most;
		buf_put(&o->in, p, piece);
		p += piece;
		n -= piece;
		o->result =
			socks_input(&o->socks, &o->in, &o->out, user, "secret");
	}
	buf_put(&o->in, p, n);
	if (o->result == SOCKS_CONNECT)
		socks_reply(&o->socks, -ERR_TARGET_REFUSED, &o->out);
}

static void same_bytes(const struct buf *a, const struct buf *b)
{
	if (buf_len(a) != buf_len(b) ||
		(buf_len(a) != 0 &&
			memcmp(buf_ptr(a), buf_ptr(b), buf_len(a)) != 0))
		abort();
}

static void compare(const struct outcome *a, const struct outcome *b)
{
	if (a->result != b->result)
		abort();
	same_bytes(&a->out, &b->out);
	if (a->result != SOCKS_CONNECT)
		return;
	same_bytes(&a->in, &b->in);
	if (strcmp(a->socks.host, b->socks.host) != 0 ||
		a->socks.port != b->socks.port || a->socks.port == 0 ||
		*a->socks.host == '\0' ||
		a->socks.protocol != b->socks.protocol)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t most[] = {0, 1, 7, 300};
	struct outcome o[4] = {0};
	const char *user;

	if (size < 2)
		return 0;
	user = data[0] % 2 != 0 ? "me" : NULL;
	for (size_t i = 0; i < 4; i++) {
		o[i].socks.listen_port = 1080;
		feed(&o[i], data + 2, size - 2, most[i], data[1], user);
	}
	for (size_t i = 0; i < 4; i++) {
		compare(&o[0], &o[i]);
		if (i > 0) {
			buf_done(&o[i].in);
			buf_done(&o[i].out);
		}
	}
	buf_done(&o[0].in);
	buf_done(&o[0].out);
	return 0;
}
