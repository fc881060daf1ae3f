/*
 * /api/v1/prompts, see docs/api.md.
 */
#include <string.h>

#include "api/fields.h"
#include "api/member.h"
#include "api/refuse.h"
#include "api/request.h"

#define BASE "/api/v1/prompts"

static const struct control_prompt *find(struct request *r)
{
	size_t n;
	const struct control_prompt *const *p =
		control_prompts(request_control(r), &n);

	for (size_t i = 0; i < n; i++)
		if (p[i]->id == request_id(r))
			return p[i];
	request_reply_error(r, ERR_NOT_FOUND, "there is no such question");
	return NULL;
}

static void list(struct request *r)
{
	const struct control *c = request_control(r);
	json_t *list = member_array();
	size_t n;
	const struct control_prompt *const *p = control_prompts(c, &n);

	for (size_t i = 0; i < n; i++)
		member_append(list, json_prompt(c, p[i], request_lang(r)));
	request_reply_json(r, 200, list);
}

struct reply {
	struct secret answer[PROMPT_FIELDS_MAX];
	unsigned n;
	bool keep;
};

/* The texts are wiped where they lie. */
static void read_answers(const json_t *list, unsigned wanted,
	struct reply *reply, struct control_fields *fields)
{
	struct trouble trouble;

	if (!json_is_array(list) || json_array_size(list) != wanted) {
		fields_wrong(fields, "answers",
			"as many texts as the question has fields are wanted");
		return;
	}
	for (reply->n = 0; reply->n < wanted; reply->n++) {
		const char *text =
			fields_string(json_array_get(list, reply->n), &trouble);

		if (text == NULL) {
			control_fields_add(fields, "answers", &trouble);
			return;
		}
		secret_set(&reply->answer[reply->n], text, strlen(text));
		secret_wipe((char *)text, strlen(text));
	}
}

static void read_reply(json_t *body, unsigned wanted, struct reply *reply,
	struct control_fields *fields)
{
	const json_t *keep = json_object_get(body, "keep");
	const char *name;
	json_t *value;

	json_object_foreach (body, name, value)
		if (strcmp(name, "answers") != 0 && strcmp(name, "keep") != 0)
			fields_wrong(fields, name, "there is no such field");
	if (keep != NULL && !json_is_boolean(keep) && !json_is_null(keep))
		fields_wrong(fields, "keep", "true or false is wanted");
	reply->keep = json_is_true(keep);
	read_answers(json_object_get(body, "answers"), wanted, reply, fields);
}

static void answer(struct request *r)
{
	const struct control_prompt *p = find(r);
	struct control_fields fields = {0};
	struct reply reply = {0};
	struct trouble trouble;

	if (p == NULL || !refuse_without_object(r))
		return;
	read_reply(request_body(r), p->prompt->n_fields, &reply, &fields);
	if (fields.n != 0)
		refuse_fields(r, &fields);
	else if (control_answer(request_control(r), request_id(r), reply.answer,
			 reply.n, reply.keep, &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
	for (unsigned i = 0; i < PROMPT_FIELDS_MAX; i++)
		secret_done(&reply.answer[i]);
}

static void cancel(struct request *r)
{
	struct trouble trouble;

	if (find(r) == NULL)
		return;
	if (control_answer(request_control(r), request_id(r), NULL, 0, false,
		    &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
}

const struct route routes_prompts[] = {
	{"GET", BASE, ROUTE_READ, 0, list},
	{"POST", BASE "/{id}/answer", ROUTE_WRITE, 0, answer},
	{"POST", BASE "/{id}/cancel", ROUTE_WRITE, 0, cancel},
	{0},
};
