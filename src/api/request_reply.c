/*
 * Answers of requests: bodies, and the headers that all of them have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/problem.h"
#include "api/request_private.h"
#include "base/mem.h"

/* Nothing but ourselves may be loaded, nobody may frame us, nobody is told
 * where one came from. CSP Level 3, Fetch, Referrer Policy. */
static const struct {
	const char *name, *value;
} always[] = {
	{"Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; "
		"img-src 'self' data:; connect-src 'self'; "
		"manifest-src 'self'; base-uri 'none'; form-action 'none'; "
		"frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Embedder-Policy", "require-corp"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
};
#define ALWAYS (sizeof(always) / sizeof(always[0]))

/* Ours are well formed; what others' words are in, and is not, is left out. */
static void set(
	struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_get_response_header(response, name) == NULL)
		(void)MHD_add_response_header(response, name, value);
}

void request_reply(
	struct request *r, unsigned status, struct MHD_Response *response)
{
	bool waited = r->state == REQUEST_WAITING;

	if (response == NULL)
		abort(); /* out of memory, as mem.h */
	if (r->state == REQUEST_ANSWERED) {
		MHD_destroy_response(response);
		return;
	}
	for (const struct request_header *h = r->headers; h != NULL;
		h = h->next)
		set(response, h->name, h->value);
	for (size_t i = 0; i < ALWAYS; i++)
		set(response, always[i].name, always[i].value);
	set(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	r->state = REQUEST_ANSWERED;
	r->status = status;
	r->response = response;
	if (waited) {
		request_on_gone(r, NULL, NULL);
		r->source->resume(r->source->arg);
	}
}

void request_add_header(struct request *r, const char *name, const char *value)
{
	struct request_header *h = mem_alloc(sizeof(*h));

	h->name = mem_strdup(name);
	h->value = mem_strdup(value);
	h->next = r->headers;
	r->headers = h;
}

static void reply_bytes(struct request *r, unsigned status, const char *type,
	void *bytes, size_t n)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		n, bytes, MHD_RESPMEM_MUST_FREE);

	if (response != NULL && type != NULL)
		set(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	request_reply(r, status, response);
}

static void reply_json(
	struct request *r, unsigned status, const char *type, json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(body);
	if (text == NULL)
		abort(); /* out of memory: our texts are UTF-8 */
	reply_bytes(r, status, type, text, strlen(text));
}

void request_reply_json(struct request *r, unsigned status, json_t *body)
{
	reply_json(r, status, "application/json", body);
}

void request_reply_resource(
	struct request *r, unsigned status, json_t *body, uint32_t revision)
{
	char etag[16];

	snprintf(etag, sizeof(etag), "\"%u\"", revision);
	request_add_header(r, MHD_HTTP_HEADER_ETAG, etag);
	request_reply_json(r, status, body);
}

void request_reply_empty(struct request *r, unsigned status)
{
	reply_bytes(r, status, NULL, NULL, 0);
}

void request_reply_text(struct request *r, unsigned status, const char *type,
	const void *text, size_t n)
{
	reply_bytes(r, status, type, mem_dup(text, n), n);
}

void request_reply_trouble(struct request *r, const struct trouble *t,
	const struct control_fields *fields)
{
	request_add_header(r, MHD_HTTP_HEADER_CONTENT_LANGUAGE,
		catalog_lang_name(r->lang));
	/* RFC 9110 §15.5.2 wants it named. */
	if (t->code == ERR_UNAUTHORIZED)
		request_add_header(
			r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	reply_json(r, (unsigned)err_http((int)t->code),
		"application/problem+json", problem_json(t, fields, r->lang));
}

void request_reply_error(struct request *r, int code, const char *detail)
{
	struct trouble trouble;

	if (detail != NULL)
		(void)trouble_say(&trouble, code, "%s", detail);
	else
		trouble_set(&trouble, code);
	request_reply_trouble(r, &trouble, NULL);
}
