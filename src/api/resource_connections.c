/*
 * The open connections of forwards, see docs/api.md. Each server's worker
 * answers for itself, so a listing of all comes in pieces; who the clients are
 * is looked up once a piece.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/member.h"
#include "api/request.h"
#include "api/target.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/client_process.h"

/* Two halves, as one of 64 bits is more than a JSON number holds. */
#define ID_TEXT 24

struct listing {
	struct request *request;
	json_t *list;
	uint64_t total;
};

static json_t *process_json(
	const struct client_processes *found, const struct conn_info *conn)
{
	struct client_process process;
	json_t *o;

	if (!client_processes_find(found, conn, &process))
		return json_null();
	o = member_object();
	member_number(o, "pid", process.pid);
	member_text(o, "name", process.name);
	return o;
}

static json_t *conn_json(const struct control *c, const struct conn_info *conn,
	const struct client_processes *found)
{
	const struct control_forward *f = control_forward(c, conn->forward_id);
	uint64_t now = clock_wall_ms();
	char id[ID_TEXT];
	json_t *o = member_object();

	snprintf(id, sizeof(id), "%" PRIu32 "-%" PRIu32,
		(uint32_t)(conn->id >> 32), (uint32_t)conn->id);
	member_text(o, "id", id);
	member_id(o, "forward_id", conn->forward_id);
	member_text(o, "forward", f != NULL ? f->want.name : NULL);
	member_text(o, "client", conn->client_text);
	member_set(o, "process", process_json(found, conn));
	member_text(o, "destination", conn->destination);
	member_time(o, "since", conn->since_ms);
	member_number(o, "age_s",
		now > conn->since_ms ? (now - conn->since_ms) / 1000 : 0);
	member_number(o, "bytes_in", conn->bytes_in);
	member_number(o, "bytes_out", conn->bytes_out);
	member_number(o, "rtt_us", conn->rtt_us);
	member_number(o, "local_rtt_us", conn->local_rtt_us);
	member_id(o, "link", conn->link_no);
	member_flag(o, "open", conn->is_open);
	return o;
}

static void add(struct listing *l, const struct conns *conns)
{
	struct client_processes *found = client_processes_new(conns);

	for (uint32_t i = 0; i < conns->n; i++)
		member_append(l->list, conn_json(request_control(l->request),
					       &conns->conn[i], found));
	l->total += conns->total;
	client_processes_free(found);
}

static void on_conns(void *arg, const struct conns *conns, bool last)
{
	struct listing *l = arg;
	json_t *o;

	if (conns != NULL)
		add(l, conns);
	if (conns != NULL && !last)
		return;
	o = member_object();
	member_number(o, "total", l->total);
	member_set(o, "connections", l->list);
	request_reply_json(l->request, 200, o);
	free(l);
}

static void on_gone(void *arg)
{
	struct listing *l = arg;

	control_list_cancel(request_control(l->request), l);
	json_decref(l->list);
	free(l);
}

static void list_of(struct request *r, uint32_t forward)
{
	struct listing *l = mem_zalloc(1, sizeof(*l));

	*l = (struct listing){.request = r, .list = member_array()};
	request_wait(r, on_gone, l);
	control_list_conns(request_control(r), forward, on_conns, l);
}

static void list_all(struct request *r)
{
	list_of(r, 0);
}

static void list_forward(struct request *r)
{
	if (control_forward(request_control(r), request_id(r)) == NULL)
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such forward");
	else
		list_of(r, request_id(r));
}

static bool parse_half(const char **text, uint32_t *ret_half)
{
	char *end;
	unsigned long long n;

	if (**text < '0' || **text > '9')
		return false;
	n = strtoull(*text, &end, 10);
	*text = end;
	*ret_half = (uint32_t)n;
	return n <= UINT32_MAX;
}

static bool parse_id(const char *text, uint64_t *ret_id)
{
	uint32_t high, low;

	if (strlen(text) >= ID_TEXT || !parse_half(&text, &high) ||
		*text++ != '-' || !parse_half(&text, &low) || *text != '\0')
		return false;
	*ret_id = (uint64_t)high << 32 | low;
	return true;
}

static void kill_one(struct request *r)
{
	struct trouble trouble;
	uint64_t id;

	if (!parse_id(request_id_text(r), &id))
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such connection");
	else if (control_kill_conn(request_control(r), id, &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
}

const struct route routes_connections[] = {
	{"GET", "/api/v1/connections", ROUTE_READ, 0, list_all},
	{"DELETE", "/api/v1/connections/{id}", ROUTE_WRITE, ROUTE_TEXT_ID,
		kill_one},
	{"GET", "/api/v1/forwards/{id}/connections", ROUTE_READ, 0,
		list_forward},
	{0},
};
