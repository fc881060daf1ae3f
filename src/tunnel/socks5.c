/*
 * SOCKS5, RFC 1928, with its username/password method, RFC 1929: greeting,
 * login when one is asked for, request. A client need not wait between them.
 */
#include "base/rd.h"
#include "tunnel/socks_internal.h"

enum phase { PHASE_GREETING, PHASE_LOGIN, PHASE_REQUEST };

#define VERSION       5
#define LOGIN_VERSION 1
#define CMD_CONNECT   1
#define ADDRESS_IPV4  1
#define ADDRESS_NAME  3
#define ADDRESS_IPV6  4

enum method { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff };

enum reply {
	REPLY_OK = 0,
	REPLY_FAILURE = 1,
	REPLY_NOT_ALLOWED = 2,
	REPLY_NETWORK_UNREACHABLE = 3,
	REPLY_HOST_UNREACHABLE = 4,
	REPLY_REFUSED = 5,
	REPLY_EXPIRED = 6,
	REPLY_COMMAND = 7,
	REPLY_ADDRESS_TYPE = 8,
};

static void put_reply(struct buf *out, enum reply code)
{
	buf_put_u8(out, VERSION);
	buf_put_u8(out, (uint8_t)code);
	buf_put_u8(out, 0);
	/* Where the server's end is bound is not known: 0.0.0.0:0. */
	buf_put_u8(out, ADDRESS_IPV4);
	buf_put(out, "\0\0\0\0\0\0", 6);
}

void socks5_reply(int err, struct buf *out)
{
	static const struct {
		enum err err;
		enum reply reply;
	} table[] = {
		{ERR_OK, REPLY_OK},
		{ERR_TARGET_REFUSED, REPLY_REFUSED},
		{ERR_LOCAL_REFUSED, REPLY_REFUSED},
		{ERR_TARGET_UNREACHABLE, REPLY_HOST_UNREACHABLE},
		{ERR_HOST_UNREACHABLE, REPLY_HOST_UNREACHABLE},
		{ERR_DNS_FAILED, REPLY_HOST_UNREACHABLE},
		{ERR_TARGET_PROHIBITED, REPLY_NOT_ALLOWED},
		{ERR_LINK_LOST, REPLY_NETWORK_UNREACHABLE},
		{ERR_DISCONNECTED, REPLY_NETWORK_UNREACHABLE},
		{ERR_TIMEOUT, REPLY_EXPIRED},
		{ERR_CONNECT_TIMEOUT, REPLY_EXPIRED},
	};
	enum reply reply = REPLY_FAILURE;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((int)table[i].err == err)
			reply = table[i].reply;
	put_reply(out, reply);
}

static enum socks_result refuse(struct buf *out, enum reply code)
{
	put_reply(out, code);
	return SOCKS_END;
}

static enum socks_result read_greeting(struct socks *s, struct buf *in,
	struct buf *out, const struct socks_login *login)
{
	struct rd r = rd_of(buf_ptr(in), buf_len(in));
	bool none = false, password = false;
	enum method method = METHOD_REFUSED;
	struct slice offered;

	rd_u8(&r);
	offered = rd_bytes(&r, rd_u8(&r));
	if (!rd_ok(&r))
		return SOCKS_MORE;
	for (size_t i = 0; i < offered.len; i++) {
		none |= offered.p[i] == METHOD_NONE;
		password |= offered.p[i] == METHOD_PASSWORD;
	}
	/* A client that has nothing but a password to offer is let in with it
	 * when none is asked for. */
	if (none && login->user == NULL)
		method = METHOD_NONE;
	else if (password)
		method = METHOD_PASSWORD;
	buf_put_u8(out, VERSION);
	buf_put_u8(out, (uint8_t)method);
	buf_consume(in, buf_len(in) - r.left);
	s->phase = method == METHOD_PASSWORD ? PHASE_LOGIN : PHASE_REQUEST;
	return method == METHOD_REFUSED ? SOCKS_END : SOCKS_CONNECT;
}

static enum socks_result read_login(struct socks *s, struct buf *in,
	struct buf *out, const struct socks_login *login)
{
	struct rd r = rd_of(buf_ptr(in), buf_len(in));
	struct slice user, password;
	bool good;

	good = rd_u8(&r) == LOGIN_VERSION;
	if (good) {
		user = rd_bytes(&r, rd_u8(&r));
		password = rd_bytes(&r, rd_u8(&r));
		if (!rd_ok(&r))
			return SOCKS_MORE;
		if (login->user != NULL) {
			/* Both are always compared. */
			good = socks_same(user.p, user.len, login->user);
			good &= socks_same(
				password.p, password.len, login->password);
		}
	}
	socks_forget(in, buf_len(in) - r.left);
	buf_put_u8(out, LOGIN_VERSION);
	buf_put_u8(out, good ? 0 : 1);
	s->phase = PHASE_REQUEST;
	return good ? SOCKS_CONNECT : SOCKS_END;
}

static enum socks_result read_request(
	struct socks *s, struct buf *in, struct buf *out)
{
	struct rd r = rd_of(buf_ptr(in), buf_len(in));
	uint8_t command, type;
	struct slice address;
	uint16_t port;

	if (*buf_ptr(in) != VERSION)
		return refuse(out, REPLY_FAILURE);
	rd_u8(&r);
	command = rd_u8(&r);
	rd_u8(&r);
	type = rd_u8(&r);
	if (!rd_ok(&r))
		return SOCKS_MORE;
	if (type == ADDRESS_NAME)
		address = rd_bytes(&r, rd_u8(&r));
	else if (type == ADDRESS_IPV4)
		address = rd_bytes(&r, 4);
	else if (type == ADDRESS_IPV6)
		address = rd_bytes(&r, 16);
	else
		return refuse(out, REPLY_ADDRESS_TYPE);
	port = (uint16_t)(rd_u8(&r) << 8);
	port |= rd_u8(&r);
	if (!rd_ok(&r))
		return SOCKS_MORE;
	if (command != CMD_CONNECT)
		return refuse(out, REPLY_COMMAND);
	if (type != ADDRESS_NAME)
		socks_set_address(s, address.p, address.len);
	else if (!socks_set_host(s, address.p, address.len))
		return refuse(out, REPLY_FAILURE);
	if (port == 0)
		return refuse(out, REPLY_FAILURE);
	s->port = port;
	buf_consume(in, buf_len(in) - r.left);
	return SOCKS_CONNECT;
}

enum socks_result socks5_input(struct socks *s, struct buf *in, struct buf *out,
	const struct socks_login *login)
{
	enum socks_result result = SOCKS_CONNECT;

	if (s->phase == PHASE_GREETING)
		result = read_greeting(s, in, out, login);
	if (result == SOCKS_CONNECT && s->phase == PHASE_LOGIN)
		result = buf_len(in) != 0 ? read_login(s, in, out, login)
					  : SOCKS_MORE;
	if (result == SOCKS_CONNECT)
		result = buf_len(in) != 0 ? read_request(s, in, out)
					  : SOCKS_MORE;
	return result;
}
