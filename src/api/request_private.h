/*
 * What the files of this folder know about a request beyond request.h: how it
 * comes in piece by piece, and its answer before it goes out.
 *
 * Life: request_new (the request line) → request_begin (the headers) →
 * request_take (body) … → request_run → an answer, now or later →
 * request_free. Each step may answer; then those after it do nothing.
 *
 * Control thread.
 */
#ifndef TAUPE_API_REQUEST_PRIVATE_H
#define TAUPE_API_REQUEST_PRIVATE_H

#include <microhttpd.h>

#include "api/access.h"
#include "api/request.h"
#include "api/target.h"
#include "base/buf.h"

/* What brought the request here; it outlives the request. */
struct request_source {
	/* A header's value, or NULL. */
	const char *(*header)(void *arg, const char *name);
	/* The connection sleeps from the end of this turn on, and wakes: then
	 * the answer, or more of it, is asked for. */
	void (*pause)(void *arg);
	void (*resume)(void *arg);
	/* Whether it comes from another user of this machine, as far as that
	 * can be seen. NULL: it can't */
	bool (*by_other)(void *arg);
	void *arg;
	bool local;   /* by the Unix socket … */
	bool trusted; /* … from its owner or root */
};

enum request_state {
	REQUEST_READING,
	REQUEST_RUNNING, /* its handler is at work */
	REQUEST_WAITING, /* … and will answer later */
	REQUEST_ANSWERED,
};

struct request_header {
	char *name, *value;
	struct request_header *next;
};

struct request {
	struct api *api;
	const struct request_source *source;
	enum request_state state;
	char *uri;
	char method[12];
	struct target target;
	enum lang lang;
	uint32_t if_match;

	const struct route *route;
	const char *id_text; /* in target */
	uint32_t id;
	struct access_grant grant;

	struct buf body;
	json_t *json;

	void (*on_gone)(void *arg);
	void *gone_arg;

	struct request_header *headers; /* of the answer */
	struct MHD_Response *response;
	unsigned status;
};

/* `uri` is copied. */
struct request *request_new(struct api *api, const char *uri);
/* The headers are in. */
void request_begin(struct request *r, const struct request_source *source,
	const char *method);
/* A piece of the body. */
void request_take(struct request *r, const void *p, size_t n);
/* All is in. */
void request_run(struct request *r);
/* The client has left: tells who waits for it. The answer, if one still comes,
 * goes nowhere. */
void request_gone(struct request *r);
void request_free(struct request *r); /* NULL is fine */

/* GET or HEAD */
bool request_is_read(const struct request *r);
/* `response` is taken over; it gets the headers that all answers have. */
void request_reply(
	struct request *r, unsigned status, struct MHD_Response *response);
/* As request_wait's, for an answer without end. */
void request_on_gone(struct request *r, void (*on_gone)(void *arg), void *arg);

#endif
