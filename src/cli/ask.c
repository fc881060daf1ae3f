#include "cli/ask.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/prompt_askpass.h"
#include "cli/prompt_tty.h"

#define DEFAULT_PROGRAM "/usr/bin/ssh-askpass"

struct question {
	uint32_t id;
	struct prompt *prompt;
	struct trouble trouble;
	struct question *next;
};

struct ask {
	uv_loop_t *loop;
	const char *terminal;
	const struct ask_ops *ops;
	void *arg;
	struct question *first; /* the one being asked, when one is */
	struct prompt_tty *tty; /* at most one of the two is open */
	struct prompt_askpass *askpass;
};

enum ask_how ask_choose(bool has_terminal, const char **ret_program)
{
	const char *require = getenv("SSH_ASKPASS_REQUIRE");
	const char *program = getenv("SSH_ASKPASS");
	bool window =
		getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL;
	bool first = false;

	if (require != NULL && strcasecmp(require, "force") == 0)
		first = window = true;
	else if (require != NULL && strcasecmp(require, "prefer") == 0)
		first = window;
	else if (require != NULL && strcasecmp(require, "never") == 0)
		window = false;
	if (program == NULL || *program == '\0')
		program = DEFAULT_PROGRAM;
	if (has_terminal && !first)
		return ASK_TERMINAL;
	if (!window || access(program, X_OK) != 0)
		return has_terminal && !window ? ASK_TERMINAL : ASK_NOBODY;
	*ret_program = program;
	return ASK_PROGRAM;
}

struct ask *ask_new(uv_loop_t *loop, const char *terminal,
	const struct ask_ops *ops, void *arg)
{
	struct ask *a = mem_zalloc(1, sizeof(*a));

	a->loop = loop;
	a->terminal = terminal;
	a->ops = ops;
	a->arg = arg;
	return a;
}

static void question_free(struct question *q)
{
	prompt_free(q->prompt);
	free(q);
}

static bool is_open(const struct ask *a)
{
	return a->tty != NULL || a->askpass != NULL;
}

static void close_open(struct ask *a)
{
	bool on_terminal = a->tty != NULL;

	prompt_tty_close(a->tty);
	prompt_askpass_close(a->askpass);
	a->tty = NULL;
	a->askpass = NULL;
	if (on_terminal)
		a->ops->on_terminal(a->arg, false);
}

static void next_question(struct ask *a);

/* prompt_tty_fn and prompt_askpass_fn. */
static void on_answer(void *arg, const struct secret *answers, size_t n)
{
	struct ask *a = arg;
	struct question *q = a->first;

	a->first = q->next;
	a->ops->answer(a->arg, q->id, answers, n);
	question_free(q);
	close_open(a);
	next_question(a);
}

static void nobody(struct ask *a, const struct question *q)
{
	struct trouble t;

	trouble_set(&t, ERR_NEED_INPUT);
	trouble_arg(&t, "about", "%s", q->prompt->about);
	/* The host key's own trouble says more. */
	a->ops->cannot_ask(
		a->arg, q->trouble.code != ERR_OK ? &q->trouble : &t);
	a->ops->answer(a->arg, q->id, NULL, 0);
}

bool ask_is_possible(const char *terminal)
{
	const char *program;

	return ask_choose(prompt_tty_possible(terminal), &program) !=
	       ASK_NOBODY;
}

static int open_question(struct ask *a, const struct question *q)
{
	const char *program = NULL;
	int r;

	switch (ask_choose(prompt_tty_possible(a->terminal), &program)) {
	case ASK_TERMINAL:
		a->ops->on_terminal(a->arg, true);
		r = prompt_tty_open(a->loop, a->terminal, q->prompt,
			&q->trouble, on_answer, a, &a->tty);
		if (r < 0)
			a->ops->on_terminal(a->arg, false);
		return r;
	case ASK_PROGRAM:
		return prompt_askpass_open(a->loop, program, q->prompt,
			&q->trouble, on_answer, a, &a->askpass);
	case ASK_NOBODY:
		break;
	}
	return -ERR_NEED_INPUT;
}

static void next_question(struct ask *a)
{
	while (a->first != NULL && !is_open(a)) {
		struct question *q = a->first;

		if (open_question(a, q) == 0)
			return;
		a->first = q->next;
		nobody(a, q);
		question_free(q);
	}
}

void ask_open(struct ask *a, const struct event *e)
{
	struct question *q, **end = &a->first;

	if (e->prompt == NULL)
		return;
	q = mem_zalloc(1, sizeof(*q));
	q->id = e->prompt_id;
	q->prompt = prompt_copy(e->prompt);
	q->trouble = e->trouble;
	while (*end != NULL)
		end = &(*end)->next;
	*end = q;
	next_question(a);
}

void ask_gone(struct ask *a, uint32_t prompt_id)
{
	struct question **at = &a->first, *q;

	while (*at != NULL && (*at)->id != prompt_id)
		at = &(*at)->next;
	q = *at;
	if (q == NULL)
		return;
	if (q == a->first && is_open(a))
		close_open(a);
	*at = q->next;
	question_free(q);
	next_question(a);
}

void ask_suspend(struct ask *a)
{
	if (a->tty != NULL)
		prompt_tty_suspend(a->tty);
}

void ask_resume(struct ask *a)
{
	if (a->tty != NULL)
		prompt_tty_resume(a->tty);
}

void ask_close(struct ask *a)
{
	if (a == NULL)
		return;
	close_open(a);
	while (a->first != NULL) {
		struct question *q = a->first;

		a->first = q->next;
		question_free(q);
	}
	free(a);
}
