/*
 * /api/v1/import and /api/v1/export, see docs/api.md. Reading may run ssh and
 * wait for a disk, so it is done beside the loop; comparing and applying belong
 * to the control thread.
 */
#include <stdlib.h>
#include <string.h>

#include "api/export.h"
#include "api/fields_server.h"
#include "api/import_source.h"
#include "api/member.h"
#include "api/query.h"
#include "api/refuse.h"
#include "api/request.h"
#include "api/want.h"
#include "base/mem.h"
#include "import/import_plan.h"
#include "import/name_set.h"
#include "store/store_list.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

/* ---- import ---- */

struct visit {
	uv_work_t work;
	struct request *request; /* NULL: it left */
	enum import_format format;
	char *text, *path;
	bool dry_run;
	bool chooses; /* only those of `take` */
	struct string_list take;
	int err;
	struct trouble trouble;
	struct import_set set;
};

static void visit_free(struct visit *v)
{
	import_set_done(&v->set);
	store_list_done(&v->take);
	free(v->text);
	free(v->path);
	free(v);
}

static json_t *row(json_t *o, const struct import_row *row, enum lang lang)
{
	member_text(o, "action", import_action_name(row->action));
	if (row->name != NULL)
		member_text(o, "name", row->name);
	member_flag(o, "taken", row->taken);
	member_id(o, "id", row->id);
	member_set(o, "why", json_trouble(&row->why, 0, lang));
	return o;
}

static json_t *server_rows(const struct visit *v, const struct control *c,
	const struct import_plan *plan)
{
	json_t *list = member_array();

	for (size_t i = 0; i < v->set.n_servers; i++) {
		json_t *o = export_server(c, &v->set.servers[i].server);

		member_text(o, "jump_server", v->set.servers[i].jump);
		member_append(list,
			row(o, &plan->servers[i], request_lang(v->request)));
	}
	return list;
}

static json_t *forward_rows(
	const struct visit *v, const struct import_plan *plan)
{
	json_t *list = member_array();

	for (size_t i = 0; i < v->set.n_forwards; i++) {
		const struct import_forward *f = &v->set.forwards[i];
		json_t *o = member_object();

		want_put_forward(o, &f->forward);
		member_text(o, "server", plan->servers[f->server].name);
		member_append(list,
			row(o, &plan->forwards[i], request_lang(v->request)));
	}
	return list;
}

static json_t *skipped_rows(const struct visit *v)
{
	json_t *list = member_array();
	char why[512];

	for (size_t i = 0; i < v->set.n_skipped; i++) {
		const struct import_skip *skip = &v->set.skipped[i];
		json_t *o = member_object();

		trouble_format_in(&skip->why, request_lang(v->request),
			"import.why", why, sizeof(why));
		member_text(o, "what", skip->what);
		member_text(o, "why", why);
		member_id(o, "line", skip->line);
		member_append(list, o);
	}
	return list;
}

static bool takes(const struct name_set *names, const char *name)
{
	return name != NULL && name_set_has(names, name);
}

/* A server that is named brings its forwards. */
static void choose(const struct visit *v, struct import_plan *plan)
{
	struct import_row *servers = plan->servers, *row;
	struct name_set names = {0};

	if (!v->chooses)
		return;
	for (size_t i = 0; i < v->take.n; i++)
		name_set_add(&names, v->take.item[i]);
	for (size_t i = 0; i < v->set.n_servers; i++)
		servers[i].taken =
			servers[i].taken && takes(&names, servers[i].name);
	for (size_t i = 0; i < v->set.n_forwards; i++) {
		row = &plan->forwards[i];
		row->taken =
			row->taken &&
			(takes(&names, row->name) ||
				takes(&names, servers[v->set.forwards[i].server]
						      .name));
	}
	name_set_done(&names);
}

/* What a token may not have a server do, an import does not either. */
static int apply(struct visit *v, struct import_plan *plan)
{
	struct control_fields fields = {0};

	for (size_t i = 0; i < v->set.n_servers; i++)
		if (plan->servers[i].taken && !request_is_owner(v->request))
			fields_server_check_token(
				NULL, &v->set.servers[i].server, &fields);
	if (fields.n != 0) {
		v->trouble = fields.item[0].trouble;
		return -ERR_FORBIDDEN;
	}
	return import_apply(
		request_control(v->request), &v->set, plan, &v->trouble);
}

static void reply(struct visit *v)
{
	struct control *c = request_control(v->request);
	struct import_plan plan;
	json_t *o;

	import_plan_make(c, &v->set, &plan);
	choose(v, &plan);
	import_plan_complete(&v->set, &plan);
	if (!v->dry_run && apply(v, &plan) != 0) {
		request_reply_trouble(v->request, &v->trouble, NULL);
	} else {
		o = member_object();
		member_set(o, "servers", server_rows(v, c, &plan));
		member_set(o, "forwards", forward_rows(v, &plan));
		member_set(o, "skipped", skipped_rows(v));
		member_flag(o, "applied", !v->dry_run);
		request_reply_json(v->request, 200, o);
	}
	import_plan_done(&plan, &v->set);
}

static void on_work(uv_work_t *work)
{
	struct visit *v = work->data;

	v->err = import_source_read(
		v->format, v->text, v->path, &v->set, &v->trouble);
}

static void on_worked(uv_work_t *work, int status)
{
	struct visit *v = work->data;

	if (v->request != NULL && v->err == 0)
		reply(v);
	else if (v->request != NULL)
		request_reply_trouble(v->request, &v->trouble, NULL);
	visit_free(v);
}

static void on_gone(void *arg)
{
	struct visit *v = arg;

	v->request = NULL;
}

static void start(struct visit *v)
{
	uv_loop_t *loop = api_config(request_api(v->request))->loop;

	v->work.data = v;
	request_wait(v->request, on_gone, v);
	uv_queue_work(loop, &v->work, on_work, on_worked);
}

/* ---- what is asked for ---- */

struct body {
	char *format, *text, *path;
	bool dry_run;
	struct string_list take;
};

#define ROW(member, kind, ...)                                                 \
	{                                                                      \
		.name = #member, .read = fields_##kind,                        \
		.offset = offsetof(struct body, member), __VA_ARGS__           \
	}

static const struct fields_row rows[] = {
	ROW(format, text),
	ROW(text, text, .max = IMPORT_TEXT_MAX),
	ROW(path, text),
	ROW(dry_run, flag),
	ROW(take, texts, .max = IMPORT_ITEMS_MAX),
};

static void body_done(struct body *b)
{
	free(b->format);
	free(b->text);
	free(b->path);
	store_list_done(&b->take);
}

static enum import_format read_body(
	struct request *r, struct body *b, struct control_fields *fields)
{
	enum import_format format = IMPORT_FORMAT_COUNT;
	struct trouble trouble;

	fields_read(rows, sizeof(rows) / sizeof(rows[0]), request_body(r), b,
		fields);
	if (b->format != NULL)
		format = import_format_of(b->format);
	if (format == IMPORT_FORMAT_COUNT)
		fields_wrong(fields, "format",
			"it is none of the words that it takes");
	/* Files are read with the daemon's rights. */
	if (b->text == NULL && !request_is_local(r)) {
		trouble_say(&trouble, ERR_FORBIDDEN, "path");
		control_fields_add(fields, "path", &trouble);
	}
	return format;
}

static struct visit *visit_new(struct request *r, enum import_format format)
{
	struct visit *v = mem_zalloc(1, sizeof(*v));

	v->request = r;
	v->format = format;
	return v;
}

static void import(struct request *r)
{
	struct control_fields fields = {0};
	struct body body = {0};
	enum import_format format;
	struct visit *v;

	if (!refuse_without_object(r))
		return;
	format = read_body(r, &body, &fields);
	if (fields.n != 0) {
		refuse_fields(r, &fields);
	} else {
		v = visit_new(r, format);
		v->dry_run = body.dry_run;
		v->chooses =
			json_is_array(json_object_get(request_body(r), "take"));
		v->text = body.text;
		v->path = body.path;
		v->take = body.take;
		body.text = body.path = NULL;
		body.take = (struct string_list){0};
		start(v);
	}
	body_done(&body);
}

/* An ssh command line into what it would make, for a form to be filled. */
static void parse(struct request *r)
{
	static const struct fields_row only[] = {
		ROW(text, text, .max = IMPORT_TEXT_MAX)};
	struct control_fields fields = {0};
	struct body body = {0};
	struct visit *v;

	if (!refuse_without_object(r))
		return;
	fields_read(only, 1, request_body(r), &body, &fields);
	if (body.text == NULL)
		fields_wrong(&fields, "text", "it is missing");
	if (fields.n != 0) {
		refuse_fields(r, &fields);
	} else {
		v = visit_new(r, IMPORT_COMMAND);
		v->dry_run = true;
		v->text = body.text;
		body.text = NULL;
		start(v);
	}
	body_done(&body);
}

/* ---- export ---- */

static void reply_text(struct request *r,
	void (*write)(struct buf *out, const struct control *c),
	const char *disposition)
{
	struct buf text = BUF_INIT;

	write(&text, request_control(r));
	request_add_header(r, "Content-Disposition", disposition);
	request_reply_text(r, 200, TEXT_TYPE, buf_ptr(&text), buf_len(&text));
	buf_done(&text);
}

static void export(struct request *r)
{
	static const char *const words[] = {
		"ssh", "ssh-commands", "json", NULL};
	struct control_fields fields = {0};
	const char *format = query_word(r, "format", words, &fields);

	if (query_is_wrong(r, &fields))
		return;
	if (format == words[0]) {
		reply_text(r, export_ssh_config,
			"attachment; filename=\"taupe.ssh_config\"");
	} else if (format == words[1]) {
		reply_text(r, export_ssh_commands,
			"attachment; filename=\"taupe.sh\"");
	} else {
		request_add_header(r, "Content-Disposition",
			"attachment; filename=\"taupe.json\"");
		request_reply_json(r, 200, export_json(request_control(r)));
	}
}

const struct route routes_import[] = {
	{"POST", "/api/v1/import", ROUTE_WRITE, 0, import},
	{"POST", "/api/v1/forwards/parse", ROUTE_READ, 0, parse},
	{"GET", "/api/v1/export", ROUTE_READ, 0, export},
	{0},
};
