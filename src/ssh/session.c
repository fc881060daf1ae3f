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

static void meet_doom(struct session *s)
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
	struct rd r = rd_of(buf_ptr(&held), buf_len(&held));

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

/* ---- authentication ---- */

static void auth_send(void *arg, const uint8_t *payload, size_t n)
{
	session_send(arg, payload, n);
}

static void auth_ask(void *arg, struct prompt *prompt)
{
	struct session *s = arg;

	s->ops->ask(s->arg, prompt);
}

static void auth_agent_sign(
	void *arg, struct slice key_blob, struct slice data, const char *alg)
{
	struct session *s = arg;

	s->ops->agent_sign(s->arg, key_blob, data, alg);
}

static void auth_banner(void *arg, const char *text)
{
	struct session *s = arg;

	s->ops->banner(s->arg, text);
}

static void auth_learned(void *arg, enum prompt_kind kind, const char *about,
	const struct secret *secret)
{
	struct session *s = arg;

	s->ops->learned(s->arg, kind, about, secret);
}

static void auth_over(void *arg, int err, const struct trouble *trouble,
	const char *method, const char *how)
{
	struct session *s = arg;

	if (err != 0) {
		session_fail(s, err, trouble);
		return;
	}
	if (s->phase != PHASE_AUTH)
		return;
	s->phase = PHASE_READY;
	s->alive_due_us =
		s->now_us + (uint64_t)s->config->alive_interval_s * 1000000;
	global_alive(s); /* a first round-trip time, before data flows */
	s->ops->ready(s->arg, method, how);
}

static const struct auth_ops auth_callbacks = {
	.send = auth_send,
	.ask = auth_ask,
	.agent_sign = auth_agent_sign,
	.banner = auth_banner,
	.learned = auth_learned,
	.done = auth_over,
};

void session_answer(struct session *s, const struct secret *answers, size_t n)
{
	if (s->phase == PHASE_AUTH)
		auth_answer(s->auth, answers, n);
}

void session_agent_signed(struct session *s, struct slice signature)
{
	if (s->phase == PHASE_AUTH)
		auth_agent_signed(s->auth, signature);
}

static void service_accepted(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);

	rd_u8(&r);
	if (s->phase != PHASE_SERVICE ||
		!slice_is(rd_string(&r), "ssh-userauth")) {
		session_protocol_error(s, "SERVICE_ACCEPT out of turn");
		return;
	}
	session_rtt_sample(s, s->now_us - s->service_sent_us);
	s->phase = PHASE_AUTH;
	auth_start(s->auth, (struct slice){buf_ptr(&s->kex.session_id),
				    buf_len(&s->kex.session_id)});
}

void session_kex_ended(struct session *s)
{
	struct buf b = BUF_INIT;

	if (s->phase == PHASE_KEX) {
		/* Only now: what host_key found may have changed the config. */
		s->auth = auth_new(&s->config->auth, &auth_callbacks, s);
		if (buf_len(&s->sig_algs) != 0)
			auth_server_sig_algs(
				s->auth, (struct slice){buf_ptr(&s->sig_algs),
						 buf_len(&s->sig_algs)});
		s->phase = PHASE_SERVICE;
		s->service_sent_us = s->now_us;
		buf_put_u8(&b, MSG_SERVICE_REQUEST);
		buf_put_cstring(&b, "ssh-userauth");
		session_send_buf(s, &b);
		buf_done(&b);
	}
	send_held(s);
	channel_unblock_all(s);
}

/* ---- receiving ---- */

static void take_disconnect(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	struct trouble t;
	uint32_t reason;
	char *text;

	rd_u8(&r);
	reason = rd_u32(&r);
	text = prompt_clean(rd_string(&r), TROUBLE_VALUE - 1);
	trouble_set(&t, ERR_DISCONNECTED);
	trouble_arg(&t, "reason", "%u", reason);
	trouble_arg(&t, "detail", "%s", text);
	free(text);
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
		service_accepted(s, payload);
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

	trouble_say(&t, err, "a packet does not verify");
	if (err == -ERR_PROTOCOL)
		session_protocol_error(s, "a packet's length is out of range");
	else
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
	meet_doom(s);
	if (kex_is_due(s))
		kex_start(s);
}

/* ---- time ---- */

uint64_t session_deadline_us(const struct session *s)
{
	uint64_t due = UINT64_MAX;

	if (s->doom != 0 && s->phase != PHASE_DOWN)
		return 0;
	if (s->phase != PHASE_READY)
		return due;
	if (s->config->alive_interval_s != 0)
		due = s->alive_due_us;
	if (s->probe_limit_us != 0 && s->probe_limit_us < due)
		due = s->probe_limit_us;
	if (s->flight_due_us != 0 && s->flight_due_us < due)
		due = s->flight_due_us;
	if (s->config->rekey_s != 0) {
		uint64_t rekey = s->kex.since_us +
				 (uint64_t)s->config->rekey_s * 1000000;

		if (!kex_runs(s) && rekey < due)
			due = rekey;
	}
	return due;
}

static void alive_lost(struct session *s, const char *why)
{
	struct trouble t;

	trouble_say(&t, ERR_LINK_LOST, "%s", why);
	go_down(s, ERR_LINK_LOST, &t, false);
}

static void alive_tick(struct session *s)
{
	uint64_t interval = (uint64_t)s->config->alive_interval_s * 1000000;
	bool silent = s->now_us - s->last_input_us >= interval;

	/* A busy link is asked as well, for its round-trip time; but any byte
	 * proves that it lives. */
	if (silent && s->alive_unanswered >= s->config->alive_count_max) {
		alive_lost(s, "keep-alive unanswered");
		return;
	}
	s->alive_due_us = s->now_us + interval;
	if (silent)
		s->alive_unanswered++;
	global_alive(s);
}

void session_tick(struct session *s, uint64_t now_us)
{
	s->now_us = now_us;
	meet_doom(s);
	if (s->phase != PHASE_READY)
		return;
	if (s->probe_limit_us != 0 && now_us >= s->probe_limit_us) {
		alive_lost(s, "no answer after a change of network or sleep");
		return;
	}
	if (kex_is_due(s))
		kex_start(s);
	channel_tick(s);
	if (s->config->alive_interval_s != 0 && now_us >= s->alive_due_us)
		alive_tick(s);
}

void session_probe(struct session *s, uint64_t now_us, uint64_t limit_us)
{
	if (s->phase != PHASE_READY || s->probe_limit_us != 0)
		return;
	s->now_us = now_us;
	s->probe_limit_us = now_us + limit_us;
	global_alive(s);
}

/* ---- facts ---- */

void session_rtt_sample(struct session *s, uint64_t rtt_us)
{
	if (rtt_us > UINT32_MAX)
		rtt_us = UINT32_MAX;
	if (rtt_us == 0)
		rtt_us = 1;
	s->rtt_us = (uint32_t)rtt_us;
	if (s->min_rtt_us == 0 || s->rtt_us < s->min_rtt_us)
		s->min_rtt_us = s->rtt_us;
}

bool session_is_ready(const struct session *s)
{
	return s->phase == PHASE_READY;
}

bool session_is_down(const struct session *s)
{
	return s->phase == PHASE_DOWN;
}

bool session_is_rekeying(const struct session *s)
{
	return kex_runs(s);
}

uint32_t session_rtt_us(const struct session *s)
{
	return s->rtt_us;
}

uint32_t session_min_rtt_us(const struct session *s)
{
	return s->min_rtt_us;
}

const char *session_server_version(const struct session *s)
{
	return s->version;
}

const char *session_cipher(const struct session *s)
{
	return s->kex.choice.cipher_out != NULL ? s->kex.choice.cipher_out->name
						: "";
}

const char *session_kex(const struct session *s)
{
	return s->kex.choice.kex != NULL ? kexdh_alg_name(s->kex.choice.kex)
					 : "";
}

const char *session_host_key_alg(const struct session *s)
{
	return s->kex.choice.host_key_alg;
}

size_t session_channels(const struct session *s)
{
	return s->n_channels;
}

uint64_t session_last_input_us(const struct session *s)
{
	return s->last_input_us;
}
