#include "cli/attend.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/exit_code.h"
#include "cli/field.h"
#include "cli/question.h"
#include "cli/stream.h"
#include "cli/text.h"

#define TERMINAL "/dev/tty"

static const int signums[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP};
#define SIGNALS (sizeof(signums) / sizeof(signums[0]))

struct attend {
	struct client *client;
	const struct attend_ops *ops;
	void *arg;
	bool keep;
	uv_loop_t loop;
	struct stream *stream;
	struct ask *ask;
	uv_signal_t signal[SIGNALS];
	uv_timer_t timer;
	bool busy;            /* a question is on the terminal */
	uint32_t last_prompt; /* ids only grow */
	int code;
};

/* ---- questions ---- */

static void answer(
	void *arg, uint32_t prompt_id, const struct secret *answers, size_t n)
{
	struct attend *a = arg;
	int r = question_answer(a->client, prompt_id, answers, n, a->keep);

	if (r < 0 && r != -ERR_NOT_FOUND)
		client_complain(a->client);
}

static void on_terminal(void *arg, bool busy)
{
	struct attend *a = arg;

	a->busy = busy;
	if (a->ops->on_terminal != NULL)
		a->ops->on_terminal(a->arg, busy);
}

/* Only when the terminal goes away between attend_prompt and the question. */
static void cannot_ask(void *arg, const struct trouble *trouble)
{
	char text[TEXT_MAX];

	text_complain(text_trouble(trouble, text, sizeof(text)));
}

static const struct ask_ops ask_ops = {
	.answer = answer,
	.on_terminal = on_terminal,
	.cannot_ask = cannot_ask,
};

void attend_prompt(struct attend *a, const json_t *prompt)
{
	uint32_t id = (uint32_t)field_count(prompt, "id");
	struct event *e;

	if (id <= a->last_prompt || a->ops->wants == NULL ||
		!a->ops->wants(a->arg, prompt))
		return;
	a->last_prompt = id;
	e = ask_is_possible(TERMINAL) ? question_event(prompt) : NULL;
	if (e != NULL)
		ask_open(a->ask, e);
	else if (a->ops->cannot_ask != NULL)
		a->ops->cannot_ask(a->arg, prompt);
	event_free(e);
}

bool attend_is_asking(const struct attend *a)
{
	return a->busy;
}

/* ---- the stream ---- */

static void on_message(void *arg, const char *event, const json_t *data)
{
	struct attend *a = arg;

	if (strcmp(event, "prompt") == 0)
		attend_prompt(a, data);
	else if (strcmp(event, "prompt_gone") == 0)
		ask_gone(a->ask, (uint32_t)field_count(data, "id"));
	a->ops->message(a->arg, event, data);
}

static void on_end(void *arg)
{
	text_complain(catalog_get("cli.daemon_left"));
	attend_stop(arg, EXIT_CODE_OTHER);
}

static void on_timer(uv_timer_t *timer)
{
	struct attend *a = timer->data;

	a->ops->tick(a->arg);
}

void attend_timer(struct attend *a, uint64_t ms)
{
	uv_timer_start(&a->timer, on_timer, ms, 0);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct attend *a = handle->data;

	if (signum != SIGTSTP) {
		attend_stop(a, 128 + signum);
		return;
	}
	ask_suspend(a->ask);
	raise(SIGSTOP);
	ask_resume(a->ask);
}

/* ---- life ---- */

struct attend *attend_new(
	struct client *c, const struct attend_ops *ops, void *arg, bool keep)
{
	struct attend *a = mem_zalloc(1, sizeof(*a));

	a->client = c;
	a->ops = ops;
	a->arg = arg;
	a->keep = keep;
	if (uv_loop_init(&a->loop) < 0) {
		free(a);
		return NULL;
	}
	uv_timer_init(&a->loop, &a->timer);
	a->timer.data = a;
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(&a->loop, &a->signal[i]);
		a->signal[i].data = a;
		uv_signal_start(&a->signal[i], on_signal, signums[i]);
	}
	a->ask = ask_new(&a->loop, TERMINAL, &ask_ops, a);
	a->stream =
		stream_open(&a->loop, client_socket(c), on_message, on_end, a);
	if (a->stream == NULL) {
		attend_free(a);
		return NULL;
	}
	return a;
}

void attend_free(struct attend *a)
{
	if (a == NULL)
		return;
	stream_close(a->stream);
	ask_close(a->ask);
	uv_close((uv_handle_t *)&a->timer, NULL);
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&a->signal[i], NULL);
	uv_run(&a->loop, UV_RUN_DEFAULT);
	uv_loop_close(&a->loop);
	free(a);
}

int attend_run(struct attend *a)
{
	uv_run(&a->loop, UV_RUN_DEFAULT);
	return a->code;
}

void attend_stop(struct attend *a, int exit_code)
{
	a->code = exit_code;
	uv_stop(&a->loop);
}
