#include "ssh/session_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* What may wait for a server that does not read: far more than orderly use asks
 * for, and a bound for one that floods us with requests to answer. */
#define UNSENT_MAX (16 * 1024 * 1024)

#define REASON_MAX 256
/* As OpenSSH: lengths of passwords don't show. */
#define AUTH_PAD 64

struct session *session_new(const struct session_config *config,
	const struct session_ops *ops, void *arg)
{
	struct session *s = mem_zalloc(1, sizeof(*s));

	s->config = config;
	s->ops = ops;
	s->arg = arg;
	s->packet = packet_new();
	TAILQ_INIT(&s->replies);
	channel_table_init(s);
	return s;
}

void session_free(struct session *s)
{
	if (s == NULL)
		return;
	channel_table_down(s, false);
	global_done(s);
	auth_free(s->auth);
	kex_done(s);
	buf_wipe_done(&s->held);
	buf_done(&s->sig_algs);
	packet_free(s->packet);
	free(s);
}

void session_start(struct session *s, uint64_t now_us)
{
	s->now_us = s->last_input_us = now_us;
	s->phase = PHASE_VERSION;
	version_send(s);
}

/* ---- the end ---- */

static uint32_t disconnect_reason(int err)
{
	switch (err < 0 ? -err : err) {
	case ERR_MAC:
		return DISCONNECT_MAC_ERROR;
	case ERR_NO_COMMON_ALGORITHM:
	case ERR_CRYPTO:
		return DISCONNECT_KEY_EXCHANGE_FAILED;
	case ERR_HOST_KEY_UNKNOWN:
	case ERR_HOST_KEY_CHANGED:
	case ERR_HOST_KEY_REVOKED:
	case ERR_HOST_KEY_INVALID:
		return DISCONNECT_HOST_KEY_NOT_VERIFIABLE;
	case ERR_AUTH_FAILED:
		return DISCONNECT_NO_MORE_AUTH_METHODS;
	case ERR_NEED_INPUT:
	case ERR_CANCELLED:
		return DISCONNECT_AUTH_CANCELLED;
	case ERR_PROTOCOL:
		return DISCONNECT_PROTOCOL_ERROR;
	default:
		return DISCONNECT_BY_APPLICATION;
	}
}

static void send_disconnect(struct session *s, int err)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_DISCONNECT);
	buf_put_u32(&b, disconnect_reason(err));
	buf_put_cstring(&b, err == 0 ? "bye" : err_name(err));
	buf_put_cstring(&b, "");
	/* Nothing else can be done for a session whose cipher fails. */
	(void)!packet_send(s->packet, buf_ptr(&b), buf_len(&b));
	buf_done(&b);
}

static void go_down(
	struct session *s, int err, const struct trouble *trouble, bool say)
{
	struct trouble none;

	if (s->phase == PHASE_DOWN)
		return;
	if (say && s->phase != PHASE_NEW && s->phase != PHASE_VERSION)
		send_disconnect(s, err);
	s->phase = PHASE_DOWN;
	if (trouble == NULL || trouble->code == ERR_OK) {
		trouble_set(&none, err);
		trouble = &none;
	}
	channel_table_down(s, true);
	s->ops->down(s->arg, err > 0 ? -err : err, trouble);
}

void session_fail(struct session *s, int err, const struct trouble *trouble)
{
	go_down(s, err, trouble, true);
}

void session_disconnect(struct session *s)
{
	go_down(s, 0, NULL, true);
}

void session_protocol_error(struct session *s, const char *fmt, ...)
{
	struct trouble t;
	char text[REASON_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trouble_say(&t, ERR_PROTOCOL, "%s", text);
	session_fail(s, ERR_PROTOCOL, &t);
}

void session_input_end(struct session *s, const char *why)
{
	struct trouble t;

	trouble_say(&t, ERR_LINK_LOST, "%s", why);
	go_down(s, ERR_LINK_LOST, &t, false);
}

/* ---- sending ---- */

void session_doom(struct session *s, int err)
{
	if (s->doom == 0) {
		s->doom = err < 0 ? -err : err;
		s->ops->output(s->arg);
	}
}

void session_meet_doom(struct session *s)
{
	struct trouble t;

	if (s->doom == 0 || s->phase == PHASE_DOWN)
		return;
	if (s->doom == ERR_LIMIT)
		trouble_say(&t, ERR_LINK_LOST, "the server stopped reading");
	else
		trouble_say(&t, s->doom, "a packet could not be sealed");
	go_down(s, (int)t.code, &t, false);
}

static bool goes_during_kex(uint8_t type)
{
	return type < MSG_USERAUTH_FIRST && type != MSG_SERVICE_REQUEST;
}

static bool is_auth(uint8_t type)
{
	return type >= MSG_USERAUTH_FIRST && type <= MSG_USERAUTH_LAST;
}

void session_send(struct session *s, const void *payload, size_t n)
{
	uint8_t type = *(const uint8_t *)payload;
	int err;

	if (s->phase == PHASE_DOWN || s->doom != 0)
		return;
	if (packet_out_bytes(s->packet) + buf_len(&s->held) + n > UNSENT_MAX) {
		session_doom(s, ERR_LIMIT);
		return;
	}
	if (kex_runs(s) && !goes_during_kex(type)) {
		buf_put_string(&s->held, payload, n);
		return;
	}
	if (is_auth(type))
		packet_pad_next(s->packet, AUTH_PAD);
	err = packet_send(s->packet, payload, n);
	if (err != 0) {
		session_doom(s, err);
		return;
	}
	if (type == MSG_GLOBAL_REQUEST || type == MSG_PING)
		global_sent(s, type);
	s->ops->output(s->arg);
}

static void send_held(struct session *s)
{
	struct buf held = s->held;
	struct rd r = rd_slice(buf_slice(&held));

	s->held = (struct buf)BUF_INIT;
	while (r.left != 0) {
		struct slice payload = rd_string(&r);

		session_send(s, payload.p, payload.len);
	}
	buf_wipe_done(&held);
}

int session_output(const struct session *s, struct iovec *iov, int max)
{
	return packet_out_iov(s->packet, iov, max);
}

size_t session_output_bytes(const struct session *s)
{
	return packet_out_bytes(s->packet);
}

void session_output_done(struct session *s, size_t n)
{
	packet_out_done(s->packet, n);
	if (kex_is_due(s))
		kex_start(s);
}

void session_kex_ended(struct session *s)
{
	if (s->phase == PHASE_KEX)
		session_auth_begin(s);
	send_held(s);
	channel_unblock_all(s);
}

/* ---- receiving ---- */

static void take_disconnect(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	struct trouble t;
	uint32_t reason;
	struct slice text;

	rd_u8(&r);
	reason = rd_u32(&r);
	text = rd_string(&r);
	trouble_set(&t, ERR_DISCONNECTED);
	trouble_arg(&t, "reason", "%u", reason);
	trouble_arg(&t, "detail", "%.*s", (int)text.len, (const char *)text.p);
	go_down(s, ERR_DISCONNECTED, &t, false);
}

static void answer_unimplemented(struct session *s)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_UNIMPLEMENTED);
	buf_put_u32(&b, packet_in_seq(s->packet));
	session_send_buf(s, &b);
	buf_done(&b);
}

/* Strict KEX: until the server's first NEWKEYS nothing but the exchange. */
static bool breaks_strict_kex(const struct session *s, uint8_t type)
{
	if (s->phase != PHASE_KEX || !s->kex.strict || s->kex.peer_newkeys)
		return false;
	return type != MSG_DISCONNECT && type < MSG_KEXINIT;
}

static void take_transport(struct session *s, struct slice payload)
{
	switch (payload.p[0]) {
	case MSG_DISCONNECT:
		take_disconnect(s, payload);
		return;
	case MSG_IGNORE:
	case MSG_DEBUG:
		return;
	case MSG_UNIMPLEMENTED:
		global_unimplemented_input(s, payload);
		return;
	case MSG_SERVICE_ACCEPT:
		session_auth_accepted(s, payload);
		return;
	case MSG_EXT_INFO:
		if (s->phase == PHASE_KEX && !s->kex.peer_newkeys)
			session_protocol_error(s, "EXT_INFO in the clear");
		else
			global_ext_info(s, payload);
		return;
	default:
		/* Before our first NEWKEYS only the exchange may be sent. */
		if (s->phase == PHASE_KEX)
			session_protocol_error(s,
				"message %u in the first key exchange",
				payload.p[0]);
		else
			answer_unimplemented(s);
	}
}

static void take_auth(struct session *s, struct slice payload)
{
	if (s->phase != PHASE_AUTH || auth_input(s->auth, payload) != 0)
		session_protocol_error(s,
			"authentication message %u out of turn", payload.p[0]);
}

static void take_connection(struct session *s, struct slice payload)
{
	uint8_t type = payload.p[0];

	if (type == MSG_PING && s->phase >= PHASE_SERVICE)
		global_ping_input(s, payload);
	else if (s->phase != PHASE_READY)
		session_protocol_error(
			s, "message %u before authentication", type);
	else if (type == MSG_GLOBAL_REQUEST)
		global_request_input(s, payload);
	else if (type == MSG_REQUEST_SUCCESS || type == MSG_REQUEST_FAILURE)
		global_reply_input(s, payload);
	else if (type >= MSG_CHANNEL_OPEN && type <= MSG_CHANNEL_FAILURE)
		channel_input(s, payload);
	else if (type == MSG_PONG)
		global_pong_input(s, payload);
	else
		answer_unimplemented(s);
}

static void dispatch(struct session *s, struct slice payload)
{
	uint8_t type = payload.p[0];

	if (breaks_strict_kex(s, type))
		session_protocol_error(
			s, "strict KEX: message %u in the exchange", type);
	else if (type < MSG_KEXINIT)
		take_transport(s, payload);
	else if (type <= MSG_KEX_LAST)
		kex_input(s, payload);
	else if (type <= MSG_USERAUTH_LAST)
		take_auth(s, payload);
	else
		take_connection(s, payload);
}

uint8_t *session_input_space(struct session *s, size_t *ret_len)
{
	return packet_in_space(s->packet, ret_len);
}

static void begin_kex(struct session *s)
{
	s->phase = PHASE_KEX;
	kex_start(s);
}

static void packet_failed(struct session *s, int err)
{
	struct trouble t;

	if (err == -ERR_PROTOCOL) {
		session_protocol_error(s, "a packet's length is out of range");
		return;
	}
	trouble_say(&t, err, "a packet does not verify");
	session_fail(s, err, &t);
}

void session_input(struct session *s, size_t n, uint64_t now_us)
{
	struct slice payload;
	int err = 0;

	if (s->phase == PHASE_DOWN)
		return;
	s->now_us = now_us;
	s->last_input_us = now_us;
	s->alive_unanswered = 0;
	packet_in_commit(s->packet, n);
	if (s->phase == PHASE_VERSION && version_input(s))
		begin_kex(s);
	while (s->phase != PHASE_DOWN && s->phase != PHASE_VERSION &&
		s->doom == 0) {
		err = packet_next(s->packet, &payload);
		if (err != 0)
			break;
		dispatch(s, payload);
	}
	if (err != 0 && err != -ERR_AGAIN)
		packet_failed(s, err);
	session_meet_doom(s);
	if (kex_is_due(s))
		kex_start(s);
}
