/*
 * What stream.c (the log of changes), stream_text.c (their words) and
 * stream_client.c (readers) share.
 */
#ifndef TAUPE_API_STREAM_PRIVATE_H
#define TAUPE_API_STREAM_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "api/stream.h"
#include "base/buf.h"

enum stream_kind {
	STREAM_FORWARD,
	STREAM_FORWARD_REMOVED,
	STREAM_SERVER,
	STREAM_SERVER_REMOVED,
	STREAM_EVENT,
	STREAM_PROMPT,
	STREAM_PROMPT_GONE,
	STREAM_TEST,
	STREAM_SETTINGS,
	STREAM_KINDS
};

struct stream_message {
	uint64_t seq;
	uint64_t before; /* another of the same bucket, or a lower seq: none */
	enum stream_kind kind;
	uint32_t id; /* of the thing */
	bool stale;  /* a newer one says it all */
	struct store_event *event;
	char *text[LANG_COUNT]; /* the whole message, or NULL: not yet */
};

/* A forward whose numbers have changed in that tick. */
struct stream_traffic {
	uint32_t id;
	uint64_t tick;
};

#define STREAM_EPOCH   17 /* with its NUL */
#define STREAM_BUCKETS 1024

struct stream_client;

struct stream {
	const struct api *api;
	struct control *control;
	char epoch[STREAM_EPOCH]; /* of this process: what ids begin with */

	/* Messages first … last are in ring[seq % STREAM_MESSAGES]; first is
	 * last + 1 when there is none. NULL: nobody has listened lately */
	struct stream_message *ring;
	uint64_t first, last;
	uint64_t bucket[STREAM_BUCKETS]; /* the last seq of each */
	size_t text_bytes;               /* of all texts … */
	uint64_t text_from;              /* … none is in one below */

	struct stream_traffic *traffic; /* by id */
	size_t n_traffic;
	uint64_t tick;
	char *tick_text; /* of the rows of the last tick, or NULL */

	struct stream_client *clients;
	unsigned n_clients;
	uint64_t left_ms; /* when the last one left */
	uv_timer_t alive;
};

/* Appends what the message says in `lang`; nothing when it has become void. */
void stream_text_message(struct stream *s, struct stream_message *m,
	enum lang lang, struct buf *out);
/* The rows that changed after tick `since`. */
void stream_text_traffic(struct stream *s, uint64_t since, struct buf *out);
/* Forgets a message's words. */
void stream_text_drop(struct stream *s, struct stream_message *m);

/* NULL: it is no longer there. */
struct stream_message *stream_message(struct stream *s, uint64_t seq);

/* There is something to say. */
void stream_client_wake_all(struct stream *s);

#endif
