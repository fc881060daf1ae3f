#include <stdlib.h>

#include "base/mem.h"
#include "cli/display.h"
#include "cli/human.h"

struct display_plain {
	struct display base;
	bool quiet;
	struct buf out;
};

static void plain_event(struct display *base, const struct event *e)
{
	struct display_plain *d = (struct display_plain *)base;
	char time[HUMAN_MAX];

	if (d->quiet && !display_is_trouble(e))
		return;
	buf_printf(&d->out, "%s ", human_clock(time, e->wall_ms, true));
	if (!display_sentence(base->state, e, false, &d->out)) {
		buf_clear(&d->out);
		return;
	}
	buf_put(&d->out, "\n", 1);
	display_write(base, &d->out);
}

static void plain_free(struct display *base)
{
	struct display_plain *d = (struct display_plain *)base;

	buf_done(&d->out);
	free(d);
}

static const struct display_ops ops = {
	.event = plain_event,
	.free = plain_free,
};

struct display *display_plain_new(
	const struct run_state *state, int fd, bool quiet)
{
	struct display_plain *d = mem_zalloc(1, sizeof(*d));

	d->base = (struct display){.ops = &ops, .state = state, .fd = fd};
	d->quiet = quiet;
	return &d->base;
}
