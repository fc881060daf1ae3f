#include "cli/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "cli/attend.h"
#include "cli/exit_code.h"
#include "cli/field.h"
#include "cli/follow_judge.h"
#include "cli/follow_show.h"
#include "cli/problem.h"
#include "cli/question.h"
#include "cli/text.h"
#include "cli/view.h"

/* How long one that neither comes nor fails is waited for. */
#define PATIENCE_S 60

struct item {
	json_t *before, *now; /* owned */
	enum follow_verdict verdict;
	json_t *problem; /* why it failed, if not its own error; owned */
};

struct follow {
	struct client *client;
	const struct follow_wish *wish;
	const json_t *forwards; /* borrowed */
	struct attend *attend;
	struct follow_show *show;
	struct item *item;
	const json_t **shown; /* each item's now */
	size_t n;
	bool asked; /* the daemon has been asked for it */
};

int follow_ask(struct client *c, const json_t *forwards, enum follow_what what,
	json_t **ret_forwards)
{
	static const char *const verbs[] = {
		[FOLLOW_UP] = "start",
		[FOLLOW_DOWN] = "stop",
		[FOLLOW_RESTART] = "restart",
	};
	json_t *ids = json_array(), *one;
	size_t i;

	json_array_foreach(forwards, i, one)
		json_array_append(ids, json_object_get(one, "id"));
	return client_post(c, json_pack("{s:o}", "ids", ids), ret_forwards,
		"/forwards/%s", verbs[what]);
}

static struct item *find(struct follow *f, json_int_t id)
{
	for (size_t i = 0; i < f->n; i++)
		if (field_int(f->item[i].before, "id") == id)
			return &f->item[i];
	return NULL;
}

static void settle(struct follow *f, struct item *item,
	enum follow_verdict verdict, json_t *problem)
{
	item->verdict = verdict;
	item->problem = problem;
	if (verdict == FOLLOW_DONE)
		follow_show_settled(f->show, item->now);
}

static void paint(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++)
		f->shown[i] = f->item[i].now;
	follow_show_paint(f->show, f->shown, f->n);
}

static void stop_when_settled(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->item[i].verdict == FOLLOW_WAITS)
			return;
	attend_stop(f->attend, 0);
}

/* `forward` is borrowed. */
static void take(struct follow *f, json_t *forward)
{
	struct item *item = find(f, field_int(forward, "id"));
	enum follow_verdict verdict;

	if (item == NULL || item->verdict != FOLLOW_WAITS)
		return;
	json_decref(item->now);
	item->now = json_incref(forward);
	verdict = follow_judge(f->wish, item->before, item->now);
	if (verdict != FOLLOW_WAITS)
		settle(f, item, verdict, NULL);
}

static void ask_daemon(struct follow *f)
{
	json_t *answer = NULL, *forward, *prompts = NULL, *prompt;
	size_t i;

	f->asked = true;
	if (follow_ask(f->client, f->forwards, f->wish->what, &answer) < 0) {
		attend_stop(f->attend, client_complain(f->client));
		return;
	}
	json_array_foreach(answer, i, forward) take(f, forward);
	json_decref(answer);
	if (client_get(f->client, &prompts, "/prompts") == 0)
		json_array_foreach(prompts, i, prompt)
			attend_prompt(f->attend, prompt);
	json_decref(prompts);
}

/* ---- attend_ops ---- */

static void on_message(void *arg, const char *event, const json_t *data)
{
	struct follow *f = arg;
	struct item *item;

	if (strcmp(event, "hello") == 0 && !f->asked)
		ask_daemon(f);
	else if (strcmp(event, "forward") == 0)
		take(f, (json_t *)data);
	else if (strcmp(event, "forward_removed") == 0 &&
		 (item = find(f, field_int(data, "id"))) != NULL &&
		 item->verdict == FOLLOW_WAITS)
		settle(f, item,
			f->wish->what == FOLLOW_DOWN ? FOLLOW_DONE
						     : FOLLOW_FAILED,
			problem_new(ERR_NOT_FOUND,
				catalog_get("cli.removed_meanwhile"), ""));
	else
		return;
	paint(f);
	stop_when_settled(f);
}

static bool waits_for(const struct item *item, const json_t *prompt)
{
	return item->verdict == FOLLOW_WAITS &&
	       field_int(item->now, "server_id") ==
		       field_int(prompt, "server_id");
}

static bool wants(void *arg, const json_t *prompt)
{
	struct follow *f = arg;

	if (f->wish->what == FOLLOW_DOWN)
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (waits_for(&f->item[i], prompt))
			return true;
	return false;
}

/* The question stays open in the daemon; nobody here can answer it. */
static void cannot_ask(void *arg, const json_t *prompt)
{
	struct follow *f = arg;

	for (size_t i = 0; i < f->n; i++)
		if (waits_for(&f->item[i], prompt))
			settle(f, &f->item[i], FOLLOW_FAILED,
				question_problem(prompt));
	stop_when_settled(f);
}

static void on_terminal(void *arg, bool busy)
{
	struct follow *f = arg;

	follow_show_hold(f->show, busy);
	if (!busy)
		paint(f);
}

static uint64_t patience_s(const struct follow *f)
{
	return f->wish->timeout_s != 0 ? f->wish->timeout_s : PATIENCE_S;
}

static void tick(void *arg)
{
	struct follow *f = arg;
	char text[TEXT_MAX], seconds[24];

	if (attend_is_asking(f->attend)) {
		/* A person takes the time that it takes. */
		attend_timer(f->attend, patience_s(f) * 1000);
		return;
	}
	snprintf(seconds, sizeof(seconds), "%llu",
		(unsigned long long)patience_s(f));
	text_format(text, sizeof(text), "cli.took_too_long", "seconds", seconds,
		NULL);
	for (size_t i = 0; i < f->n; i++) {
		struct item *item = &f->item[i];
		const json_t *error = field_object(item->now, "error");

		if (item->verdict != FOLLOW_WAITS)
			continue;
		settle(f, item, FOLLOW_FAILED,
			error != NULL ? json_deep_copy(error)
				      : problem_new(ERR_TIMEOUT, text, ""));
	}
	attend_stop(f->attend, 0);
}

static const struct attend_ops ops = {
	.message = on_message,
	.wants = wants,
	.cannot_ask = cannot_ask,
	.on_terminal = on_terminal,
	.tick = tick,
};

/* ---- the end ---- */

static void complain(const struct item *item, const json_t *problem)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "%s%s", field_text(item->now, "name"),
		catalog_get("unit.colon"));
	/* problem_text puts a space before what it adds. */
	while (buf_len(&text) != 0 && text.data[text.tail - 1] == ' ')
		text.tail--;
	problem_text(problem, &text);
	if (*field_text(item->now, "next_try_at") != '\0')
		buf_printf(&text, " %s", catalog_get("cli.keeps_trying"));
	buf_put_u8(&text, 0);
	text_complain((const char *)buf_ptr(&text));
	buf_done(&text);
}

static int verdict(struct follow *f)
{
	int code = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct item *item = &f->item[i];
		const json_t *problem = item->problem;

		if (item->verdict != FOLLOW_FAILED)
			continue;
		if (problem == NULL)
			problem = field_object(item->now, "error");
		complain(item, problem);
		if (code == 0)
			code = (int)problem_exit(problem);
	}
	return code;
}

static int print(const struct follow *f)
{
	json_t *all = json_array();
	int code;

	for (size_t i = 0; i < f->n; i++)
		json_array_append(all, f->item[i].now);
	code = view_print_json(all);
	json_decref(all);
	return code;
}

static void follow_init(struct follow *f, struct client *c,
	const json_t *forwards, const struct follow_wish *wish)
{
	json_t *one;
	size_t i;

	f->client = c;
	f->wish = wish;
	f->forwards = forwards;
	f->n = json_array_size(forwards);
	f->item = mem_zalloc(f->n + 1, sizeof(*f->item));
	f->shown = mem_zalloc(f->n + 1, sizeof(*f->shown));
	json_array_foreach(forwards, i, one)
	{
		f->item[i].before = json_incref(one);
		f->item[i].now = json_incref(one);
	}
	f->show = follow_show_new(wish->json);
}

static void follow_done(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++) {
		json_decref(f->item[i].before);
		json_decref(f->item[i].now);
		json_decref(f->item[i].problem);
	}
	follow_show_free(f->show);
	free(f->shown);
	free(f->item);
}

int follow_run(struct client *c, const json_t *forwards,
	const struct follow_wish *wish)
{
	struct follow f = {0};
	int code = EXIT_CODE_OTHER;

	follow_init(&f, c, forwards, wish);
	f.attend = attend_new(c, &ops, &f, wish->keep);
	if (f.attend != NULL) {
		attend_timer(f.attend, patience_s(&f) * 1000);
		code = attend_run(f.attend);
		attend_free(f.attend);
	}
	if (code == 0)
		code = verdict(&f);
	if (wish->json && print(&f) != 0 && code == 0)
		code = EXIT_CODE_OTHER;
	follow_done(&f);
	return code;
}
