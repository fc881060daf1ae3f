/* ssh/channel, ssh/flow: data, windows, the orders in which a channel ends, and
 * callbacks that change the table. */
#include "channel_world.h"

/* ---- data and windows ---- */

static void data_within_the_window(void **state)
{
	struct app *a = open_up(0);

	a->keep = true;
	for (uint32_t i = 0; i < CHANNEL_WINDOW_FIRST / 32768; i++)
		say_data(0, 32768);
	assert_int_equal(a->bytes, CHANNEL_WINDOW_FIRST);
	assert_int_equal(w.count[MSG_CHANNEL_WINDOW_ADJUST], 0);
	say_data(0, 0);
	assert_int_equal(w.n_down, 0);
	say_data(0, 1);
	assert_fell();
	assert_int_equal(a->bytes, CHANNEL_WINDOW_FIRST);
}

static void the_window_is_given_back(void **state)
{
	struct app *a = open_up(0);

	for (int i = 0; i < 1000; i++)
		say_data(0, 32768);
	assert_int_equal(a->bytes, 1000 * 32768);
	assert_true(w.count[MSG_CHANNEL_WINDOW_ADJUST] > 0);
	assert_int_equal(w.n_down, 0);
}

static void the_window_grows_within_its_budget(void **state)
{
	struct app *a = open_up(0), *b = open_up(1);

	w.budget.limit_bytes = CHANNEL_WINDOW_MAX;
	w.s->min_rtt_us = 100000;
	for (int i = 0; i < 5000; i++) {
		w.now_us += 500;
		say_data(0, 32768);
		say_data(1, 32768);
		assert_true(w.budget.used_bytes <= w.budget.limit_bytes);
	}
	assert_true(a->ch->in_window_max > CHANNEL_WINDOW_FIRST);
	assert_true(a->ch->in_window_max <= CHANNEL_WINDOW_MAX);
	assert_int_equal(a->ch->in_window_max + b->ch->in_window_max -
				 2 * CHANNEL_WINDOW_FIRST,
		w.budget.used_bytes);
	session_disconnect(w.s);
	assert_int_equal(w.budget.used_bytes, 0);
}

/* AsyncSSH and libssh give back half a window at a time: less in flight than
 * that would be waited for by both sides, for ever. */
static void a_peer_that_gives_back_seldom(void **state)
{
	static const uint64_t rates[] = {3, 10, 50, 200, 1000}; /* bytes a us */
	const uint32_t window = 2u << 20;

	for (size_t i = 0; i < 5; i++) {
		uint32_t taken = 0;
		uint64_t total = 0;
		struct app *a;

		fresh();
		a = open_one(0);
		say_confirm(0, window, 32768);
		w.s->min_rtt_us = 20000;
		while (total < 200u << 20) {
			size_t n, sent = 0;

			while ((n = write_some(a, SIZE_MAX)) != 0)
				sent += n;
			total += sent;
			taken += (uint32_t)sent;
			w.now_us += sent / rates[i] + 1;
			if (taken <= window / 2)
				break;
			say_adjust(0, taken);
			taken = 0;
		}
		assert_true(total >= 200u << 20);
	}
}

/* Blocked by what we dare to have in flight, the peer's window being open. */
static struct app *blocked_by_flight(unsigned i)
{
	struct app *a = open_up(i);

	a->ch->out_flight_max = 32768;
	assert_int_equal(write_some(a, SIZE_MAX), 32768);
	assert_int_equal(write_some(a, 1), 0);
	assert_true(w.s->flight_due_us != 0);
	return a;
}

static void tick_later(uint64_t us)
{
	w.now_us += us;
	session_tick(w.s, w.now_us);
}

static void a_full_flight_gets_more_in_time(void **state)
{
	struct app *a = blocked_by_flight(0), *b = blocked_by_flight(1);

	tick_later(1000000);
	assert_int_equal(a->n_writable, 1);
	assert_int_equal(b->n_writable, 1);
	assert_true(write_some(a, SIZE_MAX) > 0);
	assert_true(write_some(b, SIZE_MAX) > 0);
}

static void more_flight_ends_the_session(void **state)
{
	blocked_by_flight(0)->end_session = true;
	blocked_by_flight(1);
	tick_later(1000000);
	assert_int_equal(w.n_down, 1);
	assert_int_equal(w.app[1].n_closed, 1);
	assert_int_equal(w.app[1].n_writable, 0);
}

/* The window was closed when it blocked; what opens it leaves the flight full.
 */
static void an_opened_window_with_a_full_flight(void **state)
{
	struct app *a = open_up(0);

	while (write_some(a, SIZE_MAX) != 0)
		continue;
	assert_int_equal(a->ch->out_window, 0);
	a->ch->out_flight_max = 32768;
	say_adjust(0, 32768);
	assert_int_equal(a->n_writable, 0);
	tick_later(1000000);
	tick_later(1000000);
	assert_int_equal(a->n_writable, 1);
}

static void extended_data_counts(void **state)
{
	struct app *a = open_up(0);

	for (int i = 0; i < 100; i++) {
		struct buf b = BUF_INIT;

		buf_put_u8(&b, MSG_CHANNEL_EXTENDED_DATA);
		buf_put_u32(&b, 0);
		buf_put_u32(&b, 1);
		buf_put_u32(&b, 32768);
		memset(buf_reserve(&b, 32768), 'e', 32768);
		buf_commit(&b, 32768);
		say_buf(&b);
	}
	assert_int_equal(a->bytes, 0);
	assert_int_equal(w.n_down, 0);
	assert_true(w.count[MSG_CHANNEL_WINDOW_ADJUST] > 0);
}

static void data_that_lies_about_itself(void **state)
{
	for (int more = -1; more <= 1; more += 2) {
		struct buf b = BUF_INIT;

		fresh();
		open_up(0);
		buf_put_u8(&b, MSG_CHANNEL_DATA);
		buf_put_u32(&b, 0);
		buf_put_u32(&b, (uint32_t)(3 + more));
		buf_put(&b, "abc", 3);
		say_buf(&b);
		assert_fell();
		assert_int_equal(w.app[0].bytes, 0);
	}
}

static void sends_within_the_window(void **state)
{
	struct app *a = open_one(0);
	size_t total = 0, n;

	say_confirm(0, 100000, 1000);
	while ((n = write_some(a, SIZE_MAX)) != 0) {
		total += n;
		assert_true(buf_len(&w.last) <= 1000 + 9);
	}
	assert_int_equal(total, 100000);
	assert_int_equal(w.count[MSG_CHANNEL_DATA], 100);
	assert_int_equal(a->n_writable, 0);
	say_adjust(0, 7);
	assert_int_equal(a->n_writable, 1);
	assert_int_equal(write_some(a, SIZE_MAX), 7);
	assert_int_equal(buf_len(&w.last), 7 + 9);
}

static void packets_of_one_byte(void **state)
{
	struct app *a = open_one(0);
	size_t total = 0, n;

	say_confirm(0, 50, 1);
	while ((n = write_some(a, SIZE_MAX)) != 0)
		total += n;
	assert_int_equal(total, 50);
	assert_int_equal(w.count[MSG_CHANNEL_DATA], 50);
}

static void windows_past_32_bits(void **state)
{
	struct app *a = open_one(0);

	say_confirm(0, UINT32_MAX - 10, UINT32_MAX);
	assert_true(write_some(a, SIZE_MAX) > 0);
	say_adjust(0, 10);
	assert_int_equal(w.n_down, 0);
	say_adjust(0, UINT32_MAX);
	assert_fell();
}

static void a_key_exchange_blocks(void **state)
{
	struct app *a = open_up(0), *b = open_up(1);
	struct iovec iov;

	w.s->kex.phase = KEX_INIT;
	assert_int_equal(channel_reserve(a->ch, &iov, 1), 0);
	assert_int_equal(channel_reserve(b->ch, &iov, 1), 0);
	assert_int_equal(channel_reserve(b->ch, &iov, 1), 0);
	say_adjust(0, 10);
	assert_int_equal(a->n_writable, 0);
	w.s->kex.phase = KEX_IDLE;
	a->close_on_writable = b;
	session_kex_ended(w.s);
	assert_int_equal(a->n_writable, 1);
	assert_int_equal(b->n_writable, 0);
	take_output();
	assert_last(MSG_CHANNEL_CLOSE, THEIRS + 1);
}

static void a_doomed_session_takes_no_data(void **state)
{
	struct app *a = open_up(0);

	session_doom(w.s, ERR_CRYPTO);
	assert_int_equal(write_some(a, 1), 0);
	session_tick(w.s, w.now_us);
	assert_int_equal(a->n_closed, 1);
	assert_true(a->lost);
}

static void ends_inside_writable(void **state)
{
	struct iovec iov;

	for (unsigned i = 0; i < 10; i++)
		open_up(i);
	w.s->kex.phase = KEX_INIT;
	for (unsigned i = 0; i < 10; i++)
		channel_reserve(w.app[i].ch, &iov, 1);
	w.s->kex.phase = KEX_IDLE;
	w.app[3].end_session = true;
	session_kex_ended(w.s);
	assert_int_equal(w.n_down, 1);
	assert_int_equal(w.app[4].n_writable, 0);
	assert_int_equal(w.app[4].n_closed, 1);
}

/* ---- ends ---- */

static void half_close_by_peer_first(void **state)
{
	struct app *a = open_up(0);

	say_data(0, 10);
	say(MSG_CHANNEL_EOF, 0);
	say(MSG_CHANNEL_EOF, 0);
	assert_int_equal(a->n_eof, 1);
	assert_int_equal(write_some(a, 10), 10);
	channel_eof(a->ch);
	channel_eof(a->ch);
	take_output();
	assert_int_equal(w.count[MSG_CHANNEL_EOF], 1);
	assert_int_equal(write_some(a, 10), 0);
	close_it(a);
	take_output();
	say(MSG_CHANNEL_CLOSE, 0);
	assert_int_equal(session_channels(w.s), 0);
	assert_int_equal(a->n_closed, 0);
}

static void half_close_by_us_first(void **state)
{
	struct app *a = open_up(0);

	channel_eof(a->ch);
	take_output();
	say_data(0, 100);
	say_adjust(0, 100); /* late, for what we sent before */
	assert_int_equal(a->bytes, 100);
	say(MSG_CHANNEL_EOF, 0);
	say(MSG_CHANNEL_CLOSE, 0);
	assert_int_equal(a->n_closed, 1);
	assert_false(a->lost);
	assert_last(MSG_CHANNEL_CLOSE, THEIRS);
	assert_int_equal(session_channels(w.s), 0);
}

static void closed_without_eof(void **state)
{
	struct app *a = open_up(0);

	say(MSG_CHANNEL_CLOSE, 0);
	assert_int_equal(a->n_closed, 1);
	assert_int_equal(w.count[MSG_CHANNEL_CLOSE], 1);
	say(MSG_CHANNEL_CLOSE, 0);
	assert_fell();
}

/* What was under way when we closed is legal, and goes nowhere. */
static void crossing_our_close(void **state)
{
	struct app *a = open_up(0);
	struct buf b = BUF_INIT;

	close_it(a);
	take_output();
	say_data(0, 32768);
	say_adjust(0, 1000);
	buf_put_u8(&b, MSG_CHANNEL_REQUEST);
	buf_put_u32(&b, 0);
	buf_put_cstring(&b, "exit-status");
	buf_put_bool(&b, true);
	say_buf(&b);
	say(MSG_CHANNEL_EOF, 0);
	say(MSG_CHANNEL_SUCCESS, 0);
	assert_int_equal(a->bytes, 0);
	assert_int_equal(a->n_eof + a->n_closed, 0);
	assert_last(MSG_CHANNEL_CLOSE, THEIRS);
	assert_int_equal(session_channels(w.s), 1);
	say(MSG_CHANNEL_CLOSE, 0);
	assert_int_equal(session_channels(w.s), 0);
	assert_int_equal(w.count[MSG_CHANNEL_CLOSE], 1);
	assert_int_equal(w.n_down, 0);
}

static void too_much_after_our_close(void **state)
{
	close_it(open_up(0));
	for (uint32_t i = 0; i < CHANNEL_WINDOW_FIRST / 32768; i++)
		say_data(0, 32768);
	assert_int_equal(w.n_down, 0);
	say_data(0, 1);
	assert_fell();
}

static void data_after_eof(void **state)
{
	open_up(0);
	say(MSG_CHANNEL_EOF, 0);
	say_data(0, 1);
	assert_fell();
}

static void numbers_are_used_again_only_when_free(void **state)
{
	struct app *a = open_up(0), *b;

	close_it(a);
	take_output();
	b = open_one(1);
	assert_int_equal(b->ch->id, 1);
	say(MSG_CHANNEL_CLOSE, 0);
	a = open_up(0 + 2);
	assert_int_equal(a->ch->id, 0);
	say_data(0, 5);
	assert_int_equal(a->bytes, 5);
}

/* ---- callbacks that change the table ---- */

static void data_closes_another(void **state)
{
	struct app *a = open_up(0), *b = open_up(1);

	a->close_on_data = b;
	queue_data(0, 10);
	queue_data(1, 10);
	queue(MSG_CHANNEL_EOF, 1);
	queue(MSG_CHANNEL_CLOSE, 1);
	deliver();
	assert_int_equal(b->bytes + b->n_eof + b->n_closed, 0);
	assert_int_equal(session_channels(w.s), 1);
	assert_int_equal(w.n_down, 0);
}

static void data_closes_itself(void **state)
{
	struct app *a = open_up(0);

	a->close_on_data = a;
	queue_data(0, 10);
	queue_data(0, 10);
	queue(MSG_CHANNEL_EOF, 0);
	deliver();
	assert_int_equal(a->bytes, 10);
	assert_int_equal(a->n_eof, 0);
}

static void closed_closes_another(void **state)
{
	struct app *a = open_up(0), *b = open_up(1);

	a->close_on_closed = b;
	say(MSG_CHANNEL_CLOSE, 0);
	assert_last(MSG_CHANNEL_CLOSE, THEIRS + 1);
	assert_int_equal(b->n_closed, 0);
}

static void data_ends_the_session(void **state)
{
	for (unsigned i = 0; i < 20; i++)
		open_up(i);
	w.app[7].end_session = true;
	queue_data(7, 10);
	queue_data(8, 10);
	deliver();
	assert_int_equal(w.n_down, 1);
	assert_int_equal(w.err, 0);
	assert_int_equal(w.app[8].bytes, 0);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(w.app[i].n_closed, 1);
		assert_true(w.app[i].lost);
	}
}

static void the_fall_closes_others(void **state)
{
	for (unsigned i = 0; i < 20; i++)
		open_up(i);
	w.leave_asked = true;
	say_open("forwarded-tcpip", 5);
	w.app[0].close_on_closed = &w.app[1];
	w.app[2].close_on_closed = &w.app[MAX - 1];
	w.app[19].close_on_closed = &w.app[3];
	session_input_end(w.s, "reset");
	assert_int_equal(w.app[1].n_closed, 0);
	assert_int_equal(w.app[MAX - 1].n_closed, 0);
	assert_int_equal(w.app[3].n_closed, 1);
	assert_int_equal(session_channels(w.s), 0);
	assert_null(channel_open_tcp(w.s, "h", 1, "", 0, &app_ops, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(data_within_the_window),
		T(the_window_is_given_back),
		T(the_window_grows_within_its_budget),
		T(a_peer_that_gives_back_seldom),
		T(a_full_flight_gets_more_in_time),
		T(more_flight_ends_the_session),
		T(an_opened_window_with_a_full_flight),
		T(extended_data_counts),
		T(data_that_lies_about_itself),
		T(sends_within_the_window),
		T(packets_of_one_byte),
		T(windows_past_32_bits),
		T(a_key_exchange_blocks),
		T(a_doomed_session_takes_no_data),
		T(ends_inside_writable),
		T(half_close_by_peer_first),
		T(half_close_by_us_first),
		T(closed_without_eof),
		T(crossing_our_close),
		T(too_much_after_our_close),
		T(data_after_eof),
		T(numbers_are_used_again_only_when_free),
		T(data_closes_another),
		T(data_closes_itself),
		T(closed_closes_another),
		T(data_ends_the_session),
		T(the_fall_closes_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
