/* cli/display_*: what the three displays show, in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "cli/display.h"
#include "cli/human.h"

/* 2026-11-23T04:54:16.250Z */
#define WALL_MS 1795409656250ull

static struct forward_spec specs[3];
static struct run_state state;
static int ends[2];
static char shown[16384];

static int set_up(void **unused)
{
	static const struct {
		enum forward_type type;
		const char *text;
	} rows[] = {
		{FORWARD_LOCAL, "127.0.0.1:3307:127.0.0.1:3306"},
		{FORWARD_REMOTE, "0.0.0.0:8080:127.0.0.1:3000"},
		{FORWARD_DYNAMIC, "127.0.0.1:0"},
	};
	struct trouble t;

	setenv("TZ", "UTC", 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(forward_spec_parse(rows[i].type, rows[i].text,
					 &specs[i], &t),
			0);
		specs[i].name = mem_strdup(rows[i].text);
	}
	run_state_init(&state, "me@host", specs, 3);
	assert_int_equal(pipe(ends), 0);
	return 0;
}

static int tear_down(void **unused)
{
	run_state_done(&state);
	for (int i = 0; i < 3; i++)
		forward_spec_done(&specs[i]);
	close(ends[0]);
	close(ends[1]);
	catalog_set_lang(LANG_EN);
	return 0;
}

static struct event *make(enum event_kind kind)
{
	struct event *e = event_new(kind, 1);

	e->wall_ms = WALL_MS;
	return e;
}

/* Applies and shows one event, and frees it. `now` in milliseconds. */
static void show(struct display *d, struct event *e, uint64_t now)
{
	run_state_apply(&state, e, now);
	d->ops->event(d, e);
	event_free(e);
}

/* Everything written so far. */
static const char *output(void)
{
	ssize_t n;

	if (write(ends[1], "", 1) != 1)
		fail();
	n = read(ends[0], shown, sizeof(shown));
	assert_true(n > 0);
	return shown;
}

static struct event *server(enum tunnel_state s)
{
	struct event *e = make(EVENT_SERVER);

	e->state = s;
	return e;
}

static struct event *forward(uint32_t id, enum tunnel_state s)
{
	struct event *e = make(EVENT_FORWARD);

	e->forward_id = id;
	e->state = s;
	return e;
}

static struct event *lost(void)
{
	struct event *e = server(STATE_RECONNECTING);

	trouble_say(&e->trouble, ERR_LINK_LOST, "reset");
	e->up_ms = 11533000;
	e->next_try_ms = 500;
	return e;
}

static struct event *refused(void)
{
	struct event *e = forward(2, STATE_ERROR);

	trouble_set(&e->trouble, ERR_REMOTE_LISTEN_REFUSED);
	trouble_arg(&e->trouble, "address", "0.0.0.0:8080");
	return e;
}

static struct event *picked(void)
{
	struct event *e = forward(3, STATE_CONNECTED);

	e->bound_port = 40123;
	return e;
}

static struct event *counted(uint64_t in, uint64_t out)
{
	struct event *e = make(EVENT_STATS);

	e->stats =
		mem_zalloc(1, sizeof(*e->stats) + sizeof(e->stats->forward[0]));
	e->stats->links = 1;
	e->stats->rtt_us = 12340;
	e->stats->up_since_ms = WALL_MS - 65000;
	e->stats->n_forwards = 1;
	snprintf(e->stats->cipher, sizeof(e->stats->cipher),
		"aes128-gcm@openssh.com");
	e->stats->forward[0] = (struct stats_forward){.forward_id = 1,
		.state = STATE_CONNECTED,
		.connections = 2,
		.connections_total = 9,
		.bytes_in = in,
		.bytes_out = out};
	return e;
}

static void play(struct display *d)
{
	show(d, server(STATE_CONNECTING), 1000);
	show(d, server(STATE_CONNECTED), 2000);
	show(d, forward(1, STATE_CONNECTED), 2000);
	show(d, picked(), 2000);
	show(d, refused(), 2000);
	show(d, lost(), 3000);
}

static void plain_english(void **unused)
{
	struct display *d = display_plain_new(&state, ends[1], false);

	play(d);
	assert_string_equal(output(),
		"2026-11-23 04:54:16 Connecting to me@host.\n"
		"2026-11-23 04:54:16 Connected to me@host.\n"
		"2026-11-23 04:54:16 Local 127.0.0.1:3307 → 127.0.0.1:3306: "
		"connected.\n"
		"2026-11-23 04:54:16 Dynamic 127.0.0.1:40123 → SOCKS: "
		"connected.\n"
		"2026-11-23 04:54:16 Remote 0.0.0.0:8080 → 127.0.0.1:3000: The "
		"server will not listen on 0.0.0.0:8080. The port may be taken "
		"there, or its sshd_config forbids it: GatewayPorts, "
		"AllowTcpForwarding, PermitListen.\n"
		"2026-11-23 04:54:16 The connection to me@host is down. The "
		"link was lost: reset. It had been up for 3 h 12 min. Next try "
		"in 0.5 s.\n");
	display_free(d);
}

static void plain_french_quiet(void **unused)
{
	struct display *d = display_plain_new(&state, ends[1], true);

	catalog_set_lang(LANG_FR);
	play(d);
	assert_string_equal(output(),
		"2026-11-23 04:54:16 Distant 0.0.0.0:8080 → "
		"127.0.0.1:3000\u00a0: "
		"Le serveur refuse d’écouter sur 0.0.0.0:8080. Le port y est "
		"peut-être pris, ou son sshd_config l’interdit\u00a0: "
		"GatewayPorts, AllowTcpForwarding, PermitListen.\n"
		"2026-11-23 04:54:16 La connexion à me@host est coupée. La "
		"liaison est perdue\u00a0: reset. Elle a tenu 3 h 12 min. "
		"Prochain essai dans 0,5 s.\n");
	display_free(d);
}

static struct event *link_event(uint32_t no, bool up)
{
	struct event *e = make(EVENT_LINK);

	e->link_no = no;
	e->up = up;
	return e;
}

/* The first link up and the last one down are the server's lines; a forward
 * does not repeat what the server said. */
static void nothing_is_said_twice(void **unused)
{
	struct display *d = display_plain_new(&state, ends[1], false);
	struct event *e = forward(1, STATE_RECONNECTING), *again;

	show(d, link_event(1, true), 1000);
	show(d, server(STATE_CONNECTED), 1000);
	show(d, link_event(2, true), 1000);
	show(d, link_event(1, false), 1000);
	show(d, link_event(2, false), 1000);
	show(d, lost(), 1000);
	trouble_say(&e->trouble, ERR_LINK_LOST, "reset");
	show(d, e, 1000);
	assert_string_equal(output(),
		"2026-11-23 04:54:16 Connected to me@host.\n"
		"2026-11-23 04:54:16 Link 2 to me@host is up.\n"
		"2026-11-23 04:54:16 Link 1 to me@host is down.\n"
		"2026-11-23 04:54:16 The connection to me@host is down. The "
		"link was lost: reset. It had been up for 3 h 12 min. Next try "
		"in 0.5 s.\n"
		"2026-11-23 04:54:16 Local 127.0.0.1:3307 → 127.0.0.1:3306: "
		"reconnecting…\n");
	/* nor at the next try */
	again = lost();
	again->up_ms = 0;
	show(d, again, 1000);
	again = forward(1, STATE_RECONNECTING);
	trouble_say(&again->trouble, ERR_LINK_LOST, "reset");
	show(d, again, 1000);
	assert_string_equal(output(),
		"2026-11-23 04:54:16 The connection to me@host is down. The "
		"link was lost: reset. Next try in 0.5 s.\n");
	display_free(d);
}

static void hostile_text_stays_text(void **unused)
{
	struct display *d = display_plain_new(&state, ends[1], false);
	struct event *e = make(EVENT_BANNER);

	e->text = mem_strdup("hi\x1b[2J\xc3\x28\xc2\x9b there\nmore\n\n");
	show(d, e, 1000);
	assert_string_equal(
		output(), "2026-11-23 04:54:16 hi?[2J?(? there\nmore\n");
	display_free(d);
}

static void json(void **unused)
{
	struct display *d = display_json_new(&state, ends[1]);

	show(d, forward(1, STATE_CONNECTED), 1000);
	show(d, picked(), 1000);
	show(d, refused(), 1000);
	show(d, lost(), 1000);
	assert_string_equal(output(),
		"{\"time\":\"2026-11-23T04:54:16.250Z\",\"event\":\"forward\","
		"\"server\":\"me@host\","
		"\"forward\":\"127.0.0.1:3307:127.0.0.1:3306\","
		"\"type\":\"local\",\"listen\":\"127.0.0.1:3307\","
		"\"target\":\"127.0.0.1:3306\",\"state\":\"connected\","
		"\"error\":null}\n"
		"{\"time\":\"2026-11-23T04:54:16.250Z\",\"event\":\"forward\","
		"\"server\":\"me@host\",\"forward\":\"127.0.0.1:0\","
		"\"type\":\"dynamic\",\"listen\":\"127.0.0.1:40123\","
		"\"target\":null,\"state\":\"connected\",\"error\":null}\n"
		"{\"time\":\"2026-11-23T04:54:16.250Z\",\"event\":\"forward\","
		"\"server\":\"me@host\","
		"\"forward\":\"0.0.0.0:8080:127.0.0.1:3000\","
		"\"type\":\"remote\",\"listen\":\"0.0.0.0:8080\","
		"\"target\":\"127.0.0.1:3000\",\"state\":\"error\","
		"\"error\":{\"code\":\"remote_listen_refused\",\"message\":"
		"\"The server will not listen on 0.0.0.0:8080.\",\"offer\":"
		"\"The port may be taken there, or its sshd_config forbids it: "
		"GatewayPorts, AllowTcpForwarding, PermitListen.\","
		"\"arguments\":{\"address\":\"0.0.0.0:8080\"}}}\n"
		"{\"time\":\"2026-11-23T04:54:16.250Z\",\"event\":\"server\","
		"\"server\":\"me@host\",\"state\":\"reconnecting\","
		"\"error\":{\"code\":\"link_lost\",\"message\":"
		"\"The link was lost: reset.\",\"offer\":\"Check the network "
		"and the server’s log. A shorter keep-alive "
		"(ServerAliveInterval) notices a loss sooner.\","
		"\"arguments\":{\"detail\":\"reset\"}},"
		"\"up_ms\":11533000,\"next_try_ms\":500}\n");
	display_free(d);
}

static void json_prompt_and_cut_text(void **unused)
{
	struct display *d = display_json_new(&state, ends[1]);
	struct event *e = make(EVENT_PROMPT);

	e->prompt_id = 7;
	e->prompt = prompt_new(PROMPT_PASSWORD, "me@host\xc3");
	prompt_add(
		e->prompt, (struct slice){(const uint8_t *)"Code: ", 6}, false);
	show(d, e, 1000);
	assert_string_equal(output(),
		"{\"time\":\"2026-11-23T04:54:16.250Z\",\"event\":\"prompt\","
		"\"server\":\"me@host\",\"error\":null,\"prompt\":{\"id\":7,"
		"\"kind\":\"password\",\"about\":\"me@host?\",\"name\":\"\","
		"\"instruction\":\"\",\"retry\":false,\"fields\":[{\"text\":"
		"\"Code: \",\"echo\":false}]}}\n");
	display_free(d);
}

static struct display *painted(unsigned columns, unsigned rows, bool colours)
{
	struct display *d = display_tty_new(&state, ends[1], colours, true);

	display_tty_resize(d, columns, rows);
	show(d, server(STATE_CONNECTED), 2000);
	show(d, forward(1, STATE_CONNECTED), 2000);
	show(d, picked(), 2000);
	show(d, refused(), 2000);
	show(d, counted(0, 1000), 10000);
	show(d, counted(12 << 20, 3000), 12000);
	d->ops->paint(d);
	return d;
}

static void table_wide(void **unused)
{
	struct display *d = painted(120, 24, false);

	assert_string_equal(output(),
		"\033[?25l\r"
		"04:54:16  Connected to me@host.\033[K\n"
		"04:54:16  Remote 0.0.0.0:8080 → 127.0.0.1:3000: The server "
		"will not listen on 0.0.0.0:8080. The port may be taken"
		"\033[K\n"
		"          there, or its sshd_config forbids it: GatewayPorts, "
		"AllowTcpForwarding, PermitListen.\033[K\n"
		"● me@host  connected · 12 ms · aes128-gcm · up 1 min 5 s"
		"\033[K\n"
		"                                                           "
		"Conn.        In                   Out\033[K\n"
		"● Local    127.0.0.1:3307 → 127.0.0.1:3306  connected      "
		"    2    12 MiB     6 MiB/s   2.9 KiB   0.9 KiB/s\033[K\n"
		"● Remote   0.0.0.0:8080 → 127.0.0.1:3000    error          "
		"    0       0 B                   0 B\033[K\n"
		"    The server will not listen on 0.0.0.0:8080.\033[K\n"
		"● Dynamic  127.0.0.1:40123 → SOCKS          connected      "
		"    0       0 B                   0 B\033[K\n"
		"\033[J");
	/* Repainted in place, by one write. */
	d->ops->paint(d);
	assert_memory_equal(output(), "\r\033[6A● me@host", 16);
	display_free(d);
	assert_string_equal(output(), "\r\033[6A\033[J\033[?25h");
}

static void table_eighty_columns_french(void **unused)
{
	struct display *d;

	catalog_set_lang(LANG_FR);
	d = painted(80, 24, true);
	assert_non_null(strstr(output(),
		"\033[32m●\033[m me@host  \033[32mconnecté\033[m · 12 ms · "
		"aes128-gcm · depuis 1 min 5 s\033[K\n"
		"\033[32m●\033[m Local      127.0.0.1:3307 → 127.0.0.1:3306  "
		"\033[32mconnecté\033[m\033[K\n"
		"    2 conn. · entrant 12 Mio, 6 Mio/s · sortant 2,9 Kio, "
		"0,9 Kio/s\033[K\n"
		"\033[31m●\033[m Distant    0.0.0.0:8080 → 127.0.0.1:3000    "
		"\033[31merreur\033[m\033[K\n"));
	display_free(d);
}

/* No line is wider than the terminal, there are not more than fit, and each cut
 * is inside a route, not inside a character. */
static void table_fits_every_size(void **unused)
{
	struct run_forward *f = &state.forward[0];

	f->bytes_in = UINT64_MAX;
	f->rate_in = UINT64_MAX;
	f->connections = UINT32_MAX;
	for (unsigned columns = 8; columns < 140; columns++) {
		for (unsigned rows = 3; rows < 12; rows++) {
			struct display *d =
				display_tty_new(&state, ends[1], false, true);
			unsigned lines = 0;
			char *save = NULL, *text;

			display_tty_resize(d, columns, rows);
			state.forward[1].state = STATE_ERROR;
			trouble_set(&state.forward[1].trouble, ERR_CANCELLED);
			d->ops->paint(d);
			output();
			text = shown + strlen("\033[?25l\r");
			for (char *line = strtok_r(text, "\n", &save);
				line != NULL && line[1] != '[';
				line = strtok_r(NULL, "\n", &save)) {
				char *end = strstr(line, "\033[K");

				lines++;
				assert_non_null(end);
				*end = '\0';
				assert_true(human_width(line) < columns ||
					    columns < 9 || lines > 1);
			}
			assert_true(lines <= rows - 1);
			display_free(d);
			output();
		}
	}
}

static void held_display_keeps_its_lines(void **unused)
{
	struct display *d = painted(80, 24, false);

	output();
	d->ops->hold(d, true);
	output();
	show(d, lost(), 20000);
	d->ops->paint(d);
	assert_string_equal(output(), "");
	d->ops->hold(d, false);
	assert_non_null(strstr(output(), "The link was lost: reset."));
	display_free(d);
}

static void a_gone_reader_is_noticed(void **unused)
{
	struct display *d;
	int gone[2];

	assert_int_equal(pipe(gone), 0);
	close(gone[0]);
	d = display_plain_new(&state, gone[1], false);
	show(d, server(STATE_CONNECTED), 1000);
	assert_true(d->broken);
	display_free(d);
	close(gone[1]);
}

static void numbers_for_people(void **unused)
{
	char text[HUMAN_MAX], cut[64];

	assert_string_equal(human_bytes(text, 999, false), "999 B");
	assert_string_equal(human_bytes(text, 1000, false), "0.9 KiB");
	assert_string_equal(human_bytes(text, 1 << 20, true), "1M");
	assert_string_equal(human_bytes(text, UINT64_MAX, false), "15.9 EiB");
	assert_string_equal(human_duration(text, 500), "0.5 s");
	assert_string_equal(human_duration(text, 59999), "59 s");
	assert_string_equal(human_duration(text, 90061000), "1 d 1 h");
	assert_string_equal(human_rtt(text, 340), "0.3 ms");
	assert_string_equal(human_rtt(text, 112900), "112 ms");
	assert_int_equal(human_width("e\u0301té…"), 4);
	assert_string_equal(
		human_fit(cut, sizeof(cut), "éééééé", 5, HUMAN_CUT_MIDDLE),
		"éé…éé");
	assert_string_equal(
		human_fit(cut, sizeof(cut), "abc", 1, HUMAN_CUT_END), "…");
	assert_string_equal(
		human_fit(cut, sizeof(cut), "abc", 3, HUMAN_CUT_END), "abc");
}

/* Wide letters, and marks that take no column. */
static void letters_of_all_widths(void **unused)
{
	char cut[64];

	assert_int_equal(human_width("漢字 e\u0301"), 6);
	assert_int_equal(human_width("👩\u200d👧"), 4);
	assert_int_equal(human_width("\xff"), 1);
	assert_string_equal(
		human_fit(cut, sizeof(cut), "漢字漢字", 6, HUMAN_CUT_END),
		"漢字…");
	assert_string_equal(
		human_fit(cut, sizeof(cut), "漢字漢字", 5, HUMAN_CUT_MIDDLE),
		"漢…字");
	assert_string_equal(
		human_fit(cut, sizeof(cut), "漢字漢字", 4, HUMAN_CUT_MIDDLE),
		"漢…");
	assert_string_equal(
		human_fit(cut, sizeof(cut), "e\u0301e\u0301e\u0301e\u0301", 3,
			HUMAN_CUT_MIDDLE),
		"e\u0301…e\u0301");
	assert_string_equal(
		human_fit(cut, sizeof(cut), "e\u0301", 0, HUMAN_CUT_END), "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_english),
		TEST(plain_french_quiet),
		TEST(nothing_is_said_twice),
		TEST(hostile_text_stays_text),
		TEST(json),
		TEST(json_prompt_and_cut_text),
		TEST(table_wide),
		TEST(table_eighty_columns_french),
		TEST(table_fits_every_size),
		TEST(held_display_keeps_its_lines),
		TEST(a_gone_reader_is_noticed),
		TEST(numbers_for_people),
		TEST(letters_of_all_widths),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
