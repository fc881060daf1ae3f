/*
 * Those who want to know. One may come or go from inside of a call: what goes
 * is only marked while others are being told.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "daemon/control_private.h"

void control_observe(
	struct control *c, const struct control_observer *o, void *arg)
{
	c->observer = mem_realloc(
		c->observer, c->n_observers + 1, sizeof(*c->observer));
	c->observer[c->n_observers++] = (struct control_seen){o, arg};
}

static void sweep(struct control *c)
{
	size_t kept = 0;

	if (c->telling != 0)
		return;
	for (size_t i = 0; i < c->n_observers; i++)
		if (c->observer[i].ops != NULL)
			c->observer[kept++] = c->observer[i];
	c->n_observers = kept;
}

void control_forget(
	struct control *c, const struct control_observer *o, void *arg)
{
	for (size_t i = 0; i < c->n_observers; i++)
		if (c->observer[i].ops == o && c->observer[i].arg == arg)
			c->observer[i].ops = NULL;
	sweep(c);
}

/* The array may move under the calls, and grow: newcomers are told next time.
 */
#define TELL(c, what, ...)                                                     \
	do {                                                                   \
		size_t n_now = (c)->n_observers;                               \
                                                                               \
		(c)->telling++;                                                \
		for (size_t i_now = 0; i_now < n_now; i_now++) {               \
			struct control_seen seen = (c)->observer[i_now];       \
                                                                               \
			if (seen.ops != NULL && seen.ops->what != NULL)        \
				seen.ops->what(seen.arg, ##__VA_ARGS__);       \
		}                                                              \
		(c)->telling--;                                                \
		sweep(c);                                                      \
	} while (0)

void control_tell_server(struct control *c, const struct kept_server *s)
{
	if (!s->gone)
		TELL(c, server, &s->view);
}

void control_tell_forward(struct control *c, const struct kept_forward *f)
{
	TELL(c, forward, &f->view);
}

void control_tell_server_removed(struct control *c, uint32_t id)
{
	TELL(c, server_removed, id);
}

void control_tell_forward_removed(struct control *c, uint32_t id)
{
	TELL(c, forward_removed, id);
}

void control_tell_traffic(
	struct control *c, const struct control_forward *const *f, size_t n)
{
	TELL(c, traffic, f, n);
}

void control_tell_event(struct control *c, const struct store_event *e)
{
	TELL(c, event, e);
}

void control_tell_prompt(struct control *c, const struct control_prompt *p)
{
	TELL(c, prompt, p);
}

void control_tell_prompt_gone(struct control *c, uint32_t id)
{
	TELL(c, prompt_gone, id);
}

void control_tell_test(struct control *c, const struct control_test *t)
{
	TELL(c, test, t);
}

void control_tell_settings(struct control *c)
{
	TELL(c, settings);
}
