/*
 * The history: rows as the store keeps them, and the sentences they stand for.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/control_private.h"

/* ---- writing ---- */

static void put_number(json_t *args, const char *name, uint64_t number)
{
	if (number != 0)
		json_object_set_new(
			args, name, json_integer((json_int_t)number));
}

static json_t *args_of(const struct control_row *row)
{
	json_t *args = json_object();

	for (unsigned i = 0; row->args != NULL && i < row->args->n_args; i++)
		json_object_set_new(args, row->args->arg[i].name,
			json_string(row->args->arg[i].value));
	if (row->link_no != 0)
		json_object_set_new(
			args, "no", json_sprintf("%u", row->link_no));
	put_number(args, "up_ms", row->up_ms);
	put_number(args, "next_ms", row->next_ms);
	put_number(args, "repeats", row->repeats);
	return args;
}

void control_log(struct control *c, struct store_event *event)
{
	struct trouble t;

	if (event->at_ms == 0)
		event->at_ms = clock_wall_ms();
	if (event->data == NULL)
		event->data = "{}";
	if (store_add_event(c->store, event, &t) != 0)
		log_warn("history: %s", trouble_get(&t, "detail"));
	control_tell_event(c, event);
}

void control_write(struct control *c, const struct control_row *row)
{
	const struct kept_server *s = row->server;
	json_t *data = json_object();
	struct store_event e = {
		.kind = row->kind,
		.level = row->level,
		.state = row->state,
		.code = row->code,
	};
	char *text;

	if (row->forward != NULL) {
		s = row->forward->server;
		json_object_set_new(data, "forward",
			json_string(row->forward->view.want.name));
		e.forward = row->removed ? 0 : row->forward->view.want.id;
	}
	if (s != NULL) {
		json_object_set_new(
			data, "server", json_string(s->view.want.name));
		e.server = row->removed && row->forward == NULL
				   ? 0
				   : s->view.want.id;
	}
	json_object_set_new(data, "args", args_of(row));
	text = json_dumps(data, JSON_COMPACT);
	json_decref(data);
	e.data = text;
	control_log(c, &e);
	free(text);
}

/* ---- reading ---- */

#define ARGS_MAX  12
#define WORDS_MAX 256

struct words {
	struct catalog_arg arg[ARGS_MAX];
	char value[ARGS_MAX][WORDS_MAX];
	size_t n;
};

static void add_word(
	struct words *w, enum lang lang, const char *name, const char *value)
{
	if (w->n == ARGS_MAX)
		return;
	catalog_words(lang, value, w->value[w->n], WORDS_MAX);
	w->arg[w->n] = (struct catalog_arg){name, w->value[w->n]};
	w->n++;
}

static void gather(struct words *w, enum lang lang, const json_t *data)
{
	const json_t *args = json_object_get(data, "args");
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)args, name, value)
		if (json_is_string(value))
			add_word(w, lang, name, json_string_value(value));
	value = json_object_get(data, "forward");
	if (json_is_string(value))
		add_word(w, lang, "forward", json_string_value(value));
	value = json_object_get(data, "server");
	if (json_is_string(value))
		add_word(w, lang, "server", json_string_value(value));
}

/* Of rows that carry no code. */
static const char *key_of_state(const struct store_event *e)
{
	static const struct {
		const char *kind, *state, *key, *server_key;
	} table[] = {
		{"link", "connected", NULL, "event.link_up"},
		{"link", "disconnected", NULL, "event.link_down"},
		{"state", "disconnected", "event.state_disconnected",
			"event.server_disconnected"},
		{"state", "connecting", "event.state_connecting",
			"event.server_connecting"},
		{"state", "connected", "event.state_connected",
			"event.server_connected"},
		{"state", "reconnecting", "event.state_reconnecting",
			"event.server_reconnecting"},
		{"state", "error", "event.state_error", "event.server_error"},
	};

	for (size_t i = 0;
		e->state != NULL && i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].kind, e->kind) == 0 &&
			strcmp(table[i].state, e->state) == 0)
			return e->forward != 0 && table[i].key != NULL
				       ? table[i].key
				       : table[i].server_key;
	return e->kind;
}

/* The catalogue's key of the row's sentence. */
static const char *key_of(
	const struct store_event *e, const json_t *data, char room[TROUBLE_KEY])
{
	const json_t *args = json_object_get(data, "args");

	if (e->code == NULL)
		return key_of_state(e);
	if (strchr(e->code, '.') != NULL)
		return e->code;
	trouble_key("error", e->code,
		json_string_value(json_object_get(args, "step")), room);
	return room;
}

size_t control_event_text(const struct store_event *event, enum lang lang,
	char *ret_text, size_t size)
{
	json_t *data =
		json_loads(event->data != NULL ? event->data : "{}", 0, NULL);
	struct words w = {.n = 0};
	char room[TROUBLE_KEY];
	size_t n;

	gather(&w, lang, data);
	n = catalog_format(
		lang, key_of(event, data, room), w.arg, w.n, ret_text, size);
	json_decref(data);
	return n;
}
