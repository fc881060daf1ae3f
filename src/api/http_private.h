/*
 * What http.c (the daemon on the loop, its callers) and http_visit.c (a request
 * on a connection) share.
 */
#ifndef TAUPE_API_HTTP_PRIVATE_H
#define TAUPE_API_HTTP_PRIVATE_H

#include <microhttpd.h>
#include <stdint.h>

#include "api/http.h"
#include "api/request_private.h"

#define HTTP_QUIET_S 60 /* of an answer that nobody takes */

enum caller_phase {
	CALLER_FIRST, /* has said nothing whole yet */
	CALLER_IDLE,  /* between two requests */
	CALLER_BODY,
	CALLER_SERVED,
	CALLER_PHASES
};

/* A connection. */
struct caller {
	struct http *http;
	struct caller *prev, *next;
	int fd;
	bool trusted;
	enum caller_phase phase;
	uint64_t since_ms;
};

/* A request on it. */
struct visit;

struct http {
	struct http_config config;
	struct MHD_Daemon *daemon;
	struct caller *callers;
	struct visit *visits;
	bool closing;
	bool woken;       /* a visit, since the daemon was run last */
	unsigned handles; /* that the loop has not closed yet */
	uv_poll_t poll;   /* of the daemon's epoll set */
	uv_timer_t timer; /* the daemon's timeouts */
	uv_timer_t sweep; /* ours */
};

void http_set_phase(struct caller *caller, enum caller_phase phase);
/* One that slept goes on: the daemon, which does not notice, has to be run. */
void http_woken(struct http *h);
/* One of our handles is closed: the last one takes the memory along. */
void http_handle_closed(struct http *h);

/* For MHD_start_daemon; the argument is the http. */
void *http_visit_new(
	void *arg, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_visit_step(void *arg, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *data, size_t *data_size, void **context);
void http_visit_done(void *arg, struct MHD_Connection *connection,
	void **context, enum MHD_RequestTerminationCode how);

/* Wakes all that sleep, for the end. */
void http_visit_wake_all(struct http *h);

#endif
