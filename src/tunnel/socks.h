/*
 * The proxy protocols of a Dynamic forward, told apart by the first bytes:
 * SOCKS4 and 4a (the original SOCKS.protocol and SOCKS4A.protocol texts),
 * SOCKS5 (RFC 1928, RFC 1929), HTTP CONNECT (RFC 9110 §9.3.6). And an answer to
 * GET /proxy.pac: the file that tells a browser to use this very port.
 *
 * Sans-I/O. The caller appends received bytes to a buf and calls socks_input;
 * what socks_input leaves in the buf after SOCKS_CONNECT is the client's early
 * data, and belongs to the destination. A fresh struct socks is all zero but
 * for listen_*; it owns nothing but its small inline state.
 */
#ifndef TAUPE_TUNNEL_SOCKS_H
#define TAUPE_TUNNEL_SOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SOCKS_HOST_MAX 255
/* No request is longer: who sends more without making sense is cut off. */
#define SOCKS_REQUEST_MAX 8192

enum socks_result {
	SOCKS_MORE,    /* send `out` if any, then wait for more bytes */
	SOCKS_CONNECT, /* host and port are set; answer with socks_reply */
	SOCKS_END,     /* send `out`, then close: refused or nonsense */
};

enum socks_protocol { SOCKS_NONE, SOCKS_V4, SOCKS_V4A, SOCKS_V5, SOCKS_HTTP };

struct socks {
	enum socks_protocol protocol;
	unsigned phase;                /* internal */
	char host[SOCKS_HOST_MAX + 1]; /* name or address text, unresolved */
	uint16_t port;
	bool with_password; /* the client must log in */
	/* Where this proxy listens, for the PAC file; set by the caller. */
	const char *listen_host; /* borrowed; NULL: anywhere */
	uint16_t listen_port;    /* 0: at no port, so there is no file */
};

/* `user` and `password` NULL: no login. Compared in constant time. Consumes
 * what it understood from `in`, appends the answer to `out`. UDP ASSOCIATE and
 * BIND get "command not supported" and SOCKS_END; so ends the PAC file, which
 * holds no secret and asks for no login. */
enum socks_result socks_input(struct socks *s, struct buf *in, struct buf *out,
	const char *user, const char *password);

/* The answer to the request, once the channel is open (err 0) or failed: one of
 * ERR_TARGET_*, ERR_TIMEOUT, ERR_LINK_LOST … (positive or negative). */
void socks_reply(const struct socks *s, int err, struct buf *out);

/* "socks4", "socks4a", "socks5", "http". */
const char *socks_protocol_name(enum socks_protocol p);

#endif
