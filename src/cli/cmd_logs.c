/* taupe logs [NAME] [-f] [-n N] [--since TIME] */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "cli/action.h"
#include "cli/attend.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/names.h"
#include "cli/table.h"
#include "cli/view.h"

#define SHOWN_DEFAULT 50
#define SHOWN_MAX     10000

static const struct args_option options[] = {
	{"--follow", 'f', ARGS_FLAG, NULL},
	{"--lines", 'n', ARGS_NUMBER, NULL},
	{"--since", 0, ARGS_TEXT, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

struct logs {
	struct client *client;
	struct attend *attend;
	bool json, follow, colours;
	char query[256];
	const char *id_field; /* "forward_id", "server_id"; NULL: of all */
	json_int_t id;
	json_int_t last; /* the newest event that was shown */
};

static const char *colour_of(const struct logs *l, const json_t *event)
{
	const char *level = field_text(event, "level");

	if (!l->colours)
		return "";
	return strcmp(level, "error") == 0     ? "\033[31m"
	       : strcmp(level, "warning") == 0 ? "\033[33m"
					       : "";
}

/* The place's value in milliseconds as a duration, in a sentence of its own. */
static void put_duration(const json_t *event, const char *member,
	const char *key, const char *place, char *message, size_t size)
{
	uint64_t ms = field_count(field_object(event, "args"), member);
	size_t n = strlen(message);
	char text[TEXT_MAX], time[HUMAN_MAX];

	if (ms != 0)
		snprintf(message + n, size - n, " %s",
			text_format(text, sizeof(text), key, place,
				human_duration(time, ms), NULL));
}

/* "2026-11-23 08:12:01  MySQL  connected" */
static void show(struct logs *l, const json_t *event)
{
	const char *who = field_text(event, "forward"), *colour;
	char time[HUMAN_MAX], name[TEXT_MAX], message[TEXT_MAX];

	l->last = field_int(event, "id");
	if (l->json) {
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	if (*who == '\0')
		who = field_text(event, "server");
	clean_line(name, sizeof(name), who, strlen(who));
	clean_line(message, sizeof(message), field_text(event, "message"),
		strlen(field_text(event, "message")));
	put_duration(event, "up_ms", "event.was_up", "time", message,
		sizeof(message));
	put_duration(event, "next_ms", "event.next_try", "wait", message,
		sizeof(message));
	colour = colour_of(l, event);
	printf("%s  %s%s%s%s%s\n",
		human_clock(time, field_time(event, "at"), true), name,
		*name != '\0' ? "  " : "", colour, message,
		*colour != '\0' ? "\033[m" : "");
}

/* The daemon gives the newest first; people read on downwards. */
static int show_past(struct logs *l)
{
	json_t *list = NULL;
	int code = 0;

	if (client_get(l->client, &list, "/events?%s", l->query) < 0)
		return client_complain(l->client);
	if (l->json && !l->follow)
		code = view_print_json(list);
	else
		for (size_t i = json_array_size(list); i-- > 0;)
			show(l, json_array_get(list, i));
	fflush(stdout);
	json_decref(list);
	return code;
}

static void on_message(void *arg, const char *event, const json_t *data)
{
	struct logs *l = arg;

	if (strcmp(event, "hello") == 0) {
		int code = show_past(l);

		if (code != 0)
			attend_stop(l->attend, code);
	} else if (strcmp(event, "event") == 0 &&
		   field_int(data, "id") > l->last &&
		   (l->id_field == NULL ||
			   field_int(data, l->id_field) == l->id)) {
		show(l, data);
		if (fflush(stdout) != 0)
			attend_stop(l->attend, EXIT_CODE_OTHER);
	}
}

static const struct attend_ops ops = {.message = on_message};

static int follow(struct logs *l)
{
	int code;

	l->attend = attend_new(l->client, &ops, l, false);
	if (l->attend == NULL)
		return EXIT_CODE_OTHER;
	code = attend_run(l->attend);
	attend_free(l->attend);
	return code;
}

/* A forward's name, or a server's. */
static int find(struct logs *l, const char *word)
{
	json_t *forwards = NULL, *servers = NULL, *found = NULL;
	struct buf hint = BUF_INIT;
	int code = 0;

	if (client_get(l->client, &forwards, "/forwards") < 0 ||
		client_get(l->client, &servers, "/servers") < 0) {
		code = client_complain(l->client);
	} else if (names_find(servers, word, &found, &hint) == 0 &&
		   strcmp(field_text(found, "name"), word) == 0 &&
		   names_find(forwards, word, &found, &hint) < 0) {
		l->id_field = "server_id";
	} else if (names_find(forwards, word, &found, &hint) == 0) {
		l->id_field = "forward_id";
	} else if (names_find(servers, word, &found, &hint) == 0) {
		l->id_field = "server_id";
	} else {
		code = names_pick(forwards, NAMES_FORWARD, word, &found);
	}
	if (code == 0)
		l->id = field_int(found, "id");
	buf_done(&hint);
	json_decref(forwards);
	json_decref(servers);
	return code;
}

/* "2h": that long ago. Else a time as the API takes it. */
static int put_since(struct logs *l, const char *since)
{
	size_t at = strlen(l->query);
	char utc[HUMAN_MAX];
	uint64_t ago;

	if (since == NULL)
		return 0;
	if (args_seconds(since, &ago) == 0 && ago < clock_wall_ms() / 1000)
		human_utc(utc, clock_wall_ms() - ago * 1000);
	else if (strlen(since) < sizeof(utc) &&
		 since[strspn(since, "0123456789-:.TZ")] == '\0')
		snprintf(utc, sizeof(utc), "%s", since);
	else
		return action_misuse("cli.bad_since", "value", since, NULL);
	snprintf(l->query + at, sizeof(l->query) - at, "&since=%s", utc);
	return 0;
}

static int put_query(struct logs *l, const struct args *a)
{
	const char *lines = args_value(a, "--lines");
	uint64_t n = SHOWN_DEFAULT;
	size_t at;

	if (lines != NULL &&
		(args_number(lines, &n) < 0 || n == 0 || n > SHOWN_MAX))
		return action_misuse("cli.bad_number", "flag", "--lines",
			"value", lines, NULL);
	snprintf(l->query, sizeof(l->query), "limit=%llu",
		(unsigned long long)n);
	at = strlen(l->query);
	if (l->id_field != NULL)
		snprintf(l->query + at, sizeof(l->query) - at, "&%s=%lld",
			l->id_field, (long long)l->id);
	return put_since(l, args_value(a, "--since"));
}

static int run(struct client *c, const struct args *a)
{
	struct logs l = {.client = c,
		.json = args_json(a),
		.follow = args_has(a, "--follow"),
		.colours = table_style_of(STDOUT_FILENO).colours};
	int code = a->n_words == 1 ? find(&l, a->words[0]) : 0;

	if (code == 0)
		code = put_query(&l, a);
	if (code != 0)
		return code;
	return l.follow ? follow(&l) : show_past(&l);
}

static const struct action actions[] = {
	{"", options, 0, 1, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_logs = {.name = "logs", .actions = actions};
