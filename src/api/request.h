/*
 * One HTTP request on its way through a handler, and its answer.
 *
 * A handler is called on the control thread when the whole body is in, checked
 * for size and depth and parsed, and access has been granted. It answers
 * exactly once: at once, or later after request_wait. What it answers is owned
 * by the request from then on.
 */
#ifndef TAUPE_API_REQUEST_H
#define TAUPE_API_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "api/api.h"
#include "base/catalog.h"
#include "base/trouble.h"
#include "daemon/control.h"

struct request;

/* ---- what came ---- */
struct api *request_api(const struct request *r);
struct control *request_control(const struct request *r);
enum lang request_lang(const struct request *r);
bool request_is_local(const struct request *r); /* by the Unix socket */
/* By the Unix socket or from the page: not a script with a token, which may
 * neither have programs run nor name files of this machine. */
bool request_is_owner(const struct request *r);
/* The n-th {id} of the path, or 0 when it is no number (then the route has been
 * answered with 404 already, unless it takes text). */
uint32_t request_id(const struct request *r);
const char *request_id_text(const struct request *r);
/* A query argument, decoded; NULL: not given. */
const char *request_query(const struct request *r, const char *name);
/* ?stop=1 */
bool request_flag(const struct request *r, const char *name);
/* The JSON body, borrowed; NULL: there is none. */
json_t *request_body(const struct request *r);
/* The revision in If-Match; 0: none was given. */
uint32_t request_if_match(const struct request *r);
/* Of the header; NULL: not there. */
const char *request_header(const struct request *r, const char *name);

/* ---- answering later ---- */
/* The request waits; `on_gone` is called if the client leaves first (the
 * request can't be answered any more then). */
void request_wait(struct request *r, void (*on_gone)(void *arg), void *arg);

/* ---- answers ---- */
/* `body` is taken over. */
void request_reply_json(struct request *r, unsigned status, json_t *body);
/* With an ETag of `revision`. */
void request_reply_resource(
	struct request *r, unsigned status, json_t *body, uint32_t revision);
void request_reply_empty(struct request *r, unsigned status);
/* Copied. `type` with its charset. */
void request_reply_text(struct request *r, unsigned status, const char *type,
	const void *text, size_t n);
/* RFC 9457. `fields` may be NULL. */
void request_reply_trouble(struct request *r, const struct trouble *t,
	const struct control_fields *fields);
/* trouble_say and request_reply_trouble. */
void request_reply_error(struct request *r, int code, const char *detail);
/* Before the reply: one more header, in place of ours of that name. Copied. */
void request_add_header(struct request *r, const char *name, const char *value);

/* ---- routes ---- */
/* ROUTE_OWNER: what a script's token may not do, whatever its scope. */
enum route_scope { ROUTE_PUBLIC, ROUTE_READ, ROUTE_WRITE, ROUTE_OWNER };
#define ROUTE_LOCAL_ONLY 1u /* Unix socket only */
#define ROUTE_TEXT_ID    2u /* {id} is any text */
struct route {
	const char *method;  /* "GET" also serves HEAD */
	const char *pattern; /* "/api/v1/forwards/{id}/start" */
	enum route_scope scope;
	unsigned flags;
	void (*run)(struct request *r);
};
/* Ended by a row without a method; each file of resources has one, routes.c has
 * the list of them. */
extern const struct route routes_forwards[], routes_servers[], routes_prompts[],
	routes_connections[], routes_tests[], routes_known_hosts[],
	routes_events[], routes_settings[], routes_import[], routes_status[],
	routes_access[], routes_stream[];

/* ---- JSON of views, for handlers and the live stream (json_*.c) ---- */
json_t *json_forward(const struct control *c, const struct control_forward *f,
	enum lang lang);
json_t *json_server(const struct control *c, const struct control_server *s,
	enum lang lang);
json_t *json_prompt(const struct control *c, const struct control_prompt *p,
	enum lang lang);
json_t *json_test(
	const struct control *c, const struct control_test *t, enum lang lang);
json_t *json_event(
	const struct control *c, const struct store_event *e, enum lang lang);
json_t *json_settings(const struct api *a);
/* {"code","message","offer","args","at"?}, or null for ERR_OK. */
json_t *json_trouble(const struct trouble *t, uint64_t at_ms, enum lang lang);
json_t *json_time(uint64_t wall_ms); /* null for 0 */

#endif
