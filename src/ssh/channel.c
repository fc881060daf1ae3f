/*
 * The table of channels and their messages.
 *
 *   OPENING ─confirmation→ OPEN ─our CLOSE→ CLOSING ─their CLOSE→ gone
 *   ASKED ─accept→ OPEN            OPENING ─failure→ gone
 *
 * Their CLOSE on an OPEN channel is answered at once and ends it. A number is
 * used again only when both CLOSEs have passed, so that late data can't reach
 * the wrong channel.
 */
#include "ssh/channel_private.h"

#include <stdlib.h>

#include "base/clean.h"
#include "base/mem.h"

#define TEXT_MAX       256
#define SLOTS_FIRST    16
#define OUT_PACKET_MAX (32u * 1024)

void channel_table_init(struct session *s)
{
	TAILQ_INIT(&s->blocked);
}

static void grow_table(struct session *s)
{
	uint32_t n = s->n_slots != 0 ? s->n_slots * 2 : SLOTS_FIRST;

	s->channels = mem_realloc(s->channels, n, sizeof(*s->channels));
	s->free_ids = mem_realloc(s->free_ids, n, sizeof(*s->free_ids));
	for (uint32_t id = n; id-- > s->n_slots;) {
		s->channels[id] = NULL;
		s->free_ids[s->n_free++] = id;
	}
	s->n_slots = n;
}

static struct channel *channel_new(struct session *s)
{
	struct channel *ch;

	if (s->phase != PHASE_READY || s->n_channels >= CHANNEL_CAP)
		return NULL;
	if (s->n_free == 0)
		grow_table(s);
	ch = mem_zalloc(1, sizeof(*ch));
	ch->session = s;
	ch->id = s->free_ids[--s->n_free];
	s->channels[ch->id] = ch;
	s->n_channels++;
	flow_init(ch);
	return ch;
}

static void channel_free(struct channel *ch)
{
	struct session *s = ch->session;

	if (ch->is_blocked)
		TAILQ_REMOVE(&s->blocked, ch, blocked);
	flow_done(ch);
	s->channels[ch->id] = NULL;
	s->free_ids[s->n_free++] = ch->id;
	s->n_channels--;
	free(ch);
}

void channel_table_down(struct session *s, bool tell)
{
	for (uint32_t id = 0; id < s->n_slots; id++) {
		struct channel *ch = s->channels[id];

		if (ch == NULL)
			continue;
		if (tell && ch->ops != NULL)
			ch->ops->closed(ch->arg, true);
		channel_free(ch);
	}
	free(s->channels);
	free(s->free_ids);
	s->channels = NULL;
	s->free_ids = NULL;
	s->n_slots = s->n_free = 0;
}

void channel_unblock_all(struct session *s)
{
	struct channel *ch;
	size_t n = 0;

	/* Those that block again go behind these. */
	TAILQ_FOREACH (ch, &s->blocked, blocked)
		n++;
	while (n-- != 0 && (ch = TAILQ_FIRST(&s->blocked)) != NULL)
		flow_unblock(ch);
}

/* ---- opening ---- */

static void put_open(struct buf *b, const struct channel *ch, const char *type)
{
	buf_put_u8(b, MSG_CHANNEL_OPEN);
	buf_put_cstring(b, type);
	buf_put_u32(b, ch->id);
	buf_put_u32(b, ch->in_window);
	buf_put_u32(b, CHANNEL_PACKET_MAX);
}

static struct channel *open_with(struct session *s, struct channel *ch,
	struct buf *b, const struct channel_ops *ops, void *arg)
{
	ch->life = LIFE_OPENING;
	ch->ops = ops;
	ch->arg = arg;
	session_send_buf(s, b);
	buf_done(b);
	return ch;
}

struct channel *channel_open_tcp(struct session *s, const char *host,
	uint16_t port, const char *originator, uint16_t originator_port,
	const struct channel_ops *ops, void *arg)
{
	struct channel *ch = channel_new(s);
	struct buf b = BUF_INIT;

	if (ch == NULL)
		return NULL;
	put_open(&b, ch, "direct-tcpip");
	buf_put_cstring(&b, host);
	buf_put_u32(&b, port);
	buf_put_cstring(&b, originator);
	buf_put_u32(&b, originator_port);
	return open_with(s, ch, &b, ops, arg);
}

struct channel *channel_open_unix(struct session *s, const char *path,
	const struct channel_ops *ops, void *arg)
{
	struct channel *ch = channel_new(s);
	struct buf b = BUF_INIT;

	if (ch == NULL)
		return NULL;
	put_open(&b, ch, "direct-streamlocal@openssh.com");
	buf_put_cstring(&b, path);
	buf_put_cstring(&b, ""); /* reserved, PROTOCOL §2.4 */
	buf_put_u32(&b, 0);
	return open_with(s, ch, &b, ops, arg);
}

static void send_refusal(struct session *s, uint32_t recipient, uint32_t reason,
	const char *text)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_CHANNEL_OPEN_FAILURE);
	buf_put_u32(&b, recipient);
	buf_put_u32(&b, reason);
	buf_put_cstring(&b, text);
	buf_put_cstring(&b, "");
	session_send_buf(s, &b);
	buf_done(&b);
}

void channel_claim(struct channel *ch, const struct channel_ops *ops, void *arg)
{
	ch->ops = ops;
	ch->arg = arg;
}

void channel_accept(struct channel *ch)
{
	struct buf b = BUF_INIT;

	ch->life = LIFE_OPEN;
	buf_put_u8(&b, MSG_CHANNEL_OPEN_CONFIRMATION);
	buf_put_u32(&b, ch->recipient);
	buf_put_u32(&b, ch->id);
	buf_put_u32(&b, ch->in_window);
	buf_put_u32(&b, CHANNEL_PACKET_MAX);
	session_send_buf(ch->session, &b);
	buf_done(&b);
}

void channel_refuse(struct channel *ch, uint32_t reason, const char *text)
{
	send_refusal(ch->session, ch->recipient, reason, text);
	channel_free(ch);
}

static void set_out_packet_max(struct channel *ch, uint32_t theirs)
{
	ch->out_packet_max = theirs < OUT_PACKET_MAX ? theirs : OUT_PACKET_MAX;
}

static void take_open(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	struct slice type, host, originator = {0};
	uint32_t recipient, window, packet_max, port = 0, originator_port = 0;
	struct channel *ch;
	bool is_path;

	rd_u8(&r);
	type = rd_string(&r);
	recipient = rd_u32(&r);
	window = rd_u32(&r);
	packet_max = rd_u32(&r);
	is_path = slice_is(type, "forwarded-streamlocal@openssh.com");
	if (!is_path && !slice_is(type, "forwarded-tcpip")) {
		if (rd_ok(&r))
			send_refusal(s, recipient, OPEN_UNKNOWN_CHANNEL_TYPE,
				"unknown channel type");
		else
			session_protocol_error(s, "malformed CHANNEL_OPEN");
		return;
	}
	host = rd_string(&r);
	if (!is_path) {
		port = rd_u32(&r);
		originator = rd_string(&r);
		originator_port = rd_u32(&r);
	}
	if (!rd_ok(&r)) {
		session_protocol_error(s, "malformed CHANNEL_OPEN");
		return;
	}
	ch = packet_max != 0 ? channel_new(s) : NULL;
	if (ch == NULL) {
		send_refusal(s, recipient, OPEN_RESOURCE_SHORTAGE,
			"too many channels");
		return;
	}
	ch->life = LIFE_ASKED;
	ch->recipient = recipient;
	ch->out_window = window;
	set_out_packet_max(ch, packet_max);
	s->ops->forwarded(
		s->arg, ch, host, port, is_path, originator, originator_port);
}

static void take_confirmation(struct channel *ch, struct rd *r)
{
	uint32_t packet_max;

	ch->recipient = rd_u32(r);
	ch->out_window = rd_u32(r);
	packet_max = rd_u32(r);
	if (!rd_ok(r) || packet_max == 0 || ch->life != LIFE_OPENING) {
		session_protocol_error(
			ch->session, "CHANNEL_OPEN_CONFIRMATION out of turn");
		return;
	}
	set_out_packet_max(ch, packet_max);
	ch->life = LIFE_OPEN;
	if (ch->ops != NULL)
		ch->ops->opened(ch->arg);
	else /* the caller left while it was opening */
		channel_close(ch);
}

static void take_failure(struct channel *ch, struct rd *r)
{
	uint32_t reason = rd_u32(r);
	struct slice words = rd_string(r);
	const struct channel_ops *ops = ch->ops;
	void *arg = ch->arg;
	char text[TEXT_MAX];

	if (!rd_ok(r) || ch->life != LIFE_OPENING) {
		session_protocol_error(
			ch->session, "CHANNEL_OPEN_FAILURE out of turn");
		return;
	}
	clean_line(text, sizeof(text), words.p, words.len);
	channel_free(ch);
	if (ops != NULL)
		ops->failed(arg, reason, text);
}

/* ---- while it is open ---- */

static void take_data(struct channel *ch, struct rd *r, bool extended)
{
	struct slice data;

	if (extended)
		rd_u32(r); /* the kind: stderr */
	data = rd_string(r);
	if (!rd_end(r) || ch->life == LIFE_OPENING || ch->life == LIFE_ASKED) {
		session_protocol_error(ch->session, "data out of turn");
		return;
	}
	if (ch->in == FLOW_EOF) {
		session_protocol_error(ch->session, "data after EOF");
		return;
	}
	if (!flow_received(ch, data.len)) {
		session_protocol_error(
			ch->session, "data past the channel's window");
		return;
	}
	/* Forwards have no extended data; it counts, and goes nowhere. Nor does
	 * what was under way when we closed. */
	if (ch->ops == NULL || extended)
		channel_consumed(ch, data.len, ch->session->now_us);
	else if (data.len != 0)
		ch->ops->data(ch->arg, data.p, data.len);
}

static void take_eof(struct channel *ch)
{
	if (ch->life == LIFE_OPENING || ch->life == LIFE_ASKED) {
		session_protocol_error(ch->session, "EOF out of turn");
		return;
	}
	if (ch->in == FLOW_EOF)
		return;
	ch->in = FLOW_EOF;
	if (ch->ops != NULL)
		ch->ops->eof(ch->arg);
}

static void send_short(struct channel *ch, uint8_t type)
{
	uint8_t payload[5] = {type, (uint8_t)(ch->recipient >> 24),
		(uint8_t)(ch->recipient >> 16), (uint8_t)(ch->recipient >> 8),
		(uint8_t)ch->recipient};

	session_send(ch->session, payload, sizeof(payload));
}

static void take_close(struct channel *ch)
{
	const struct channel_ops *ops = ch->ops;
	void *arg = ch->arg;

	if (ch->life == LIFE_OPENING || ch->life == LIFE_ASKED) {
		session_protocol_error(ch->session, "CLOSE out of turn");
		return;
	}
	if (ch->life == LIFE_OPEN)
		send_short(ch, MSG_CHANNEL_CLOSE);
	channel_free(ch);
	if (ops != NULL)
		ops->closed(arg, false);
}

/* exit-status and its like mean nothing here; whoever wants an answer gets no.
 */
static void take_request(struct channel *ch, struct rd *r)
{
	rd_string(r);
	if (rd_bool(r) && rd_ok(r) && ch->life == LIFE_OPEN)
		send_short(ch, MSG_CHANNEL_FAILURE);
}

static void take_adjust(struct channel *ch, struct rd *r)
{
	uint32_t n = rd_u32(r);

	if (!rd_end(r) || ch->life == LIFE_OPENING || ch->life == LIFE_ASKED)
		session_protocol_error(
			ch->session, "WINDOW_ADJUST out of turn");
	else if (!flow_adjusted(ch, n))
		session_protocol_error(
			ch->session, "the window is past 2^32 - 1");
}

void channel_input(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	uint8_t type = rd_u8(&r);
	struct channel *ch = NULL;
	uint32_t id;

	if (type == MSG_CHANNEL_OPEN) {
		take_open(s, payload);
		return;
	}
	id = rd_u32(&r);
	if (rd_ok(&r) && id < s->n_slots)
		ch = s->channels[id];
	if (ch == NULL) {
		session_protocol_error(
			s, "message %u for a channel that is not", type);
		return;
	}
	switch (type) {
	case MSG_CHANNEL_DATA:
		take_data(ch, &r, false);
		return;
	case MSG_CHANNEL_WINDOW_ADJUST:
		take_adjust(ch, &r);
		return;
	case MSG_CHANNEL_EXTENDED_DATA:
		take_data(ch, &r, true);
		return;
	case MSG_CHANNEL_OPEN_CONFIRMATION:
		take_confirmation(ch, &r);
		return;
	case MSG_CHANNEL_OPEN_FAILURE:
		take_failure(ch, &r);
		return;
	case MSG_CHANNEL_EOF:
		take_eof(ch);
		return;
	case MSG_CHANNEL_CLOSE:
		take_close(ch);
		return;
	case MSG_CHANNEL_REQUEST:
		take_request(ch, &r);
		return;
	default: /* replies to requests that we never make */
		return;
	}
}

/* ---- ending ---- */

void channel_eof(struct channel *ch)
{
	if (ch->out == FLOW_EOF || ch->life != LIFE_OPEN)
		return;
	ch->out = FLOW_EOF;
	send_short(ch, MSG_CHANNEL_EOF);
}

void channel_close(struct channel *ch)
{
	ch->ops = NULL;
	if (ch->is_blocked) {
		TAILQ_REMOVE(&ch->session->blocked, ch, blocked);
		ch->is_blocked = false;
	}
	switch (ch->life) {
	case LIFE_OPEN:
		ch->life = LIFE_CLOSING;
		send_short(ch, MSG_CHANNEL_CLOSE);
		return;
	case LIFE_ASKED:
		channel_refuse(ch, OPEN_CONNECT_FAILED, "");
		return;
	default: /* LIFE_OPENING: closed when the confirmation comes */
		return;
	}
}
