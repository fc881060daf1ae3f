/* ssh/version: what a server may say before and in its version line. */
#include "session_world.h"

#include "base/mem.h"
#include "ssh/session_private.h"

/* Feeds `text` in pieces of `step`; the server says nothing else. */
static void feed(const char *text, size_t len, size_t step)
{
	w.s = session_new(&w.config, &world_ops, &w);
	session_start(w.s, w.now_us);
	w.step = step;
	receive((const uint8_t *)text, len);
}

static void again(void)
{
	world_teardown(NULL);
	world_setup(NULL);
}

static void ours_is_sent_at_once(void **state)
{
	struct iovec iov;

	feed("", 0, 0);
	assert_int_equal(session_output(w.s, &iov, 1), 1);
	assert_memory_equal(iov.iov_base, "SSH-2.0-taupe_", 14);
	assert_memory_equal((char *)iov.iov_base + iov.iov_len - 2, "\r\n", 2);
	assert_true(iov.iov_len <= 255);
}

static void accepted(void **state)
{
	static const struct {
		const char *text, *version;
	} rows[] = {
		{"SSH-2.0-x\r\n", "SSH-2.0-x"},
		{"SSH-2.0-x\n", "SSH-2.0-x"},
		{"SSH-1.99-Cisco-1.25\n", "SSH-1.99-Cisco-1.25"},
		{"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
			"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3"},
		{"Hello\r\nSSH\n\n SSH-2.0-no\r\n\x1b[2J\xff\r\nSSH-2.0-x\r\n",
			"SSH-2.0-x"},
		{"SSH-2.0-\r\n", "SSH-2.0-"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t step = 0; step < 3; step++) {
			feed(rows[i].text, strlen(rows[i].text), step);
			assert_int_equal(w.n_down, 0);
			assert_int_equal(w.s->phase, PHASE_KEX);
			assert_string_equal(
				session_server_version(w.s), rows[i].version);
			again();
		}
}

static void refused(void **state)
{
	static const char *const rows[] = {
		"SSH-1.5-old\r\n",
		"SSH-2.1-new\r\n",
		"SSH-\r\n",
		"SSH-2.0-t\tab\r\n",
		"SSH-2.0-\x1b[2J\r\n",
		"SSH-2.0-caf\xc3\xa9\r\n",
		"SSH-2.0-x\r\r\n",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		feed(rows[i], strlen(rows[i]), 0);
		assert_down(-ERR_PROTOCOL);
		again();
	}
	feed("SSH-2.0-nul\0\r\n", 14, 0);
	assert_down(-ERR_PROTOCOL);
}

/* Nothing is said to what is no SSH server. */
static void no_disconnect_before_the_version(void **state)
{
	size_t before;

	feed("", 0, 0);
	before = session_output_bytes(w.s);
	receive((const uint8_t *)"SSH-1.5-old\n", 12);
	assert_down(-ERR_PROTOCOL);
	assert_int_equal(session_output_bytes(w.s), before);
}

/* Whoever will not talk says why in its first line, if at all. */
static void what_was_said_instead(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"", ""},
		{"Exceeded MaxStartups\r\n", "Exceeded MaxStartups"},
		{"Not allowed at this time", "Not allowed at this time"},
		{"one\ntwo\nthree", "one"},
		{"\x15\x03\x01\n", ""},
		{"SSH-2.0-x\r\n", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t step = 0; step < 3; step++) {
			feed(rows[i].text, strlen(rows[i].text), step);
			assert_int_equal(w.n_down, 0);
			assert_string_equal(
				session_server_said(w.s), rows[i].said);
			again();
		}
}

static void what_was_said_is_cut(void **state)
{
	char text[SAID_MAX * 2];

	memset(text, 'x', sizeof(text));
	feed(text, sizeof(text), 0);
	assert_int_equal(strlen(session_server_said(w.s)), SAID_MAX - 1);
}

/* A web server may hold the connection for long; a portal's is none of ours. */
static void a_web_server_is_known_at_once(void **state)
{
	static const char text[] = "HTTP/1.1 302 Found\r\nLocation: x\r\n";

	for (size_t step = 0; step < 3; step++) {
		feed(text, strlen(text), step);
		assert_down(-ERR_PROTOCOL);
		assert_string_equal(
			session_server_said(w.s), "HTTP/1.1 302 Found");
		again();
	}
}

static void long_lines(void **state)
{
	struct buf b = BUF_INIT;

	buf_put_cstring(&b, "SSH-2.0-");
	buf_consume(&b, 4);
	while (buf_len(&b) < 255)
		buf_put_u8(&b, 'x');
	buf_put(&b, "\r\n", 2);
	feed((char *)buf_ptr(&b), buf_len(&b), 0);
	assert_int_equal(w.n_down, 0);
	again();
	buf_ptr(&b)[255] = 'x';
	feed((char *)buf_ptr(&b), buf_len(&b), 0);
	assert_down(-ERR_PROTOCOL);
	buf_done(&b);
}

static void a_line_without_end(void **state)
{
	char *text = mem_alloc(20000);

	memset(text, 'x', 20000);
	text[8000] = '\n';
	for (size_t step = 0; step < 2; step++) {
		feed(text, 16000, step);
		assert_int_equal(w.n_down, 0);
		receive((const uint8_t *)text, 4000);
		assert_down(-ERR_PROTOCOL);
		again();
	}
	free(text);
}

static void lines_without_end(void **state)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < 1024; i++)
		buf_put(&b, "hello\r\n", 7);
	feed((char *)buf_ptr(&b), buf_len(&b), 0);
	assert_int_equal(w.n_down, 0);
	receive((const uint8_t *)"hello\n", 6);
	assert_down(-ERR_PROTOCOL);
	buf_done(&b);
}

static void goes_on_in_the_same_read(void **state)
{
	w.server.banner = "Welcome.\r\n\r\nNo loitering.\n";
	w.server.version = "SSH-2.0-Other with a comment";
	world_started_ready();
	assert_string_equal(
		session_server_version(w.s), "SSH-2.0-Other with a comment");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(ours_is_sent_at_once),
		T(accepted),
		T(refused),
		T(no_disconnect_before_the_version),
		T(what_was_said_instead),
		T(what_was_said_is_cut),
		T(a_web_server_is_known_at_once),
		T(long_lines),
		T(a_line_without_end),
		T(lines_without_end),
		T(goes_on_in_the_same_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
