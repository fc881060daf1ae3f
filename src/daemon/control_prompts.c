/*
 * Questions of servers: answered from what is known, else shown until a person
 * answers or nobody waits any more.
 *
 * What was kept is tried once: a question that comes back with `retry` goes to
 * a person. Host keys are a person's matter always.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/control_private.h"

static const char *const asked_keys[] = {
	[PROMPT_HOST_KEY] = "event.asks_host_key",
	[PROMPT_PASSPHRASE] = "event.asks_passphrase",
	[PROMPT_PASSWORD] = "event.asks_password",
	[PROMPT_NEW_PASSWORD] = "event.asks_new_password",
	[PROMPT_KEYBOARD] = "event.asks_keyboard_interactive",
};
static_assert(sizeof(asked_keys) / sizeof(asked_keys[0]) == PROMPT_KIND_COUNT,
	"one key a kind");

const struct control_prompt *const *control_prompts(
	const struct control *c, size_t *ret_n)
{
	*ret_n = c->n_prompts;
	return (const struct control_prompt *const *)c->prompt_list;
}

static struct kept_prompt *prompt_at(const struct control *c, size_t i)
{
	return (struct kept_prompt *)c->prompt_list[i];
}

static bool is_asked(const struct control *c, const struct kept_server *s)
{
	for (size_t i = 0; i < c->n_prompts; i++)
		if (c->prompt_list[i]->server == s->view.want.id)
			return true;
	return false;
}

/* ---- what can be known ahead ---- */

/* Many servers ask for the password by keyboard-interactive. */
static bool asks_password(const struct prompt *p)
{
	return p->n_fields == 1 && !p->field[0].echo &&
	       strcasestr(p->field[0].text, "password") != NULL &&
	       strcasestr(p->field[0].text, "one-time") == NULL;
}

/* The kind under which an answer may be kept; NULL: it is good but once. */
static const char *kept_kind(const struct prompt *p)
{
	switch (p->kind) {
	case PROMPT_PASSPHRASE:
	case PROMPT_PASSWORD:
		return prompt_kind_name(p->kind);
	case PROMPT_NEW_PASSWORD:
		return prompt_kind_name(PROMPT_PASSWORD);
	case PROMPT_KEYBOARD:
		return asks_password(p) ? prompt_kind_name(PROMPT_PASSWORD)
					: NULL;
	case PROMPT_HOST_KEY:
	case PROMPT_KIND_COUNT:
		break;
	}
	return NULL;
}

static void answer_worker(const struct kept_server *s, uint32_t engine,
	const struct secret *answers, size_t n)
{
	if (s->phase == CONTROL_RUNNING)
		worker_answer(
			s->worker->worker, s->view.want.id, engine, answers, n);
}

/* Whose secret is wanted: a hop's, that is a server of the list, is its own.
 * One of a ProxyJump has none; what is for any name is not meant for it, but a
 * passphrase, which does not leave this machine. */
static struct control_wish wish_of(
	struct kept_server *s, uint32_t asker, const struct prompt *p)
{
	struct kept_server *hop =
		asker != 0 ? id_map_get(&s->control->servers, asker) : NULL;
	struct control_wish wish = {
		.kind = kept_kind(p),
		.about = p->about,
		.owner = hop != NULL && !hop->gone ? hop : s,
		.named = s,
	};

	wish.any = hop == wish.owner || p->kind == PROMPT_PASSPHRASE;
	return wish;
}

static bool answer_from_memory(struct kept_server *s, const struct event *e)
{
	const struct prompt *p = e->prompt;
	struct control_wish wish = wish_of(s, e->asker_id, p);
	struct secret value = SECRET_INIT;
	bool known;

	if (wish.kind == NULL || p->kind == PROMPT_NEW_PASSWORD)
		return false;
	if (p->retry) {
		control_secret_wrong(&wish);
		return false;
	}
	known = control_secret_recall(&wish, &value);
	if (known)
		answer_worker(s, e->prompt_id, &value, 1);
	secret_done(&value);
	return known;
}

/* ---- what is shown of it ---- */

static bool waits(enum tunnel_state state)
{
	return state == STATE_CONNECTING || state == STATE_RECONNECTING;
}

static bool is_question(enum err code)
{
	return code == ERR_NEED_INPUT || code == ERR_HOST_KEY_UNKNOWN;
}

/* `why` NULL: nothing is asked any more. */
static void show_waiting(
	struct control *c, struct kept_server *s, const struct trouble *why)
{
	struct control_change change = {.why = why, .quiet = true};

	change.state = s->view.state;
	if (waits(change.state) &&
		(why != NULL || is_question(s->view.trouble.code)))
		control_state_server(s, &change);
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		change.state = f->view.state;
		change.standby = f->view.standby;
		if (f->server == s && waits(change.state) &&
			(why != NULL || is_question(f->view.trouble.code)))
			control_state_forward(c, f, &change);
	}
}

static void describe(const struct prompt *p, const struct trouble *about,
	struct trouble *ret)
{
	if (p->kind == PROMPT_HOST_KEY) {
		*ret = *about;
		ret->code = ERR_HOST_KEY_UNKNOWN;
		return;
	}
	trouble_set(ret, ERR_NEED_INPUT);
	trouble_arg(ret, "about", "%s", p->about);
}

/* A server that gives up waiting is called again, and asks again: once is
 * enough until somebody answers. */
static void write_prompt(struct control *c, struct kept_server *s,
	const struct prompt *p, const struct trouble *why)
{
	if ((s->asked_kinds & 1u << p->kind) != 0)
		return;
	s->asked_kinds |= 1u << p->kind;
	control_write(c, &(struct control_row){.kind = "prompt",
				 .level = "warning",
				 .code = asked_keys[p->kind],
				 .args = why,
				 .server = s});
}

static void raise_prompt(
	struct control *c, struct kept_server *s, const struct event *e)
{
	struct kept_prompt *p = mem_zalloc(1, sizeof(*p));
	struct trouble why;

	p->prompt = prompt_copy(e->prompt);
	p->engine = e->prompt_id;
	p->asker = e->asker_id;
	p->view = (struct control_prompt){
		.id = ++c->last_prompt,
		.server = s->view.want.id,
		.prompt = p->prompt,
		.about = e->trouble,
		.since_ms = clock_wall_ms(),
	};
	c->prompt_list = mem_realloc(
		c->prompt_list, c->n_prompts + 1, sizeof(*c->prompt_list));
	c->prompt_list[c->n_prompts++] = &p->view;
	describe(p->prompt, &e->trouble, &why);
	write_prompt(c, s, p->prompt, &why);
	control_tell_prompt(c, &p->view);
	show_waiting(c, s, &why);
}

void control_prompt_came(struct kept_server *s, const struct event *e)
{
	if (e->prompt == NULL || answer_from_memory(s, e))
		return;
	if (e->unattended || s->phase != CONTROL_RUNNING) {
		answer_worker(s, e->prompt_id, NULL, 0);
		return;
	}
	raise_prompt(s->control, s, e);
}

/* ---- going ---- */

static void drop(struct control *c, size_t at)
{
	struct kept_prompt *p = prompt_at(c, at);

	c->n_prompts--;
	memmove(&c->prompt_list[at], &c->prompt_list[at + 1],
		(c->n_prompts - at) * sizeof(*c->prompt_list));
	control_tell_prompt_gone(c, p->view.id);
	prompt_free(p->prompt);
	free(p);
}

static void settle(struct control *c, struct kept_server *s)
{
	if (!is_asked(c, s))
		show_waiting(c, s, NULL);
}

void control_prompt_went(struct kept_server *s, uint32_t engine)
{
	struct control *c = s->control;

	for (size_t i = 0; i < c->n_prompts; i++) {
		const struct kept_prompt *p = prompt_at(c, i);

		if (p->view.server != s->view.want.id || p->engine != engine)
			continue;
		drop(c, i);
		settle(c, s);
		return;
	}
}

void control_prompts_drop(struct control *c, const struct kept_server *s)
{
	for (size_t i = c->n_prompts; i-- > 0;)
		if (s == NULL || c->prompt_list[i]->server == s->view.want.id)
			drop(c, i);
}

/* ---- answers ---- */

static bool says_no(const struct prompt *p, const struct secret *answers)
{
	return p->kind == PROMPT_HOST_KEY &&
	       (answers[0].p == NULL || strcasecmp(answers[0].p, "no") == 0);
}

static int check_answers(const struct prompt *p, const struct secret *answers,
	size_t n, struct trouble *trouble)
{
	if (answers != NULL && n != p->n_fields)
		return trouble_say(trouble, ERR_INVALID,
			"one answer for each field is wanted");
	for (size_t i = 0; answers != NULL && i < n; i++)
		if (answers[i].p == NULL)
			return trouble_say(trouble, ERR_INVALID,
				"one answer for each field is wanted");
	return 0;
}

static void take_answers(struct kept_server *s, const struct kept_prompt *p,
	const struct secret *answers, bool keep)
{
	struct control_wish wish = wish_of(s, p->asker, p->prompt);

	s->asked_kinds = 0;
	if (answers == NULL || says_no(p->prompt, answers))
		s->refused = true;
	else if (wish.kind != NULL)
		control_secret_given(s, &wish, &answers[0], keep);
}

static void answer_at(struct control *c, size_t at,
	const struct secret *answers, size_t n, bool keep)
{
	struct kept_prompt *p = prompt_at(c, at);
	struct kept_server *s = id_map_get(&c->servers, p->view.server);

	take_answers(s, p, answers, keep);
	answer_worker(s, p->engine, answers, n);
	drop(c, at);
	settle(c, s);
}

int control_answer(struct control *c, uint32_t prompt,
	const struct secret *answers, size_t n, bool keep,
	struct trouble *trouble)
{
	int err;

	for (size_t i = 0; i < c->n_prompts; i++) {
		if (c->prompt_list[i]->id != prompt)
			continue;
		err = check_answers(
			c->prompt_list[i]->prompt, answers, n, trouble);
		if (err == 0)
			answer_at(c, i, answers, n, keep);
		return err;
	}
	return trouble_say(trouble, ERR_NOT_FOUND, "prompt %u", prompt);
}

/* From what is known by now. */
static bool answer_known(struct control *c, size_t at)
{
	struct kept_prompt *p = prompt_at(c, at);
	struct kept_server *s = id_map_get(&c->servers, p->view.server);
	struct control_wish wish = wish_of(s, p->asker, p->prompt);
	struct secret value = SECRET_INIT;
	bool known = wish.kind != NULL &&
		     p->prompt->kind != PROMPT_NEW_PASSWORD &&
		     control_secret_recall(&wish, &value);

	if (known) {
		answer_worker(s, p->engine, &value, 1);
		drop(c, at);
		settle(c, s);
	}
	secret_done(&value);
	return known;
}

void control_vault_opened(struct control *c)
{
	for (size_t i = 0; i < c->n_prompts;)
		i += !answer_known(c, i);
	for (size_t i = 0; i < c->n_servers; i++)
		control_reconcile(c, kept_server(c->server_list[i]));
	control_tell_settings(c);
}

/* Whether a secret of `s`, for `about` or any (NULL), is what it asks for. */
static bool asks_for(const struct control_wish *wish,
	const struct kept_server *s, const char *kind, const char *about)
{
	if (wish->kind == NULL || strcmp(wish->kind, kind) != 0)
		return false;
	if (about == NULL)
		return wish->owner == s && wish->any;
	return (wish->owner == s || wish->named == s) &&
	       strcmp(about, wish->about) == 0;
}

bool control_prompts_serve(struct control *c, const struct kept_server *s,
	const char *kind, const char *about, const struct secret *value)
{
	bool served = false;

	for (size_t i = c->n_prompts; i-- > 0;) {
		struct kept_prompt *p = prompt_at(c, i);
		struct kept_server *asking =
			id_map_get(&c->servers, p->view.server);
		struct control_wish wish = wish_of(asking, p->asker, p->prompt);

		if (p->prompt->kind == PROMPT_NEW_PASSWORD ||
			!asks_for(&wish, s, kind, about))
			continue;
		answer_worker(asking, p->engine, value, 1);
		drop(c, i);
		settle(c, asking);
		served = true;
	}
	return served;
}
