/* The questions that a server's links have open. */
#include "tunnel/server_private.h"

#include <stdlib.h>

#include "base/mem.h"

static void ask_gone(struct server *s, struct ask *a)
{
	struct event *e = server_event(s, EVENT_PROMPT_GONE);

	e->prompt_id = a->id;
	server_emit(s, e);
	TAILQ_REMOVE(&s->asks, a, next);
	free(a);
}

void server_forget_asks(struct server *s, struct link *l)
{
	struct ask *a, *next;

	for (a = TAILQ_FIRST(&s->asks); a != NULL; a = next) {
		next = TAILQ_NEXT(a, next);
		if (a->link == l)
			ask_gone(s, a);
	}
}

void server_ask(struct server *s, struct link *l, struct prompt *prompt,
	const struct trouble *about)
{
	struct ask *a = mem_zalloc(1, sizeof(*a));
	struct event *e = server_event(s, EVENT_PROMPT);

	a->id = ++s->next_prompt_id;
	a->link = l;
	TAILQ_INSERT_TAIL(&s->asks, a, next);
	e->prompt_id = a->id;
	e->prompt = prompt;
	e->link_no = link_number(l);
	e->unattended = link_asks(l) == LINK_ASKS_MACHINE;
	e->asker_id = link_peer(l)->config->id;
	if (about != NULL)
		e->trouble = *about;
	server_emit(s, e);
}

void server_answer(struct server *s, uint32_t prompt_id,
	const struct secret *answers, size_t n)
{
	struct ask *a;
	struct link *l;

	TAILQ_FOREACH (a, &s->asks, next)
		if (a->id == prompt_id)
			break;
	if (a == NULL)
		return;
	l = a->link;
	ask_gone(s, a);
	link_answer(l, answers, n);
}
