#include "cli/pick.h"

#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/names.h"

static int pick_one(struct client *c, const char *path, enum names_what what,
	const char *word, json_t **ret)
{
	json_t *list = NULL, *found;
	int code;

	if (client_get(c, &list, "%s", path) < 0)
		return client_complain(c);
	code = names_pick(list, what, word, &found);
	if (code == 0)
		*ret = json_incref(found);
	json_decref(list);
	return code;
}

int pick_forward(struct client *c, const char *word, json_t **ret_forward)
{
	return pick_one(c, "/forwards", NAMES_FORWARD, word, ret_forward);
}

int pick_server(struct client *c, const char *word, json_t **ret_server)
{
	return pick_one(c, "/servers", NAMES_SERVER, word, ret_server);
}

bool pick_has_tag(const json_t *forward, const char *tag)
{
	const json_t *tags = json_object_get(forward, "tags"), *one;
	size_t i;

	json_array_foreach(tags, i,
		one) if (strcmp(json_string_value(one), tag) == 0) return true;
	return false;
}

static bool has(const json_t *array, const json_t *item)
{
	const json_t *one;
	size_t i;

	json_array_foreach(array, i, one) if (one == item) return true;
	return false;
}

static int by_words(const json_t *list, const struct args *a, json_t *picked)
{
	json_t *found;

	for (int i = 0; i < a->n_words; i++) {
		int code = names_pick(list, NAMES_FORWARD, a->words[i], &found);

		if (code != 0)
			return code;
		if (!has(picked, found))
			json_array_append(picked, found);
	}
	return 0;
}

static int by_tag(const json_t *list, const char *tag, json_t *picked)
{
	json_t *one;
	size_t i;

	json_array_foreach(
		list, i, one) if (tag == NULL || pick_has_tag(one, tag))
		json_array_append(picked, one);
	if (tag == NULL || json_array_size(picked) != 0)
		return 0;
	action_misuse("cli.no_such_tag", "tag", tag, NULL);
	return EXIT_CODE_OTHER;
}

int pick_forwards(struct client *c, const struct args *a, json_t **ret_forwards)
{
	const char *tag = args_value(a, "--tag");
	bool all = args_has(a, "--all");
	json_t *list = NULL, *picked;
	int code;

	if ((a->n_words != 0) + (tag != NULL) + all != 1)
		return action_misuse("cli.which_forwards", NULL);
	if (client_get(c, &list, "/forwards") < 0)
		return client_complain(c);
	picked = json_array();
	code = a->n_words != 0 ? by_words(list, a, picked)
			       : by_tag(list, tag, picked);
	json_decref(list);
	if (code == 0)
		*ret_forwards = picked;
	else
		json_decref(picked);
	return code;
}

static int only_server(struct client *c, json_t **ret)
{
	json_t *list = NULL;
	int code = 0;

	if (client_get(c, &list, "/servers") < 0)
		return client_complain(c);
	if (json_array_size(list) == 1)
		*ret = json_incref(json_array_get(list, 0));
	else
		code = action_misuse(json_array_size(list) == 0
					     ? "cli.no_server_yet"
					     : "cli.which_server",
			NULL);
	json_decref(list);
	return code;
}

int pick_put_server(
	struct client *c, const struct args *a, bool must, json_t *body)
{
	const char *word = args_value(a, "--server");
	json_t *server = NULL;
	int code;

	if (word == NULL && !must)
		return 0;
	code = word != NULL ? pick_server(c, word, &server)
			    : only_server(c, &server);
	if (code == 0)
		json_object_set(
			body, "server_id", json_object_get(server, "id"));
	json_decref(server);
	return code;
}
