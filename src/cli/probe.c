#include "cli/probe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "base/clean.h"
#include "cli/attend.h"
#include "cli/exit_code.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/problem.h"
#include "cli/question.h"
#include "cli/table.h"
#include "cli/view.h"

struct probe {
	struct client *client;
	struct attend *attend;
	const char *kind;
	const json_t *resource;
	json_int_t server_id;
	json_t *test; /* as last told */
	char id[32];
	size_t told; /* stages that have been shown */
	bool json, colours;
};

static const struct {
	const char *state, *key, *colour;
	bool is_end;
} states[] = {
	{"waiting", "check.waiting", "", false},
	{"running", "check.running", "", false},
	{"ok", "check.ok", "\033[32m", true},
	{"failed", "check.failed", "\033[31m", true},
	{"skipped", "check.skipped", "", true},
};

static size_t state_of(const json_t *stage)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, field_text(stage, "state")) == 0)
			return i;
	return 0;
}

/* "ok      SSH host key  12 ms  ED25519 SHA256:…" */
static void show(const struct probe *p, const json_t *stage)
{
	const json_t *error = field_object(stage, "error");
	size_t s = state_of(stage);
	char key[64], line[TEXT_MAX], ms[HUMAN_MAX];
	struct buf text = BUF_INIT;

	snprintf(key, sizeof(key), "stage.%s", field_text(stage, "stage"));
	if (error != NULL)
		problem_text(error, &text);
	else
		buf_printf(&text, "%s", field_text(stage, "detail"));
	clean_line(line, sizeof(line), buf_ptr(&text), buf_len(&text));
	snprintf(ms, sizeof(ms), "%llu ms",
		(unsigned long long)field_count(stage, "ms"));
	printf("%s%s%s  %s", p->colours ? states[s].colour : "",
		catalog_get(states[s].key),
		p->colours && *states[s].colour != '\0' ? "\033[m" : "",
		catalog_get(key));
	if (strcmp(states[s].state, "skipped") != 0)
		printf("  %s", ms);
	printf("%s%s\n", *line != '\0' ? "  " : "", line);
	fflush(stdout);
	buf_done(&text);
}

/* What has ended since the last time, in order. */
static void tell(struct probe *p)
{
	const json_t *stages = json_object_get(p->test, "stages"), *stage;

	while (p->told < json_array_size(stages)) {
		stage = json_array_get(stages, p->told);
		if (!states[state_of(stage)].is_end)
			return;
		if (!p->json)
			show(p, stage);
		p->told++;
	}
}

static int verdict(const struct probe *p)
{
	const json_t *stages = json_object_get(p->test, "stages"), *stage;
	size_t i;

	if (field_true(p->test, "ok"))
		return 0;
	json_array_foreach(stages, i,
		stage) if (field_object(stage, "error") != NULL) return (int)
		problem_exit(field_object(stage, "error"));
	return EXIT_CODE_OTHER;
}

static void take(struct probe *p, json_t *test)
{
	json_decref(p->test);
	p->test = json_incref(test);
	tell(p);
	if (field_true(p->test, "done"))
		attend_stop(p->attend, verdict(p));
}

static void start(struct probe *p)
{
	json_t *answer = NULL, *test = NULL, *prompts = NULL, *prompt;
	size_t i;

	if (client_post(p->client, NULL, &answer, "/%s/%lld/test", p->kind,
		    (long long)field_int(p->resource, "id")) < 0) {
		attend_stop(p->attend, client_complain(p->client));
		return;
	}
	snprintf(p->id, sizeof(p->id), "%s", field_text(answer, "id"));
	json_decref(answer);
	if (client_get(p->client, &test, "/tests/%s", p->id) == 0)
		take(p, test);
	json_decref(test);
	if (client_get(p->client, &prompts, "/prompts") == 0)
		json_array_foreach(prompts, i, prompt)
			attend_prompt(p->attend, prompt);
	json_decref(prompts);
}

static void on_message(void *arg, const char *event, const json_t *data)
{
	struct probe *p = arg;

	if (strcmp(event, "hello") == 0)
		start(p);
	else if (strcmp(event, "test") == 0 &&
		 strcmp(field_text(data, "id"), p->id) == 0)
		take(p, (json_t *)data);
}

static bool wants(void *arg, const json_t *prompt)
{
	const struct probe *p = arg;

	return field_int(prompt, "server_id") == p->server_id;
}

static void cannot_ask(void *arg, const json_t *prompt)
{
	struct probe *p = arg;
	json_t *problem = question_problem(prompt);

	problem_complain(problem, NULL);
	attend_stop(p->attend, (int)problem_exit(problem));
	json_decref(problem);
}

static const struct attend_ops ops = {
	.message = on_message,
	.wants = wants,
	.cannot_ask = cannot_ask,
};

int probe_run(struct client *c, const struct args *a, const char *kind,
	const json_t *resource)
{
	struct probe p = {.client = c,
		.kind = kind,
		.resource = resource,
		.json = args_json(a),
		.colours = table_style_of(STDOUT_FILENO).colours};
	int code;

	p.server_id = strcmp(kind, "servers") == 0
			      ? field_int(resource, "id")
			      : field_int(resource, "server_id");
	p.attend = attend_new(c, &ops, &p, true);
	if (p.attend == NULL)
		return EXIT_CODE_OTHER;
	code = attend_run(p.attend);
	attend_free(p.attend);
	if (p.json && p.test != NULL && view_print_json(p.test) != 0 &&
		code == 0)
		code = EXIT_CODE_OTHER;
	/* Interrupted, or without an answer: nobody waits for it any more. */
	if (*p.id != '\0' && !field_true(p.test, "done") &&
		client_delete(c, "/tests/%s", p.id) < 0 && code == 0)
		code = EXIT_CODE_OTHER;
	json_decref(p.test);
	return code;
}
