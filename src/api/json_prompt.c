#include <stdio.h>

#include "api/member.h"
#include "api/request.h"

#define SENTENCE_MAX 2048

/* What taupe itself asks has no words of its own; the server's questions are
 * told apart by what they are about. */
static void put_title(json_t *o, const struct control_prompt *p, enum lang lang)
{
	static const char *const keys[] = {
		[PROMPT_HOST_KEY] = "prompt.host_key_head",
		[PROMPT_PASSPHRASE] = "prompt.passphrase",
		[PROMPT_PASSWORD] = "prompt.password",
		[PROMPT_NEW_PASSWORD] = "prompt.new_password_head",
		[PROMPT_KEYBOARD] = "prompt.keyboard_head",
	};
	enum prompt_kind kind = p->prompt->kind;
	struct catalog_arg args[] = {
		{"about", p->prompt->about},
		{"host", trouble_get(&p->about, "host")},
	};
	char text[SENTENCE_MAX];

	if (args[1].value == NULL)
		args[1].value = p->prompt->about;
	catalog_format(lang, keys[kind], args, sizeof(args) / sizeof(args[0]),
		text, sizeof(text));
	member_text(o, "title", text);
}

static void put_fields(json_t *o, const struct prompt *p)
{
	json_t *list = member_array();

	for (unsigned i = 0; i < p->n_fields; i++) {
		json_t *field = member_object();

		member_text(field, "text", p->field[i].text);
		member_flag(field, "echo", p->field[i].echo);
		member_append(list, field);
	}
	member_set(o, "fields", list);
}

static json_t *host_key_json(const struct control_prompt *p)
{
	static const char *const names[] = {
		"type", "fingerprint", "host", "address"};
	json_t *o;

	if (p->prompt->kind != PROMPT_HOST_KEY)
		return json_null();
	o = member_object();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		member_text(o, names[i], trouble_get(&p->about, names[i]));
	return o;
}

json_t *json_prompt(
	const struct control *c, const struct control_prompt *p, enum lang lang)
{
	const struct control_server *server = control_server(c, p->server);
	json_t *o = member_object();

	member_number(o, "id", p->id);
	member_id(o, "server_id", p->server);
	member_text(o, "server", server != NULL ? server->want.name : NULL);
	member_text(o, "kind", prompt_kind_name(p->prompt->kind));
	member_text(o, "about", p->prompt->about);
	member_text(o, "name", p->prompt->name);
	member_text(o, "instruction", p->prompt->instruction);
	member_flag(o, "retry", p->prompt->retry);
	put_fields(o, p->prompt);
	put_title(o, p, lang);
	member_time(o, "since", p->since_ms);
	member_set(o, "host_key", host_key_json(p));
	return o;
}
