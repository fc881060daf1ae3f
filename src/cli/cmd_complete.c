/*
 * taupe __complete KIND [PREFIX]: names for the shells' completion, one a line.
 * Never starts a daemon, never says a word, never takes long.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/action.h"
#include "cli/field.h"
#include "cli/launch.h"
#include "cli/process.h"
#include "daemon/places.h"

#define PATIENCE_S 2

/* Where a kind's words are in the API. */
static const struct {
	const char *kind, *path;
	const char *list;  /* the member that is the list, or NULL */
	const char *field; /* of each; a list gives each of its texts. NULL: the
			      members' names are the words */
} sources[] = {
	{"connections", "/connections", "connections", "id"},
	{"forwards", "/forwards", NULL, "name"},
	{"hosts", "/known-hosts", NULL, "names"},
	{"names", "/forwards", NULL, "name"},
	{"names", "/servers", NULL, "name"},
	{"prompts", "/prompts", NULL, "id"},
	{"servers", "/servers", NULL, "name"},
	{"settings", "/settings", NULL, NULL},
	{"tags", "/forwards", NULL, "tags"},
	{"tokens", "/tokens", NULL, "name"},
};
#define SOURCES (sizeof(sources) / sizeof(sources[0]))

struct words {
	const char *prefix;
	json_t *said; /* each once */
};

static void say(struct words *w, const char *word)
{
	if (*word == '\0' || strncmp(word, w->prefix, strlen(w->prefix)) != 0 ||
		json_object_get(w->said, word) != NULL)
		return;
	json_object_set_new(w->said, word, json_true());
	puts(word);
}

static void say_value(struct words *w, const json_t *value)
{
	char number[32];
	const json_t *one;
	size_t i;

	if (json_is_string(value)) {
		say(w, json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld",
			(long long)json_integer_value(value));
		say(w, number);
	}
	json_array_foreach(value, i, one) if (json_is_string(one))
		say(w, json_string_value(one));
}

static void say_answer(struct words *w, json_t *answer, size_t source)
{
	const char *list = sources[source].list, *name;
	const json_t *one;
	json_t *value;
	size_t i;

	if (sources[source].field == NULL) {
		json_object_foreach (answer, name, value)
			say(w, name);
		return;
	}
	if (list != NULL)
		answer = json_object_get(answer, list);
	json_array_foreach(answer, i, one)
		say_value(w, json_object_get(one, sources[source].field));
}

static void say_commands(struct words *w)
{
	for (const struct command *const *c = command_all(); *c != NULL; c++)
		if (!(*c)->hidden)
			say(w, (*c)->name);
}

static void ask_daemon(struct words *w, const char *kind)
{
	struct places places = {0};
	struct trouble trouble = {0};
	const struct args none = {0};
	struct client *c = NULL;

	if (places_resolve(NULL, NULL, &places, &trouble) == 0 &&
		launch_reach(&places, &none, false, &trouble) == 0)
		c = client_new(places.socket_path);
	for (size_t i = 0; i < SOURCES && c != NULL; i++) {
		json_t *answer = NULL;

		if (strcmp(sources[i].kind, kind) != 0)
			continue;
		if (client_get(c, &answer, "%s", sources[i].path) == 0)
			say_answer(w, answer, i);
		json_decref(answer);
	}
	client_free(c);
	places_done(&places);
}

static int run(int argc, char **argv)
{
	struct words w = {
		.prefix = argc > 2 ? argv[2] : "", .said = json_object()};

	if (argc < 2)
		return EXIT_CODE_USAGE;
	process_prepare();
	/* Somebody waits with a finger on the key: SIGALRM ends it. */
	alarm(PATIENCE_S);
	if (strcmp(argv[1], "commands") == 0)
		say_commands(&w);
	else
		ask_daemon(&w, argv[1]);
	json_decref(w.said);
	return 0;
}

const struct command cmd_complete = {
	.name = "__complete", .run = run, .hidden = true};
