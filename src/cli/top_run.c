#include "cli/top_run.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "cli/field.h"
#include "cli/term.h"
#include "cli/top_private.h"

#define TERMINAL "/dev/tty"
/* What follows an ESC of a sequence comes well within this. */
#define ESCAPE_MS 50
/* Changes come in bursts; nobody reads faster. */
#define PAINT_MS 30
#define RETRY_MS 1000

static const int signums[] = {
	SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
static_assert(
	sizeof(signums) / sizeof(signums[0]) == TOP_SIGNALS, "a handle each");

void top_run_stop(struct top *t, int code)
{
	t->code = code;
	uv_stop(&t->loop);
}

/* ---- the screen ---- */

/* Line by line over what stands there: nothing is cleared that is not painted
 * in the same write, so that nothing flickers. */
static void paint(struct top *t)
{
	struct buf page = BUF_INIT, out = BUF_INIT;
	const char *line, *nl;
	size_t left;

	t->look.message = t->message;
	top_view_make(&t->look, &page);
	line = (const char *)buf_ptr(&page);
	left = buf_len(&page);
	buf_printf(&out, "\033[H");
	while (left != 0 && (nl = memchr(line, '\n', left)) != NULL) {
		buf_put(&out, line, (size_t)(nl - line));
		buf_printf(&out, "\033[K%s",
			left > (size_t)(nl - line) + 1 ? "\r\n" : "\033[J");
		left -= (size_t)(nl - line) + 1;
		line = nl + 1;
	}
	fwrite(buf_ptr(&out), 1, buf_len(&out), stdout);
	if (fflush(stdout) != 0)
		top_run_stop(t, EXIT_CODE_OTHER);
	buf_done(&out);
	buf_done(&page);
}

static void on_paint(uv_timer_t *timer)
{
	struct top *t = timer->data;

	if (!t->suspended)
		paint(t);
}

void top_run_paint(struct top *t)
{
	if (!uv_is_active((uv_handle_t *)&t->paint))
		uv_timer_start(&t->paint, on_paint, PAINT_MS, 0);
}

static void measure(struct top *t)
{
	t->look.style = table_style_of(STDOUT_FILENO);
	term_size(STDOUT_FILENO, &t->look.style.columns, &t->look.rows);
	if (t->look.style.columns == 0)
		t->look.style.columns = 80;
	if (t->look.rows == 0)
		t->look.rows = 24;
	/* A terminal stands on its last column after writing it, and would
	 * clear it with the rest of the line. */
	if (t->look.style.columns > 1)
		t->look.style.columns--;
	top_run_paint(t);
}

static void resume(struct top *t)
{
	if (!term_is_foreground(STDOUT_FILENO))
		return;
	t->suspended = false;
	if (term_take(STDOUT_FILENO) < 0)
		top_run_stop(t, EXIT_CODE_OTHER);
	measure(t);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct top *t = handle->data;

	switch (signum) {
	case SIGWINCH:
		measure(t);
		break;
	case SIGTSTP:
		t->suspended = true;
		term_restore();
		raise(SIGSTOP);
		resume(t);
		break;
	case SIGCONT:
		resume(t);
		break;
	case SIGINT: /* Ctrl-C is one way to quit */
		top_run_stop(t, 0);
		break;
	default:
		top_run_stop(t, 128 + signum);
		break;
	}
}

/* ---- keys ---- */

static void take_keys(struct top *t, bool ended)
{
	char text[TOP_KEY_TEXT_MAX];
	enum top_key key;
	size_t n;

	while ((n = top_keys_next(buf_ptr(&t->typed), buf_len(&t->typed), ended,
			&key, text)) != 0) {
		buf_consume(&t->typed, n);
		top_act_key(t, key, text);
	}
}

static void on_escape(uv_timer_t *timer)
{
	take_keys(timer->data, true);
}

static void on_keys(uv_poll_t *poll, int status, int events)
{
	struct top *t = poll->data;
	ssize_t n = read(t->fd, buf_reserve(&t->typed, 4096), 4096);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		/* The terminal is gone. */
		top_run_stop(t, EXIT_CODE_OTHER);
		return;
	}
	buf_commit(&t->typed, (size_t)n);
	uv_timer_stop(&t->escape);
	take_keys(t, false);
	if (buf_len(&t->typed) != 0)
		uv_timer_start(&t->escape, on_escape, ESCAPE_MS, 0);
}

/* ---- the stream ---- */

static void connect_stream(struct top *t);

static void on_retry(uv_timer_t *timer)
{
	connect_stream(timer->data);
}

static void lose_stream(struct top *t)
{
	stream_close(t->stream);
	t->stream = NULL;
	t->look.cut = true;
	uv_timer_start(&t->retry, on_retry, RETRY_MS, 0);
	top_run_paint(t);
}

static int count_questions(struct top *t)
{
	json_t *prompts = NULL;

	if (client_get(t->client, &prompts, "/prompts") < 0)
		return -1;
	t->look.questions = json_array_size(prompts);
	json_decref(prompts);
	return 0;
}

/* The stream tells what changes; what was there before has to be fetched. */
static void fetch(struct top *t)
{
	json_t *forwards = NULL;

	if (client_get(t->client, &forwards, "/forwards") < 0 ||
		count_questions(t) < 0) {
		lose_stream(t);
	} else {
		top_list_reset(t->list, forwards);
		t->look.cut = false;
	}
	json_decref(forwards);
}

static void on_message(void *arg, const char *event, const json_t *data)
{
	struct top *t = arg;

	if (strcmp(event, "hello") == 0)
		fetch(t);
	else if (strcmp(event, "forward") == 0)
		top_list_put(t->list, data);
	else if (strcmp(event, "forward_removed") == 0)
		top_list_remove(t->list, field_int(data, "id"));
	else if (strcmp(event, "traffic") == 0)
		top_list_traffic(t->list, data);
	else if (strncmp(event, "prompt", 6) != 0)
		return;
	else if (count_questions(t) < 0)
		lose_stream(t);
	top_run_paint(t);
}

static void on_end(void *arg)
{
	lose_stream(arg);
}

static void connect_stream(struct top *t)
{
	t->stream = stream_open(
		&t->loop, client_socket(t->client), on_message, on_end, t);
	if (t->stream == NULL)
		lose_stream(t);
}

/* ---- life ---- */

static void open_handles(struct top *t)
{
	uv_timer_t *const timers[] = {&t->escape, &t->paint, &t->retry};

	for (size_t i = 0; i < TOP_SIGNALS; i++) {
		uv_signal_init(&t->loop, &t->signal[i]);
		t->signal[i].data = t;
		uv_signal_start(&t->signal[i], on_signal, signums[i]);
	}
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		uv_timer_init(&t->loop, timers[i]);
		timers[i]->data = t;
	}
}

static void close_handles(struct top *t)
{
	stream_close(t->stream);
	uv_close((uv_handle_t *)&t->escape, NULL);
	uv_close((uv_handle_t *)&t->paint, NULL);
	uv_close((uv_handle_t *)&t->retry, NULL);
	for (size_t i = 0; i < TOP_SIGNALS; i++)
		uv_close((uv_handle_t *)&t->signal[i], NULL);
}

static int watch_keys(struct top *t)
{
	/* Opened anew: not to block is then nobody else's affair. */
	t->fd = open(TERMINAL, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (t->fd < 0)
		return -1;
	if (uv_poll_init(&t->loop, &t->keys, t->fd) < 0) {
		close(t->fd);
		t->fd = -1;
		return -1;
	}
	t->keys.data = t;
	uv_poll_start(&t->keys, UV_READABLE, on_keys);
	return 0;
}

bool top_run_is_possible(void)
{
	int fd = open(TERMINAL, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return term_is_live(STDOUT_FILENO) && term_is_foreground(STDOUT_FILENO);
}

int top_run(struct client *c, enum top_order order)
{
	struct top t = {.client = c, .fd = -1, .code = EXIT_CODE_OTHER};

	if (uv_loop_init(&t.loop) < 0)
		return EXIT_CODE_OTHER;
	t.list = top_list_new();
	t.look.list = t.list;
	top_list_sort(t.list, order);
	open_handles(&t);
	if (watch_keys(&t) == 0 && term_take(STDOUT_FILENO) == 0) {
		measure(&t);
		connect_stream(&t);
		uv_run(&t.loop, UV_RUN_DEFAULT);
	}
	term_restore();
	if (t.fd >= 0)
		uv_close((uv_handle_t *)&t.keys, NULL);
	close_handles(&t);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	uv_loop_close(&t.loop);
	if (t.fd >= 0)
		close(t.fd);
	buf_done(&t.typed);
	top_list_free(t.list);
	return t.code;
}
