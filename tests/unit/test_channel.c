/* ssh/channel: opening, what comes out of turn, a full table. */
#include "channel_world.h"

/* ---- opening ---- */

static void opens(void **state)
{
	struct app *a = open_one(0);
	struct rd r = rd_of(buf_ptr(&w.last), buf_len(&w.last));
	struct iovec iov;

	rd_u8(&r);
	assert_true(slice_is(rd_string(&r), "direct-tcpip"));
	assert_int_equal(rd_u32(&r), a->ch->id);
	assert_int_equal(rd_u32(&r), CHANNEL_WINDOW_FIRST);
	assert_int_equal(rd_u32(&r), CHANNEL_PACKET_MAX);
	assert_true(slice_is(rd_string(&r), "h"));
	assert_int_equal(rd_u32(&r), 1);
	assert_true(slice_is(rd_string(&r), "127.0.0.1"));
	assert_int_equal(rd_u32(&r), 2);
	assert_true(rd_end(&r));
	assert_int_equal(channel_reserve(a->ch, &iov, 1), 0);
	say_confirm(a->ch->id, WINDOW, 32768);
	assert_int_equal(a->n_opened, 1);
	assert_int_equal(write_some(a, 10), 10);
	assert_last(MSG_CHANNEL_DATA, THEIRS);
}

static void opens_a_path(void **state)
{
	struct app *a = &w.app[0];
	struct rd r;

	a->ch = channel_open_unix(w.s, "/run/y", &app_ops, a);
	take_output();
	r = rd_of(buf_ptr(&w.last), buf_len(&w.last));
	rd_u8(&r);
	assert_true(slice_is(rd_string(&r), "direct-streamlocal@openssh.com"));
	rd_bytes(&r, 12);
	assert_true(slice_is(rd_string(&r), "/run/y"));
}

static void refused_with_a_reason(void **state)
{
	for (uint32_t reason = 0; reason < 6; reason++) {
		struct app *a = open_one(reason);
		struct buf b = BUF_INIT;

		buf_put_u8(&b, MSG_CHANNEL_OPEN_FAILURE);
		buf_put_u32(&b, a->ch->id);
		buf_put_u32(&b, reason);
		buf_put_cstring(&b, "\x1b]0;no\x07\n");
		buf_put_cstring(&b, "en");
		say_buf(&b);
		assert_int_equal(a->n_failed, 1);
		assert_int_equal(a->reason, reason);
		assert_string_equal(a->text, "?]0;no?");
	}
	assert_int_equal(session_channels(w.s), 0);
	assert_int_equal(w.n_down, 0);
}

static void refused_at_length(void **state)
{
	struct app *a = open_one(0);
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_CHANNEL_OPEN_FAILURE);
	buf_put_u32(&b, a->ch->id);
	buf_put_u32(&b, 2);
	buf_put_u32(&b, 60000);
	memset(buf_reserve(&b, 60000), 'x', 60000);
	buf_commit(&b, 60000);
	buf_put_cstring(&b, "");
	say_buf(&b);
	assert_int_equal(a->n_failed, 1);
	assert_true(strlen(a->text) < 256);
}

static void closed_while_opening(void **state)
{
	struct app *a = open_one(0), *b;

	close_it(a);
	take_output();
	assert_int_equal(w.count[MSG_CHANNEL_CLOSE], 0);
	say_confirm(0, WINDOW, 32768);
	assert_last(MSG_CHANNEL_CLOSE, THEIRS);
	assert_int_equal(a->n_opened, 0);
	b = open_one(1);
	assert_int_not_equal(b->ch->id, 0);
	say(MSG_CHANNEL_CLOSE, 0);
	assert_int_equal(a->n_closed, 0);
	assert_int_equal(session_channels(w.s), 1);
}

static void closed_while_opening_and_refused(void **state)
{
	struct app *a = open_one(0);
	struct buf b = BUF_INIT;

	close_it(a);
	buf_put_u8(&b, MSG_CHANNEL_OPEN_FAILURE);
	buf_put_u32(&b, 0);
	buf_put_u32(&b, 2);
	buf_put_cstring(&b, "");
	buf_put_cstring(&b, "");
	say_buf(&b);
	assert_int_equal(a->n_failed, 0);
	assert_int_equal(session_channels(w.s), 0);
}

static void forwarded_is_accepted(void **state)
{
	struct app *a = &w.app[MAX - 1];

	say_open("forwarded-tcpip", 77);
	assert_last(MSG_CHANNEL_OPEN_CONFIRMATION, 77);
	assert_int_equal(write_some(a, 3), 3);
	assert_last(MSG_CHANNEL_DATA, 77);
	say_open("forwarded-streamlocal@openssh.com", 78);
	assert_last(MSG_CHANNEL_OPEN_CONFIRMATION, 78);
	assert_int_equal(w.n_forwarded, 2);
	assert_int_equal(a->n_opened, 0);
}

static void forwarded_is_refused(void **state)
{
	w.refuse = true;
	say_open("forwarded-tcpip", 77);
	assert_last(MSG_CHANNEL_OPEN_FAILURE, 77);
	assert_int_equal(session_channels(w.s), 0);
}

static void forwarded_waits(void **state)
{
	struct app *a = &w.app[MAX - 1];

	w.leave_asked = true;
	say_open("forwarded-tcpip", 77);
	assert_int_equal(w.count[MSG_CHANNEL_OPEN_CONFIRMATION], 0);
	channel_accept(a->ch);
	take_output();
	assert_last(MSG_CHANNEL_OPEN_CONFIRMATION, 77);
	say_open("forwarded-tcpip", 78);
	close_it(a);
	take_output();
	assert_last(MSG_CHANNEL_OPEN_FAILURE, 78);
	say_open("forwarded-tcpip", 79);
	session_input_end(w.s, "reset");
	assert_int_equal(a->n_closed, 2); /* 77 and 79 */
}

static void other_kinds_are_refused(void **state)
{
	static const char *const kinds[] = {
		"session", "x11", "auth-agent@openssh.com", "", "direct-tcpip"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct buf b = BUF_INIT;

		buf_put_u8(&b, MSG_CHANNEL_OPEN);
		buf_put_cstring(&b, kinds[i]);
		buf_put_u32(&b, 5);
		buf_put_u32(&b, WINDOW);
		buf_put_u32(&b, 32768);
		say_buf(&b);
		assert_last(MSG_CHANNEL_OPEN_FAILURE, 5);
		assert_int_equal(buf_ptr(&w.last)[8], 3);
	}
	assert_int_equal(w.n_forwarded, 0);
	assert_int_equal(w.n_down, 0);
}

/* ---- out of turn ---- */

static void wrong_while_opening(void **state)
{
	static const uint8_t types[] = {MSG_CHANNEL_DATA,
		MSG_CHANNEL_EXTENDED_DATA, MSG_CHANNEL_EOF, MSG_CHANNEL_CLOSE,
		MSG_CHANNEL_WINDOW_ADJUST};

	for (size_t i = 0; i < sizeof(types); i++)
		for (int asked = 0; asked < 2; asked++) {
			struct buf b = BUF_INIT;

			fresh();
			w.leave_asked = true;
			if (asked != 0)
				say_open("forwarded-tcpip", 77);
			else
				open_one(0);
			buf_put_u8(&b, types[i]);
			buf_put_u32(&b, 0);
			if (types[i] == MSG_CHANNEL_EXTENDED_DATA)
				buf_put_u32(&b, 1);
			if (types[i] != MSG_CHANNEL_EOF &&
				types[i] != MSG_CHANNEL_CLOSE)
				buf_put_u32(&b, 0);
			say_buf(&b);
			assert_fell();
		}
}

static void confirmed_twice(void **state)
{
	open_up(0);
	say_confirm(0, WINDOW, 32768);
	assert_fell();
	assert_true(w.app[0].lost);
}

static void failed_after_confirmation(void **state)
{
	struct buf b = BUF_INIT;

	open_up(0);
	buf_put_u8(&b, MSG_CHANNEL_OPEN_FAILURE);
	buf_put_u32(&b, 0);
	buf_put_u32(&b, 2);
	buf_put_cstring(&b, "");
	say_buf(&b);
	assert_fell();
	assert_int_equal(w.app[0].n_failed, 0);
	assert_int_equal(w.app[0].n_closed, 1);
}

static void packets_of_nothing(void **state)
{
	open_one(0);
	say_confirm(0, WINDOW, 0);
	assert_fell();
}

static void unknown_channels(void **state)
{
	for (uint8_t type = MSG_CHANNEL_OPEN_CONFIRMATION;
		type <= MSG_CHANNEL_FAILURE; type++) {
		static const uint32_t ids[] = {1, 15, 16, 65536, UINT32_MAX};

		for (size_t i = 0; i < 5; i++) {
			fresh();
			open_up(0);
			say(type, ids[i]);
			assert_fell();
		}
	}
}

static void truncated_messages(void **state)
{
	for (uint8_t type = MSG_CHANNEL_OPEN; type <= MSG_CHANNEL_FAILURE;
		type++)
		for (size_t n = 1; n < 16; n++) {
			struct buf b = BUF_INIT;

			fresh();
			open_up(0);
			buf_put_u8(&b, type);
			while (buf_len(&b) < n)
				buf_put_u8(&b, 0);
			say_buf(&b);
		}
}

static void replies_to_requests_are_passed_over(void **state)
{
	open_up(0);
	say(MSG_CHANNEL_SUCCESS, 0);
	say(MSG_CHANNEL_FAILURE, 0);
	assert_int_equal(w.n_down, 0);
}

static void requests_get_no(void **state)
{
	struct buf b = BUF_INIT;

	open_up(0);
	for (int want = 0; want < 2; want++) {
		buf_put_u8(&b, MSG_CHANNEL_REQUEST);
		buf_put_u32(&b, 0);
		buf_put_cstring(&b,
			want != 0 ? "keepalive@openssh.com" : "exit-status");
		buf_put_bool(&b, want != 0);
		buf_put_u32(&b, 0);
		say_buf(&b);
		assert_int_equal(w.count[MSG_CHANNEL_FAILURE], want);
	}
	assert_int_equal(w.n_down, 0);
}

/* ---- many ---- */

static void thousands(void **state)
{
	struct app *many = mem_zalloc(CHANNEL_CAP, sizeof(*many));
	uint32_t id;

	for (id = 0; id < CHANNEL_CAP; id++) {
		many[id].ch = channel_open_tcp(
			w.s, "h", 1, "", 0, &app_ops, &many[id]);
		assert_non_null(many[id].ch);
		assert_int_equal(many[id].ch->id, id);
		if (id % 1000 == 0)
			take_output();
	}
	assert_null(channel_open_tcp(w.s, "h", 1, "", 0, &app_ops, NULL));
	take_output();
	say_open("forwarded-tcpip", 5);
	assert_last(MSG_CHANNEL_OPEN_FAILURE, 5);
	assert_int_equal(buf_ptr(&w.last)[8], OPEN_RESOURCE_SHORTAGE);
	assert_int_equal(w.n_forwarded, 0);
	say_confirm(10000, WINDOW, 32768);
	close_it(&many[10000]);
	say(MSG_CHANNEL_CLOSE, 10000);
	many[10000].ch =
		channel_open_tcp(w.s, "h", 1, "", 0, &app_ops, &many[10000]);
	assert_int_equal(many[10000].ch->id, 10000);
	session_input_end(w.s, "reset");
	for (id = 0; id < CHANNEL_CAP; id++)
		assert_int_equal(many[id].n_closed, 1);
	free(many);
}

static void freed_with_many_open(void **state)
{
	for (unsigned i = 0; i < 40; i++)
		open_up(i);
	session_free(w.s);
	w.s = NULL;
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(w.app[i].n_closed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(opens),
		T(opens_a_path),
		T(refused_with_a_reason),
		T(refused_at_length),
		T(closed_while_opening),
		T(closed_while_opening_and_refused),
		T(forwarded_is_accepted),
		T(forwarded_is_refused),
		T(forwarded_waits),
		T(other_kinds_are_refused),
		T(wrong_while_opening),
		T(confirmed_twice),
		T(failed_after_confirmation),
		T(packets_of_nothing),
		T(unknown_channels),
		T(truncated_messages),
		T(replies_to_requests_are_passed_over),
		T(requests_get_no),
		T(thousands),
		T(freed_with_many_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
