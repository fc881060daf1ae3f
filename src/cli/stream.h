/*
 * The daemon's live stream (docs/api.md, "Live stream"; WHATWG HTML, §9.2
 * Server-sent events) on a loop, through libcurl's multi interface.
 *
 * Life: stream_open → on_message … → on_end, or stream_close at any time, also
 * from a callback; then the loop has to turn once more. Loop thread.
 */
#ifndef TAUPE_CLI_STREAM_H
#define TAUPE_CLI_STREAM_H

#include <jansson.h>
#include <uv.h>

struct stream;

/* `data` is borrowed. */
typedef void stream_fn(void *arg, const char *event, const json_t *data);
/* The daemon ended it, or is not there. */
typedef void stream_end_fn(void *arg);

/* NULL: libcurl can't be used. */
struct stream *stream_open(uv_loop_t *loop, const char *socket_path,
	stream_fn *on_message, stream_end_fn *on_end, void *arg);
void stream_close(struct stream *s); /* NULL is fine */

#endif
