#include "cli/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/problem.h"
#include "cli/text.h"
#include "ssh/prompt.h"

static bool kind_of(const char *name, enum prompt_kind *ret_kind)
{
	for (int k = 0; k < PROMPT_KIND_COUNT; k++)
		if (strcmp(prompt_kind_name((enum prompt_kind)k), name) == 0) {
			*ret_kind = (enum prompt_kind)k;
			return true;
		}
	return false;
}

/* What ask_text_head says about a host key. */
static void tell_host_key(struct event *e, const json_t *prompt)
{
	const json_t *key = field_object(prompt, "host_key");

	if (key == NULL)
		return;
	trouble_set(&e->trouble, ERR_HOST_KEY_UNKNOWN);
	trouble_arg(&e->trouble, "host", "%s", field_text(key, "host"));
	trouble_arg(&e->trouble, "type", "%s", field_text(key, "type"));
	trouble_arg(&e->trouble, "fingerprint", "%s",
		field_text(key, "fingerprint"));
}

struct event *question_event(const json_t *prompt)
{
	const json_t *fields = json_object_get(prompt, "fields"), *field;
	enum prompt_kind kind;
	struct event *e;
	size_t i;

	if (!kind_of(field_text(prompt, "kind"), &kind))
		return NULL;
	e = event_new(EVENT_PROMPT, (uint32_t)field_count(prompt, "server_id"));
	e->prompt_id = (uint32_t)field_count(prompt, "id");
	e->prompt = prompt_new(kind, field_text(prompt, "about"));
	e->prompt->retry = field_true(prompt, "retry");
	prompt_set_name(e->prompt, slice_of(field_text(prompt, "name")));
	prompt_set_instruction(
		e->prompt, slice_of(field_text(prompt, "instruction")));
	json_array_foreach(fields, i,
		field) if (!prompt_add(e->prompt,
				   slice_of(field_text(field, "text")),
				   field_true(field, "echo"))) break;
	tell_host_key(e, prompt);
	return e;
}

json_t *question_problem(const json_t *prompt)
{
	const char *kind = field_text(prompt, "kind"), *again;
	char key[64], text[TEXT_MAX];
	struct buf said = BUF_INIT;
	json_t *problem;

	snprintf(key, sizeof(key), "prompt.retry_%s", kind);
	again = catalog_find(catalog_lang(), key);
	if (again != NULL && field_true(prompt, "retry"))
		buf_printf(&said, "%s ", again);
	snprintf(key, sizeof(key), "event.asks_%s", kind);
	if (strcmp(kind, "host_key") == 0 ||
		catalog_find(catalog_lang(), key) == NULL)
		buf_printf(&said, "%s", field_text(prompt, "title"));
	else
		buf_printf(&said, "%s",
			text_format(text, sizeof(text), key, "about",
				field_text(prompt, "about"), NULL));
	buf_put_u8(&said, 0);
	problem = problem_new(ERR_NEED_INPUT, (const char *)buf_ptr(&said),
		catalog_get("cli.use_answer"));
	buf_done(&said);
	return problem;
}

void question_put_secret(struct buf *out, const struct secret *text)
{
	buf_put_u8(out, '"');
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->p[i];

		if (c < 0x20 || c == '"' || c == '\\')
			buf_printf(out, "\\u%04x", (unsigned)c);
		else
			buf_put_u8(out, c);
	}
	buf_put_u8(out, '"');
}

void question_put_body(struct buf *out, json_t *body, const char *field,
	const struct secret *text)
{
	char *rest = json_dumps(body, JSON_COMPACT);
	size_t n = strlen(rest) - 1; /* without its closing brace */

	buf_put(out, rest, n);
	buf_printf(out, "%s\"%s\":", n > 1 ? "," : "", field);
	question_put_secret(out, text);
	buf_put_u8(out, '}');
	free(rest);
	json_decref(body);
}

int question_answer(struct client *c, uint32_t id, const struct secret *answers,
	size_t n, bool keep)
{
	struct buf body = BUF_INIT;
	char path[64];
	int r;

	if (answers == NULL)
		return client_post(
			c, NULL, NULL, "/prompts/%u/cancel", (unsigned)id);
	buf_printf(&body, "{\"answers\":[");
	for (size_t i = 0; i < n; i++) {
		if (i != 0)
			buf_put(&body, ",", 1);
		question_put_secret(&body, &answers[i]);
	}
	buf_printf(&body, "],\"keep\":%s}", keep ? "true" : "false");
	snprintf(path, sizeof(path), "/prompts/%u/answer", (unsigned)id);
	r = client_send(c, "POST", path, &body, NULL);
	buf_wipe_done(&body);
	return r;
}

int question_keep(struct client *c, const json_t *server, json_t *body)
{
	bool passphrase = strcmp(field_text(body, "kind"), "passphrase") == 0;
	struct secret value = SECRET_INIT;
	struct buf text = BUF_INIT;
	char path[64];
	int code;

	code = confirm_read(catalog_get(passphrase ? "cli.type_passphrase"
						   : "cli.type_password"),
		&value);
	if (code != 0) {
		json_decref(body);
		return code;
	}
	question_put_body(&text, body, "value", &value);
	secret_done(&value);
	snprintf(path, sizeof(path), "/servers/%lld/secrets",
		(long long)field_int(server, "id"));
	if (client_send(c, "PUT", path, &text, NULL) < 0)
		code = client_complain(c);
	buf_wipe_done(&text);
	return code;
}
