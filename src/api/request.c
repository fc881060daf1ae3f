#include "api/request_private.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/body.h"
#include "api/guard.h"
#include "api/negotiate.h"
#include "api/page.h"
#include "api/routes.h"
#include "base/mem.h"
#include "base/secret.h"

/* Passwords come in bodies. As deep as body.h lets it be. */
static void wipe(json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		secret_wipe((char *)json_string_value(value),
			json_string_length(value));
	json_array_foreach(value, i, member)
	{
		wipe(member);
	}
	json_object_foreach (value, name, member)
		wipe(member);
}

struct request *request_new(struct api *api, const char *uri)
{
	struct request *r = mem_zalloc(1, sizeof(*r));

	r->api = api;
	r->uri = mem_strdup(uri);
	r->lang = catalog_lang();
	return r;
}

void request_free(struct request *r)
{
	if (r == NULL)
		return;
	while (r->headers != NULL) {
		struct request_header *h = r->headers;

		r->headers = h->next;
		free(h->name);
		free(h->value);
		free(h);
	}
	if (r->response != NULL)
		MHD_destroy_response(r->response);
	wipe(r->json);
	json_decref(r->json);
	buf_wipe_done(&r->body);
	target_done(&r->target);
	free(r->uri);
	free(r);
}

/* ---- coming in ---- */

/* No other page's scripts get to read an answer: there are no CORS headers. */
static void reply_options(struct request *r, const char *allow)
{
	request_add_header(r, MHD_HTTP_HEADER_ALLOW, allow);
	request_reply_empty(r, MHD_HTTP_NO_CONTENT);
}

static void refuse_method(struct request *r, const char *allow)
{
	if (strcmp(r->method, MHD_HTTP_METHOD_OPTIONS) == 0) {
		reply_options(r, allow);
		return;
	}
	request_add_header(r, MHD_HTTP_HEADER_ALLOW, allow);
	request_reply_error(r, ERR_METHOD, r->method);
}

/* What no route has is the page's, but for what is asked of the API. */
static void find_page(struct request *r)
{
	if (routes_is_api(&r->target))
		request_reply_error(r, ERR_NOT_FOUND, r->uri);
	else if (!request_is_read(r))
		refuse_method(r, "GET, HEAD, OPTIONS");
	else
		page_serve(r->api->page, r);
}

static void find_route(struct request *r)
{
	struct routes_found found;
	struct trouble trouble;

	switch (routes_find(r->method, &r->target, &found)) {
	case ROUTES_NONE:
		find_page(r);
		return;
	case ROUTES_METHOD:
		refuse_method(r, found.allow);
		return;
	case ROUTES_FOUND:
		break;
	}
	if (guard_route(r, found.route, &trouble) != 0) {
		request_reply_trouble(r, &trouble, NULL);
		return;
	}
	r->route = found.route;
	r->id = found.id;
	r->id_text = found.id_text;
}

/* An entity tag that nothing of ours ever had is an old one. */
static void refuse_if_match(struct request *r)
{
	struct trouble trouble;

	trouble_set(&trouble, ERR_PRECONDITION);
	trouble_arg(&trouble, "name", "%s", r->uri);
	request_reply_trouble(r, &trouble, NULL);
}

/* Of who has not said who they are, little is taken. */
static size_t body_max(const struct request *r)
{
	return r->route->scope == ROUTE_PUBLIC ? BODY_PUBLIC_MAX : BODY_MAX;
}

static void refuse_size(struct request *r)
{
	request_reply_error(r, ERR_TOO_LARGE,
		body_max(r) == BODY_MAX ? "the body is larger than 1 MiB"
					: "the body is larger than 8 KiB");
}

static void check_headers(struct request *r)
{
	const char *length = request_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (!negotiate_if_match(
		    request_header(r, MHD_HTTP_HEADER_IF_MATCH), &r->if_match))
		refuse_if_match(r);
	else if (length != NULL && strtoull(length, NULL, 10) > body_max(r))
		refuse_size(r);
}

void request_begin(struct request *r, const struct request_source *source,
	const char *method)
{
	struct trouble trouble;

	r->source = source;
	if (strlen(method) < sizeof(r->method))
		memcpy(r->method, method, strlen(method) + 1);
	r->lang = negotiate_lang(
		request_header(r, MHD_HTTP_HEADER_ACCEPT_LANGUAGE), r->lang);
	if (guard_origin(r, &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else if (target_parse(r->uri, &r->target) != 0)
		request_reply_error(
			r, ERR_INVALID, "the address is no path and query");
	else
		find_route(r);
	if (r->state == REQUEST_READING)
		check_headers(r);
}

void request_take(struct request *r, const void *p, size_t n)
{
	if (r->state != REQUEST_READING)
		return;
	if (n > body_max(r) - buf_len(&r->body)) {
		buf_wipe_done(&r->body);
		refuse_size(r);
		return;
	}
	buf_put(&r->body, p, n);
}

static void read_body(struct request *r)
{
	struct trouble trouble;

	if (!negotiate_is_json(
		    request_header(r, MHD_HTTP_HEADER_CONTENT_TYPE))) {
		request_reply_error(
			r, ERR_MEDIA, "the body is not application/json");
		return;
	}
	r->json = body_parse(buf_ptr(&r->body), buf_len(&r->body), &trouble);
	if (r->json == NULL)
		request_reply_trouble(r, &trouble, NULL);
}

void request_run(struct request *r)
{
	if (r->state != REQUEST_READING)
		return;
	if (buf_len(&r->body) != 0 && !request_is_read(r))
		read_body(r);
	if (r->state != REQUEST_READING)
		return;
	r->state = REQUEST_RUNNING;
	r->route->run(r);
	/* A handler that says nothing would leave its client waiting. */
	if (r->state == REQUEST_RUNNING)
		request_reply_error(r, ERR_INTERNAL, r->route->pattern);
}

void request_gone(struct request *r)
{
	void (*on_gone)(void *arg) = r->on_gone;

	r->on_gone = NULL;
	if (on_gone != NULL)
		on_gone(r->gone_arg);
}

/* ---- what came ---- */

struct api *request_api(const struct request *r)
{
	return r->api;
}

struct control *request_control(const struct request *r)
{
	return r->api->config.control;
}

enum lang request_lang(const struct request *r)
{
	return r->lang;
}

bool request_is_local(const struct request *r)
{
	return r->source->local;
}

bool request_is_owner(const struct request *r)
{
	return r->grant.by == ACCESS_LOCAL || r->grant.by == ACCESS_SESSION;
}

bool request_is_read(const struct request *r)
{
	return strcmp(r->method, MHD_HTTP_METHOD_GET) == 0 ||
	       strcmp(r->method, MHD_HTTP_METHOD_HEAD) == 0;
}

uint32_t request_id(const struct request *r)
{
	return r->id;
}

const char *request_id_text(const struct request *r)
{
	return r->id_text;
}

const char *request_query(const struct request *r, const char *name)
{
	return target_arg(&r->target, name);
}

bool request_flag(const struct request *r, const char *name)
{
	const char *value = request_query(r, name);

	return value != NULL &&
	       (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
}

json_t *request_body(const struct request *r)
{
	return r->json;
}

uint32_t request_if_match(const struct request *r)
{
	return r->if_match;
}

const char *request_header(const struct request *r, const char *name)
{
	return r->source->header(r->source->arg, name);
}

void request_on_gone(struct request *r, void (*on_gone)(void *arg), void *arg)
{
	r->on_gone = on_gone;
	r->gone_arg = arg;
}

void request_wait(struct request *r, void (*on_gone)(void *arg), void *arg)
{
	if (r->state != REQUEST_RUNNING)
		return;
	r->state = REQUEST_WAITING;
	request_on_gone(r, on_gone, arg);
}
