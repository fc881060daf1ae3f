#include <string.h>

#include "api/member.h"
#include "api/request.h"

#define SENTENCE_MAX 4096

/* The name at the time, which may be gone since; or the present one. */
static void put_name(
	json_t *o, const char *name, const json_t *data, const char *present)
{
	const char *then = json_string_value(json_object_get(data, name));

	member_text(o, name, then != NULL ? then : present);
}

static void put_names(json_t *o, const struct control *c,
	const struct store_event *e, const json_t *data)
{
	const struct control_server *s = control_server(c, e->server);
	const struct control_forward *f = control_forward(c, e->forward);

	member_id(o, "server_id", e->server);
	put_name(o, "server", data, s != NULL ? s->want.name : NULL);
	member_id(o, "forward_id", e->forward);
	put_name(o, "forward", data, f != NULL ? f->want.name : NULL);
}

json_t *json_event(
	const struct control *c, const struct store_event *e, enum lang lang)
{
	const char *text = e->data != NULL ? e->data : "{}";
	json_t *o = member_object(), *data = json_loads(text, 0, NULL), *args;
	char sentence[SENTENCE_MAX];

	member_number(o, "id", e->id);
	member_time(o, "at", e->at_ms);
	member_text(o, "kind", e->kind);
	member_text(o, "level", e->level);
	put_names(o, c, e, data);
	member_text(o, "state", e->state);
	member_text(o, "code", e->code);
	control_event_text(e, lang, sentence, sizeof(sentence));
	member_text(o, "message", sentence);
	args = json_object_get(data, "args");
	member_set(o, "args",
		json_is_object(args) ? json_incref(args) : member_object());
	json_decref(data);
	return o;
}
