/*
 * What top_run.c (stream, terminal, life) and top_act.c (keys) share.
 */
#ifndef TAUPE_CLI_TOP_PRIVATE_H
#define TAUPE_CLI_TOP_PRIVATE_H

#include <uv.h>

#include "cli/client.h"
#include "cli/stream.h"
#include "cli/text.h"
#include "cli/top_keys.h"
#include "cli/top_list.h"
#include "cli/top_view.h"

#define TOP_SIGNALS 6

struct top {
	struct client *client;
	uv_loop_t loop;
	uv_signal_t signal[TOP_SIGNALS];
	uv_poll_t keys;
	uv_timer_t escape;     /* a lone ESC is a key when nothing follows */
	uv_timer_t paint;      /* changes that come together are painted once */
	uv_timer_t retry;      /* after the stream's end */
	int fd;                /* of the terminal that keys come from */
	struct stream *stream; /* NULL: it is cut */
	struct top_list *list;
	struct top_look look;
	char message[TEXT_MAX];
	struct buf typed; /* not a whole key yet */
	bool suspended;
	int code;
};

/* top_run.c */
void top_run_stop(struct top *t, int code);
/* Soon. */
void top_run_paint(struct top *t);

/* top_act.c: one key's work. */
void top_act_key(struct top *t, enum top_key key, const char *text);

#endif
