/*
 * /api/v1/tests and how they start, see docs/api.md.
 */
#include <stdio.h>

#include "api/member.h"
#include "api/request.h"
#include "api/target.h"

/* "t12" */
static uint32_t test_id(const struct request *r)
{
	const char *text = request_id_text(r);

	return text != NULL && *text == 't' ? target_number(text + 1) : 0;
}

static const struct control_test *find(struct request *r)
{
	const struct control_test *t =
		control_test(request_control(r), test_id(r));

	if (t == NULL)
		request_reply_error(r, ERR_NOT_FOUND, "there is no such test");
	return t;
}

static void start(struct request *r, uint32_t server, uint32_t forward)
{
	struct trouble trouble;
	uint32_t id;
	char text[16];
	json_t *o;

	if (control_test_start(
		    request_control(r), server, forward, &id, &trouble) != 0) {
		request_reply_trouble(r, &trouble, NULL);
		return;
	}
	o = member_object();
	snprintf(text, sizeof(text), "t%u", id);
	member_text(o, "id", text);
	request_reply_json(r, 202, o);
}

static void of_server(struct request *r)
{
	if (control_server(request_control(r), request_id(r)) == NULL)
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such server");
	else
		start(r, request_id(r), 0);
}

static void of_forward(struct request *r)
{
	const struct control_forward *f =
		control_forward(request_control(r), request_id(r));

	if (f == NULL)
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such forward");
	else
		start(r, f->want.server, f->want.id);
}

static void get(struct request *r)
{
	const struct control_test *t = find(r);

	if (t != NULL)
		request_reply_json(r, 200,
			json_test(request_control(r), t, request_lang(r)));
}

static void cancel(struct request *r)
{
	if (find(r) == NULL)
		return;
	control_test_cancel(request_control(r), test_id(r));
	request_reply_empty(r, 204);
}

const struct route routes_tests[] = {
	{"POST", "/api/v1/servers/{id}/test", ROUTE_WRITE, 0, of_server},
	{"POST", "/api/v1/forwards/{id}/test", ROUTE_WRITE, 0, of_forward},
	{"GET", "/api/v1/tests/{id}", ROUTE_READ, ROUTE_TEXT_ID, get},
	{"DELETE", "/api/v1/tests/{id}", ROUTE_WRITE, ROUTE_TEXT_ID, cancel},
	{0},
};
