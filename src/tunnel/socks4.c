/*
 * SOCKS4 and its extension 4a: one request, one reply. The protocol has a
 * user's name and no password, so it gets nowhere when a login is asked for.
 */
#include <string.h>

#include "base/rd.h"
#include "tunnel/socks_internal.h"

#define HEAD_LEN    8
#define USER_MAX    255
#define CMD_CONNECT 1
#define GRANTED     0x5a
#define REJECTED    0x5b

static void put_reply(struct buf *out, uint8_t code)
{
	buf_put_u8(out, 0);
	buf_put_u8(out, code);
	buf_put(out, "\0\0\0\0\0\0", 6);
}

void socks4_reply(int err, struct buf *out)
{
	put_reply(out, err == ERR_OK ? GRANTED : REJECTED);
}

static enum socks_result refuse(struct buf *out)
{
	put_reply(out, REJECTED);
	return SOCKS_END;
}

/* The text of at most `max` bytes that a NUL ends. SOCKS_MORE: the NUL has not
 * come; SOCKS_END: it can't come any more. */
static enum socks_result read_text(
	struct rd *r, size_t max, struct slice *ret_text)
{
	size_t look = r->left < max + 1 ? r->left : max + 1;
	const uint8_t *nul = memchr(r->p, '\0', look);

	if (nul == NULL)
		return look == max + 1 ? SOCKS_END : SOCKS_MORE;
	*ret_text = rd_bytes(r, (size_t)(nul - r->p));
	rd_u8(r);
	return SOCKS_CONNECT;
}

enum socks_result socks4_input(struct socks *s, struct buf *in, struct buf *out,
	const struct socks_login *login)
{
	struct rd r = rd_of(buf_ptr(in), buf_len(in));
	struct slice address, user, name = {NULL, 0};
	enum socks_result more;
	uint8_t command;
	uint16_t port;
	bool named;

	if (r.left < HEAD_LEN)
		return SOCKS_MORE;
	rd_u8(&r);
	command = rd_u8(&r);
	port = (uint16_t)(rd_u8(&r) << 8);
	port |= rd_u8(&r);
	address = rd_bytes(&r, 4);
	/* 4a: 0.0.0.x, where x is not 0, says that a name follows. */
	named = memcmp(address.p, "\0\0\0", 3) == 0 && address.p[3] != 0;
	more = read_text(&r, USER_MAX, &user);
	if (more == SOCKS_CONNECT && named)
		more = read_text(&r, SOCKS_HOST_MAX, &name);
	if (more == SOCKS_MORE)
		return SOCKS_MORE;
	if (named)
		s->protocol = SOCKS_V4A;
	if (more == SOCKS_END || command != CMD_CONNECT || port == 0 ||
		login->user != NULL)
		return refuse(out);
	if (!named)
		socks_set_address(s, address.p, address.len);
	else if (!socks_set_host(s, name.p, name.len))
		return refuse(out);
	s->port = port;
	buf_consume(in, buf_len(in) - r.left);
	return SOCKS_CONNECT;
}
