/*
 * /api/v1/forwards, see docs/api.md.
 */
#include <stdlib.h>
#include <string.h>

#include "api/fields_forward.h"
#include "api/fresh.h"
#include "api/member.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/refuse.h"
#include "api/request.h"
#include "api/server_way.h"
#include "base/mem.h"

#define BASE "/api/v1/forwards"

static const struct control_forward *find(struct request *r)
{
	const struct control_forward *f =
		control_forward(request_control(r), request_id(r));

	if (f == NULL)
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such forward");
	return f;
}

static void reply(struct request *r, unsigned status, uint32_t id)
{
	struct control *c = request_control(r);
	const struct control_forward *f = control_forward(c, id);

	if (f == NULL) {
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such forward");
		return;
	}
	request_reply_resource(r, status, json_forward(c, f, request_lang(r)),
		f->want.revision);
}

/* ---- list and one ---- */

static const char *const states[] = {"disconnected", "connecting", "connected",
	"reconnecting", "error", NULL};

struct filter {
	const char *tag, *name, *state;
	uint32_t server;
};

static bool has_tag(const struct control_forward *f, const char *tag)
{
	for (size_t i = 0; i < f->want.tags.n; i++)
		if (strcmp(f->want.tags.item[i], tag) == 0)
			return true;
	return false;
}

static bool fits(const struct control_forward *f, const struct filter *filter)
{
	return (filter->tag == NULL || has_tag(f, filter->tag)) &&
	       (filter->name == NULL ||
		       strcmp(f->want.name, filter->name) == 0) &&
	       (filter->state == NULL || strcmp(tunnel_state_name(f->state),
						 filter->state) == 0) &&
	       (filter->server == 0 || f->want.server == filter->server);
}

static struct filter read_filter(
	const struct request *r, struct control_fields *fields)
{
	return (struct filter){
		.tag = request_query(r, "tag"),
		.name = request_query(r, "name"),
		.state = query_word(r, "state", states, fields),
		.server = query_id(r, "server_id", fields),
	};
}

static void list_fresh(struct request *r)
{
	const struct control *c = request_control(r);
	struct control_fields fields = {0};
	struct filter filter = read_filter(r, &fields);
	json_t *list = member_array();
	size_t n;
	const struct control_forward *const *f = control_forwards(c, &n);

	for (size_t i = 0; i < n; i++)
		if (fits(f[i], &filter))
			member_append(
				list, json_forward(c, f[i], request_lang(r)));
	request_reply_json(r, 200, list);
}

static void list(struct request *r)
{
	struct control_fields fields = {0};

	read_filter(r, &fields);
	if (!query_is_wrong(r, &fields))
		fresh_reply(r, list_fresh);
}

static void get_fresh(struct request *r)
{
	reply(r, 200, request_id(r));
}

static void get(struct request *r)
{
	if (find(r) != NULL)
		fresh_reply(r, get_fresh);
}

/* ---- changes ---- */

static unsigned put_flags(const struct request *r)
{
	return (request_flag(r, "stop") ? CONTROL_STOP : 0) |
	       (request_flag(r, "start") ? CONTROL_START : 0);
}

/* Stores what the body says over `from` (NULL: a new one). */
static void put(
	struct request *r, const struct store_forward *from, unsigned status)
{
	struct control *c = request_control(r);
	struct control_fields fields = {0};
	struct fields_forward f;
	struct trouble trouble;
	uint32_t id = 0;
	int err;

	if (!refuse_without_object(r))
		return;
	fields_forward_init(&f, from);
	if (!fields_forward_read(&f, c, request_body(r), &fields)) {
		refuse_fields(r, &fields);
		goto out;
	}
	err = control_put_forward(c, &f.record,
		f.has_socks_password ? &f.socks_password : NULL,
		request_if_match(r), put_flags(r), &fields, &id, &trouble);
	if (err != 0)
		request_reply_trouble(r, &trouble, &fields);
	else
		reply(r, status, id != 0 ? id : f.record.id);
out:
	fields_forward_done(&f);
}

static void create(struct request *r)
{
	put(r, NULL, 201);
}

static void change(struct request *r)
{
	const struct control_forward *f = find(r);

	if (f != NULL)
		put(r, &f->want, 200);
}

static void drop(struct request *r)
{
	struct trouble trouble;

	if (control_remove_forward(request_control(r), request_id(r),
		    request_if_match(r), put_flags(r), &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
}

/* ---- check ---- */

static void put_port(json_t *o, const struct control *c,
	const struct store_forward *record, struct control_fields *fields)
{
	static const char *const names[] = {"address", "holder", "next"};
	struct trouble trouble = {0};
	json_t *port;

	if (record->spec.type != FORWARD_REMOTE)
		control_check_port(c, record, &trouble);
	if (trouble.code != ERR_OK && trouble.code != ERR_PORT_IN_USE)
		control_fields_add(fields,
			record->spec.listen.path != NULL ? "local_path"
							 : "local_port",
			&trouble);
	port = json_null();
	if (trouble.code == ERR_PORT_IN_USE) {
		port = member_object();
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			member_text(port, names[i],
				trouble_get(&trouble, names[i]));
	}
	member_set(o, "port", port);
}

/* The fields as a problem has them. */
static void put_fields(
	json_t *o, const struct control_fields *fields, enum lang lang)
{
	struct trouble invalid;
	json_t *problem, *list;

	trouble_set(&invalid, ERR_INVALID);
	problem = problem_json(&invalid, fields, lang);
	list = json_object_get(problem, "fields");
	member_set(
		o, "fields", list != NULL ? json_incref(list) : member_array());
	json_decref(problem);
}

static const struct store_forward *check_from(
	struct request *r, json_t *body, struct control_fields *fields)
{
	const json_t *id = json_object_get(body, "id");
	const struct control_forward *f;
	struct trouble trouble;
	uint64_t number;

	if (id == NULL || json_is_null(id))
		return NULL;
	if (fields_number(id, UINT32_MAX, &number, &trouble) != 0) {
		control_fields_add(fields, "id", &trouble);
		return NULL;
	}
	f = control_forward(request_control(r), (uint32_t)number);
	if (f == NULL)
		fields_wrong(fields, "id", "there is no such forward");
	return f != NULL ? &f->want : NULL;
}

static void check(struct request *r)
{
	const struct control *c = request_control(r);
	struct control_fields fields = {0};
	struct fields_forward f;
	json_t *o, *body;
	char *command;

	if (!refuse_without_object(r))
		return;
	body = request_body(r);
	o = member_object();
	fields_forward_init(&f, check_from(r, body, &fields));
	json_object_del(body, "id");
	fields_forward_read(&f, c, body, &fields);
	put_port(o, c, &f.record, &fields);
	put_fields(o, &fields, request_lang(r));
	command = fields.n == 0 ? server_way_command(c, &f.record, 0) : NULL;
	member_text(o, "ssh_command", command);
	free(command);
	fields_forward_done(&f);
	request_reply_json(r, 200, o);
}

/* ---- start and stop ---- */

static void act_one(struct request *r, enum control_action action)
{
	uint32_t id = request_id(r);
	struct trouble trouble;

	if (find(r) == NULL)
		return;
	if (control_act(request_control(r), action, &id, 1, &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		reply(r, 202, id);
}

static void start_one(struct request *r)
{
	act_one(r, CONTROL_UP);
}

static void stop_one(struct request *r)
{
	act_one(r, CONTROL_DOWN);
}

static void restart_one(struct request *r)
{
	act_one(r, CONTROL_RESTART);
}

struct ids {
	uint32_t *id;
	size_t n;
};

static void add_listed(const struct control *c, const json_t *list,
	struct ids *ids, struct control_fields *fields)
{
	struct trouble trouble;
	uint64_t number;

	if (!json_is_array(list)) {
		fields_wrong(fields, "ids", "a list of numbers is wanted");
		return;
	}
	ids->id = mem_zalloc(json_array_size(list), sizeof(*ids->id));
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (fields_number(json_array_get(list, i), UINT32_MAX, &number,
			    &trouble) != 0) {
			control_fields_add(fields, "ids", &trouble);
			return;
		}
		if (control_forward(c, (uint32_t)number) == NULL) {
			fields_wrong(fields, "ids", "there is no such forward");
			return;
		}
		ids->id[ids->n++] = (uint32_t)number;
	}
}

/* Of one tag, or all (NULL). */
static void add_tagged(
	const struct control *c, const char *tag, struct ids *ids)
{
	size_t n;
	const struct control_forward *const *f = control_forwards(c, &n);

	ids->id = mem_zalloc(n, sizeof(*ids->id));
	for (size_t i = 0; i < n; i++)
		if (tag == NULL || has_tag(f[i], tag))
			ids->id[ids->n++] = f[i]->want.id;
}

/* Which forwards the body means: exactly one of its three members. */
static void choose(const struct control *c, json_t *body, struct ids *ids,
	struct control_fields *fields)
{
	const json_t *list = json_object_get(body, "ids");
	const json_t *tag = json_object_get(body, "tag");
	const json_t *all = json_object_get(body, "all");
	const char *name;
	json_t *value;

	json_object_foreach (body, name, value)
		if (value != list && value != tag && value != all)
			fields_wrong(fields, name, "there is no such field");
	if ((list != NULL) + (tag != NULL) + (all != NULL) != 1)
		fields_wrong(
			fields, "ids", "either ids or tag or all is wanted");
	else if (list != NULL)
		add_listed(c, list, ids, fields);
	else if (tag != NULL && json_string_value(tag) == NULL)
		fields_wrong(fields, "tag", "a text is wanted");
	else if (all != NULL && !json_is_true(all))
		fields_wrong(fields, "all", "true is wanted");
	else
		add_tagged(c, json_string_value(tag), ids);
}

static void act_several(struct request *r, enum control_action action)
{
	struct control *c = request_control(r);
	struct control_fields fields = {0};
	struct ids ids = {0};
	struct trouble trouble;
	json_t *list;

	if (!refuse_without_object(r))
		return;
	choose(c, request_body(r), &ids, &fields);
	if (fields.n != 0) {
		refuse_fields(r, &fields);
	} else if (control_act(c, action, ids.id, ids.n, &trouble) != 0) {
		request_reply_trouble(r, &trouble, NULL);
	} else {
		list = member_array();
		for (size_t i = 0; i < ids.n; i++)
			member_append(list,
				json_forward(c, control_forward(c, ids.id[i]),
					request_lang(r)));
		request_reply_json(r, 202, list);
	}
	free(ids.id);
}

static void start_several(struct request *r)
{
	act_several(r, CONTROL_UP);
}

static void stop_several(struct request *r)
{
	act_several(r, CONTROL_DOWN);
}

static void restart_several(struct request *r)
{
	act_several(r, CONTROL_RESTART);
}

const struct route routes_forwards[] = {
	{"GET", BASE, ROUTE_READ, 0, list},
	{"POST", BASE, ROUTE_WRITE, 0, create},
	{"POST", BASE "/start", ROUTE_WRITE, 0, start_several},
	{"POST", BASE "/stop", ROUTE_WRITE, 0, stop_several},
	{"POST", BASE "/restart", ROUTE_WRITE, 0, restart_several},
	{"POST", BASE "/check", ROUTE_WRITE, 0, check},
	{"GET", BASE "/{id}", ROUTE_READ, 0, get},
	{"PATCH", BASE "/{id}", ROUTE_WRITE, 0, change},
	{"DELETE", BASE "/{id}", ROUTE_WRITE, 0, drop},
	{"POST", BASE "/{id}/start", ROUTE_WRITE, 0, start_one},
	{"POST", BASE "/{id}/stop", ROUTE_WRITE, 0, stop_one},
	{"POST", BASE "/{id}/restart", ROUTE_WRITE, 0, restart_one},
	{0},
};
