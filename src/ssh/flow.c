/*
 * Windows, RFC 4254 §5.2, both ways.
 *
 * In: the window we grant starts at OpenSSH's 2 MiB. When a round trip carries
 * half of it, it doubles, up to 15 MiB, as long as the budget of the thread
 * lasts. The round-trip time is the session's least, so that queues do not pass
 * for distance.
 *
 * Out: what is in flight is what was sent and not yet given back by
 * WINDOW_ADJUST. The peer gives back what its destination took, so the rate of
 * that times the round-trip time is what the path holds; more than that plus a
 * little only stands in queues, in front of every other connection. A slow
 * destination thus holds back its own channel and no other.
 */
#include "ssh/channel_private.h"

#define EPOCH_MIN_US 1000
/* Time that the peer and the machines between may take on top of the path. */
#define FLIGHT_SLACK_US  4000
#define FLIGHT_MIN_BYTES (256u * 1024)
/* Nothing given back for so long, with the flight full: it may be too small. */
#define FLIGHT_STALL_US 250000
/* Less is not given back to the peer's window at a time. */
#define ADJUST_MIN_BYTES (256u * 1024)
/* type, recipient channel, data length */
#define DATA_HEAD 9

static uint32_t first_window(const struct session *s)
{
	if (s->n_channels <= CHANNEL_FIRST)
		return CHANNEL_WINDOW_FIRST;
	return s->n_channels <= CHANNEL_SMALL ? CHANNEL_WINDOW_SMALL
					      : CHANNEL_WINDOW_LEAST;
}

void flow_init(struct channel *ch)
{
	ch->in_window_first = first_window(ch->session);
	ch->in_window = ch->in_window_max = ch->in_window_first;
	ch->out_flight_max = UINT32_MAX;
}

/* ---- receiving ---- */

bool flow_received(struct channel *ch, size_t n)
{
	if (n > ch->in_window)
		return false;
	ch->in_window -= (uint32_t)n;
	return true;
}

static uint64_t epoch_len_us(const struct session *s)
{
	return s->min_rtt_us > EPOCH_MIN_US ? s->min_rtt_us : EPOCH_MIN_US;
}

static void grow_window(struct channel *ch)
{
	struct window_budget *b = ch->session->config->budget;
	uint32_t more = CHANNEL_WINDOW_MAX - ch->in_window_max;

	if (more > ch->in_window_max)
		more = ch->in_window_max;
	if (more > b->limit_bytes - b->used_bytes)
		more = (uint32_t)(b->limit_bytes - b->used_bytes);
	b->used_bytes += more;
	ch->in_window_max += more;
	ch->in_credit += more;
}

void flow_done(struct channel *ch)
{
	ch->session->config->budget->used_bytes -=
		ch->in_window_max - ch->in_window_first;
}

static void in_epoch(struct channel *ch, size_t n, uint64_t now_us)
{
	struct session *s = ch->session;
	uint64_t elapsed = now_us - ch->in_epoch.start_us;

	ch->in_epoch.bytes += n;
	if (elapsed < epoch_len_us(s))
		return;
	if (ch->in_window_max < CHANNEL_WINDOW_MAX &&
		ch->in_epoch.bytes * s->min_rtt_us / elapsed >=
			ch->in_window_max / 2)
		grow_window(ch);
	ch->in_epoch.start_us = now_us;
	ch->in_epoch.bytes = 0;
}

static void send_adjust(struct channel *ch)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_CHANNEL_WINDOW_ADJUST);
	buf_put_u32(&b, ch->recipient);
	buf_put_u32(&b, ch->in_credit);
	ch->in_window += ch->in_credit;
	ch->in_credit = 0;
	session_send_buf(ch->session, &b);
	buf_done(&b);
}

/* Early enough that the peer never waits for it, seldom enough to cost nothing.
 */
static uint32_t adjust_at(const struct channel *ch)
{
	uint32_t least = ch->in_window_max / 4;

	if (least > ADJUST_MIN_BYTES)
		least = ADJUST_MIN_BYTES;
	return least > ch->in_window_max / 32 ? least : ch->in_window_max / 32;
}

void channel_consumed(struct channel *ch, size_t n, uint64_t now_us)
{
	ch->in_credit += (uint32_t)n;
	if (ch->life != LIFE_OPEN || ch->in == FLOW_EOF)
		return;
	in_epoch(ch, n, now_us);
	if (ch->in_credit >= adjust_at(ch))
		send_adjust(ch);
}

/* ---- sending ---- */

/* Blocked by what we dare to have in flight, not by the peer's window:
 * channel_tick looks after it. */
static void watch_flight(const struct channel *ch)
{
	struct session *s = ch->session;

	if (ch->out_window != 0 && s->flight_due_us == 0)
		s->flight_due_us = s->now_us + FLIGHT_STALL_US;
}

static void block(struct channel *ch)
{
	if (ch->is_blocked)
		return;
	watch_flight(ch);
	ch->is_blocked = true;
	TAILQ_INSERT_TAIL(&ch->session->blocked, ch, blocked);
}

void flow_unblock(struct channel *ch)
{
	if (!ch->is_blocked)
		return;
	ch->is_blocked = false;
	TAILQ_REMOVE(&ch->session->blocked, ch, blocked);
	if (ch->ops != NULL)
		ch->ops->writable(ch->arg);
}

static uint32_t room(const struct channel *ch)
{
	uint64_t flight = ch->out_in_flight < ch->out_flight_max
				  ? ch->out_flight_max - ch->out_in_flight
				  : 0;

	return flight < ch->out_window ? (uint32_t)flight : ch->out_window;
}

int channel_reserve(struct channel *ch, struct iovec *iov, int max)
{
	struct session *s = ch->session;
	uint32_t left = room(ch);
	uint8_t *first;
	size_t stride;
	int n;

	if (ch->life != LIFE_OPEN || ch->out == FLOW_EOF ||
		s->phase != PHASE_READY || s->doom != 0)
		return 0;
	if (left == 0)
		ch->out_limited = true;
	if (left == 0 || kex_runs(s)) {
		block(ch);
		return 0;
	}
	n = packet_reserve_run(s->packet, DATA_HEAD + ch->out_packet_max, max,
		&first, &stride);
	for (int i = 0; i < n; i++) {
		uint32_t len =
			left < ch->out_packet_max ? left : ch->out_packet_max;

		if (len == 0)
			return i;
		iov[i].iov_base = first + (size_t)i * stride + DATA_HEAD;
		iov[i].iov_len = len;
		left -= len;
	}
	return n;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static bool commit_one(struct channel *ch, size_t n)
{
	struct session *s = ch->session;
	/* The same place that channel_reserve gave. */
	uint8_t *p = packet_reserve(s->packet, DATA_HEAD + n);
	int err;

	p[0] = MSG_CHANNEL_DATA;
	put_u32(p + 1, ch->recipient);
	put_u32(p + 5, (uint32_t)n);
	ch->out_window -= (uint32_t)n;
	ch->out_in_flight += n;
	err = packet_commit(s->packet, DATA_HEAD + n);
	if (err != 0)
		session_doom(s, err);
	return err == 0;
}

void channel_commit(struct channel *ch, size_t n)
{
	while (n > ch->out_packet_max) {
		if (!commit_one(ch, ch->out_packet_max))
			return;
		n -= ch->out_packet_max;
	}
	(void)commit_one(ch, n);
}

/* Sets what may be in flight from what was given back in the last epoch. */
static void out_epoch(struct channel *ch, uint32_t n)
{
	struct session *s = ch->session;
	uint64_t elapsed = s->now_us - ch->out_epoch.start_us, bytes, limit;
	bool limited = ch->out_limited;

	ch->out_epoch.bytes += n;
	if (elapsed < epoch_len_us(s))
		return;
	bytes = ch->out_epoch.bytes;
	ch->out_epoch.start_us = s->now_us;
	ch->out_epoch.bytes = 0;
	ch->out_limited = false;
	/* An epoch with a pause, or in which we had too little to send, says
	 * nothing about the path. */
	if (!limited || elapsed > 16 * epoch_len_us(s) || s->min_rtt_us == 0)
		return;
	limit = bytes * (s->min_rtt_us + s->min_rtt_us / 4 + FLIGHT_SLACK_US) /
		elapsed;
	if (limit < FLIGHT_MIN_BYTES)
		limit = FLIGHT_MIN_BYTES;
	/* A peer that gives back half a window at a time (AsyncSSH, libssh)
	 * waits for that much: with less in flight both sides would wait. */
	if (limit < ch->out_step + (uint64_t)ch->out_step / 4)
		limit = ch->out_step + (uint64_t)ch->out_step / 4;
	/* Down gently, so that one slow epoch does not starve the next. */
	if (ch->out_flight_max != UINT32_MAX && limit < ch->out_flight_max)
		limit = ch->out_flight_max - (ch->out_flight_max - limit) / 4;
	ch->out_flight_max = limit;
}

/* Nothing was given back for so long that the peer may wait for more. */
static bool is_stalled(const struct channel *ch)
{
	const struct session *s = ch->session;

	return ch->out_window != 0 && !kex_runs(s) &&
	       s->now_us - ch->out_given_us >=
		       FLIGHT_STALL_US + 2 * (uint64_t)s->min_rtt_us;
}

void channel_tick(struct session *s)
{
	struct channel *ch;
	size_t n = 0;

	if (s->flight_due_us == 0 || s->now_us < s->flight_due_us)
		return;
	s->flight_due_us = 0;
	TAILQ_FOREACH (ch, &s->blocked, blocked)
		n++;
	/* Each goes to the end, and none is held over a callback, which may
	 * take others out of the queue. */
	while (n-- != 0 && (ch = TAILQ_FIRST(&s->blocked)) != NULL) {
		watch_flight(ch);
		if (is_stalled(ch)) {
			ch->out_flight_max =
				2 * ch->out_in_flight + FLIGHT_MIN_BYTES;
			flow_unblock(ch);
		} else {
			TAILQ_REMOVE(&s->blocked, ch, blocked);
			TAILQ_INSERT_TAIL(&s->blocked, ch, blocked);
		}
	}
}

bool flow_adjusted(struct channel *ch, uint32_t n)
{
	if (n > UINT32_MAX - ch->out_window)
		return false;
	ch->out_window += n;
	ch->out_given_us = ch->session->now_us;
	if (n > ch->out_step)
		ch->out_step = n;
	else
		ch->out_step -= (ch->out_step - n) / 8;
	ch->out_in_flight -= n < ch->out_in_flight ? n : ch->out_in_flight;
	out_epoch(ch, n);
	if (room(ch) == 0)
		watch_flight(ch);
	else if (!kex_runs(ch->session))
		flow_unblock(ch);
	return true;
}
