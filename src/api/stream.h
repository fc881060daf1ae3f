/*
 * The live stream (docs/api.md): what changes, told to everybody who listens.
 * Server-Sent Events, HTML Living Standard §9.2.
 *
 * A change is written down as what it is about, and put into words when a
 * reader comes for it: from the state of that moment, once for each language.
 * So a reader that is slow gets the newest of a thing and none of the states
 * between, and costs nothing. The last STREAM_MESSAGES changes are there for
 * readers that were cut off; one that falls behind further is cut itself.
 *
 * Control thread.
 */
#ifndef TAUPE_API_STREAM_H
#define TAUPE_API_STREAM_H

#include <uv.h>

#include "api/api.h"

#define STREAM_MESSAGES 4096
#define STREAM_CLIENTS  512

struct stream;

struct stream *stream_new(
	uv_loop_t *loop, struct control *control, const struct api *api);
/* After all its requests have ended. The loop turns once more. NULL is fine. */
void stream_free(struct stream *s);

#endif
