/*
 * Between socks.c and the protocols: one file each.
 *
 * Each *_input is called with what has come and not been consumed; it acts only
 * on whole messages (and on what can't become one), so that the cuts between
 * reads make no difference.
 */
#ifndef TAUPE_TUNNEL_SOCKS_INTERNAL_H
#define TAUPE_TUNNEL_SOCKS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rd.h"
#include "tunnel/socks.h"

/* user NULL: no login is asked for. */
struct socks_login {
	const char *user, *password;
};

enum socks_result socks4_input(struct socks *s, struct buf *in, struct buf *out,
	const struct socks_login *login);
enum socks_result socks5_input(struct socks *s, struct buf *in, struct buf *out,
	const struct socks_login *login);
enum socks_result http_connect_input(struct socks *s, struct buf *in,
	struct buf *out, const struct socks_login *login);

/* ERR_X, positive. */
void socks4_reply(int err, struct buf *out);
void socks5_reply(int err, struct buf *out);
void http_connect_reply(const struct socks *s, int err, struct buf *out);

/* "host:port", and its NUL. */
#define HTTP_PLACE_MAX (SOCKS_HOST_MAX + 8)

/* Where a client reaches this proxy: where its Host field (`word`; may be
 * empty) says, if that can be true, else where the proxy listens. False: at no
 * port. */
bool http_pac_place(
	const struct socks *s, struct slice word, char *ret_place, size_t size);
/* Whether the request is for the PAC file. */
bool http_pac_is_asked(struct slice method, struct slice target);
void http_pac_answer(struct slice method, const char *place, struct buf *out);

/* Takes `n` bytes as the destination's name: false when they are none, too
 * many, or not what a name or an address has. */
bool socks_set_host(struct socks *s, const uint8_t *p, size_t n);
/* The address in network order as text; `n` is 4 or 16. */
void socks_set_address(struct socks *s, const uint8_t *p, size_t n);

/* Whether the bytes are `expected`, in a time that does not tell how much of
 * them is right. */
bool socks_same(const uint8_t *p, size_t n, const char *expected);

/* Wipes, then consumes: for what holds a password. */
void socks_forget(struct buf *in, size_t n);

#endif
