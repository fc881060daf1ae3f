/*
 * Tests of a server or a forward, step by step.
 *
 * The steps of a link coming up are told of every link; a server that is up
 * already has gone through them, and they are shown as they were. What remains,
 * the worker tries without disturbing the forward. A test keeps its server up
 * for as long as it runs.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/control_private.h"

#define KEPT_MS   600000
#define TESTS_MAX 100

static const char *const step_names[] = {
	[CONTROL_STEP_WAITING] = "waiting",
	[CONTROL_STEP_RUNNING] = "running",
	[CONTROL_STEP_OK] = "ok",
	[CONTROL_STEP_FAILED] = "failed",
	[CONTROL_STEP_SKIPPED] = "skipped",
};
static_assert(sizeof(step_names) / sizeof(step_names[0]) == CONTROL_STEP_COUNT,
	"one name a step");

const char *control_step_name(enum control_step step)
{
	return step_names[step];
}

static struct kept_test *find(const struct control *c, uint32_t id)
{
	struct kept_test *t;

	TAILQ_FOREACH (t, &c->tests, next)
		if (t->view.id == id)
			return t;
	return NULL;
}

const struct control_test *control_test(const struct control *c, uint32_t id)
{
	const struct kept_test *t = find(c, id);

	return t != NULL ? &t->view : NULL;
}

/* ---- steps ---- */

static void begin(struct kept_test *t, enum stage stage)
{
	t->stage_at_ms = clock_mono_ms();
	if (stage < t->view.n_stages)
		t->view.stage[stage].step = CONTROL_STEP_RUNNING;
}

static void pass_before(struct kept_test *t, enum stage stage)
{
	for (unsigned i = 0; i < stage && i < t->view.n_stages; i++)
		t->view.stage[i].step = CONTROL_STEP_OK;
}

static void pass(
	struct kept_test *t, enum stage stage, uint64_t ms, const char *detail)
{
	pass_before(t, stage);
	if (stage >= t->view.n_stages)
		return;
	t->view.stage[stage].step = CONTROL_STEP_OK;
	t->view.stage[stage].ms = ms;
	snprintf(t->view.stage[stage].detail,
		sizeof(t->view.stage[stage].detail), "%s",
		detail != NULL ? detail : "");
	trouble_set(&t->view.stage[stage].trouble, ERR_OK);
}

static struct kept_server *server_of(
	const struct control *c, const struct kept_test *t)
{
	return id_map_get(&c->servers, t->view.server);
}

/* The server may go, if nobody else wants it. */
static void finish(struct control *c, struct kept_test *t, bool ok)
{
	struct kept_server *s = server_of(c, t);

	t->view.done = true;
	t->view.ok = ok;
	t->done_at_ms = clock_mono_ms();
	control_tell_test(c, &t->view);
	s->n_tests--;
	control_reconcile(c, s);
	control_timers_plan(c);
}

static void fail(struct control *c, struct kept_test *t, enum stage stage,
	uint64_t ms, const struct trouble *why)
{
	if (stage >= t->view.n_stages)
		stage = t->view.n_stages - 1;
	pass_before(t, stage);
	t->view.stage[stage].step = CONTROL_STEP_FAILED;
	for (unsigned i = stage + 1; i < t->view.n_stages; i++)
		t->view.stage[i].step = CONTROL_STEP_SKIPPED;
	t->view.stage[stage].ms = ms;
	t->view.stage[stage].trouble = *why;
	finish(c, t, false);
}

/* ---- events ---- */

/* The step that a link's trouble belongs to. */
static enum stage stage_of(enum err code)
{
	switch (code) {
	case ERR_DNS_FAILED:
	case ERR_INVALID:
		return STAGE_DNS;
	case ERR_HOST_UNREACHABLE:
	case ERR_CONNECT_REFUSED:
	case ERR_CONNECT_TIMEOUT:
	case ERR_PROXY_FAILED:
		return STAGE_TCP;
	case ERR_HOST_KEY_UNKNOWN:
	case ERR_HOST_KEY_CHANGED:
	case ERR_HOST_KEY_REVOKED:
	case ERR_HOST_KEY_INVALID:
		return STAGE_HOST_KEY;
	case ERR_AUTH_FAILED:
	case ERR_NEED_INPUT:
	case ERR_CANCELLED:
	case ERR_VAULT_LOCKED:
		return STAGE_AUTH;
	default:
		return STAGE_BANNER;
	}
}

static enum stage running_stage(const struct kept_test *t)
{
	for (unsigned i = 0; i < t->view.n_stages; i++)
		if (t->view.stage[i].step == CONTROL_STEP_RUNNING)
			return (enum stage)i;
	return STAGE_DNS;
}

static bool concerns(const struct kept_test *t, const struct kept_server *s)
{
	return t->view.server == s->view.want.id && !t->view.done;
}

void control_tests_failed(struct kept_server *s, const struct trouble *why)
{
	struct control *c = s->control;
	struct kept_test *t, *next;

	for (t = TAILQ_FIRST(&c->tests); t != NULL; t = next) {
		enum stage stage = stage_of(why->code);

		next = TAILQ_NEXT(t, next);
		if (!concerns(t, s) || running_stage(t) > STAGE_AUTH)
			continue;
		/* A step that has passed did not fail. */
		if (stage < running_stage(t))
			stage = running_stage(t);
		fail(c, t, stage, clock_mono_ms() - t->stage_at_ms, why);
	}
}

void control_tests_up(struct kept_server *s)
{
	struct control *c = s->control;
	struct kept_test *t, *next;

	for (t = TAILQ_FIRST(&c->tests); t != NULL; t = next) {
		next = TAILQ_NEXT(t, next);
		if (!concerns(t, s) || running_stage(t) > STAGE_AUTH)
			continue;
		pass_before(t, STAGE_PERMISSION);
		if (t->view.n_stages <= STAGE_PERMISSION) {
			finish(c, t, true);
			continue;
		}
		begin(t, STAGE_PERMISSION);
		control_tell_test(c, &t->view);
	}
}

static void note_trace(struct kept_server *s, const struct event *e)
{
	if (e->stage > STAGE_AUTH || e->trouble.code != ERR_OK)
		return;
	if (s->trace == NULL)
		s->trace = mem_zalloc(1, sizeof(*s->trace));
	s->trace->stage[e->stage].seen = true;
	s->trace->stage[e->stage].ms = e->stage_ms;
	snprintf(s->trace->stage[e->stage].detail,
		sizeof(s->trace->stage[e->stage].detail), "%s",
		e->text != NULL ? e->text : "");
}

static void link_step(
	struct control *c, struct kept_test *t, const struct event *e)
{
	if (running_stage(t) > STAGE_AUTH)
		return;
	if (e->trouble.code != ERR_OK) {
		if (e->text != NULL && e->stage < t->view.n_stages)
			snprintf(t->view.stage[e->stage].detail,
				sizeof(t->view.stage[e->stage].detail), "%s",
				e->text);
		fail(c, t, e->stage, e->stage_ms, &e->trouble);
		return;
	}
	pass(t, e->stage, e->stage_ms, e->text);
	/* What follows the last of them comes with the server's state. */
	if (e->stage < STAGE_AUTH)
		begin(t, e->stage + 1);
	else
		t->view.stage[STAGE_AUTH].step = CONTROL_STEP_RUNNING;
	control_tell_test(c, &t->view);
}

static void own_step(
	struct control *c, struct kept_test *t, const struct event *e)
{
	if (t->view.done)
		return;
	if (e->trouble.code != ERR_OK) {
		fail(c, t,
			running_stage(t) > e->stage ? running_stage(t)
						    : e->stage,
			e->stage_ms, &e->trouble);
		return;
	}
	pass(t, e->stage, e->stage_ms, e->text);
	if (e->last)
		finish(c, t, true);
	else
		begin(t, e->stage + 1);
	if (!e->last)
		control_tell_test(c, &t->view);
}

void control_tests_stage(struct kept_server *s, const struct event *e)
{
	struct control *c = s->control;
	struct kept_test *t, *next;

	if (e->request != 0) {
		t = find(c, e->request);
		/* A server's test has ended when the link is up. */
		if (t != NULL && t->view.forward != 0)
			own_step(c, t, e);
		return;
	}
	/* A hop that is passed is not the server. */
	if (e->link_no == 0 && e->trouble.code == ERR_OK)
		return;
	note_trace(s, e);
	for (t = TAILQ_FIRST(&c->tests); t != NULL; t = next) {
		next = TAILQ_NEXT(t, next);
		if (concerns(t, s))
			link_step(c, t, e);
	}
}

/* ---- life ---- */

/* A link that some dynamic forward could use is what a server's test wants. */
static void ask_worker(
	struct control *c, struct kept_server *s, struct kept_test *t)
{
	static const struct forward_spec any = {.type = FORWARD_DYNAMIC};
	const struct control_forward *f = control_forward(c, t->view.forward);

	t->asked = true;
	worker_test_forward(s->worker->worker, s->view.want.id,
		f != NULL ? &f->want.spec : &any, t->view.id);
}

void control_tests_started(struct control *c, struct kept_server *s)
{
	struct kept_test *t;

	TAILQ_FOREACH (t, &c->tests, next)
		if (concerns(t, s))
			ask_worker(c, s, t);
}

/* It is up: the steps there were they were passed in their time. */
static void pass_trace(struct kept_test *t, const struct kept_server *s)
{
	for (unsigned i = 0; i <= STAGE_AUTH; i++)
		if (s->trace != NULL && s->trace->stage[i].seen)
			pass(t, (enum stage)i, s->trace->stage[i].ms,
				s->trace->stage[i].detail);
		else
			pass(t, (enum stage)i, 0, NULL);
}

static void drop(struct control *c, struct kept_test *t)
{
	TAILQ_REMOVE(&c->tests, t, next);
	free(t);
}

static bool is_full(struct control *c)
{
	struct kept_test *t;
	unsigned n = 0;

	TAILQ_FOREACH (t, &c->tests, next)
		n++;
	if (n < TESTS_MAX)
		return false;
	TAILQ_FOREACH (t, &c->tests, next)
		if (t->view.done) {
			drop(c, t);
			return false;
		}
	return true;
}

static void run(struct control *c, struct kept_server *s, struct kept_test *t)
{
	s->n_tests++;
	if (s->phase == CONTROL_RUNNING && s->view.state == STATE_CONNECTED) {
		pass_trace(t, s);
		if (t->view.forward == 0) {
			finish(c, t, true);
			return;
		}
		begin(t, STAGE_PERMISSION);
	} else {
		begin(t, STAGE_DNS);
	}
	control_tell_test(c, &t->view);
	if (s->phase == CONTROL_RUNNING)
		ask_worker(c, s, t);
	else
		control_reconcile(c, s);
}

int control_test_start(struct control *c, uint32_t server, uint32_t forward,
	uint32_t *ret_id, struct trouble *trouble)
{
	const struct control_forward *f = control_forward(c, forward);
	struct kept_server *s;
	struct kept_test *t;

	if (f != NULL)
		server = f->want.server;
	if ((forward != 0 && f == NULL) || control_server(c, server) == NULL)
		return trouble_say(trouble, ERR_NOT_FOUND, "%s",
			forward != 0 ? "forward" : "server");
	if (c->stopping || is_full(c))
		return trouble_say(trouble, ERR_LIMIT, "tests");
	s = id_map_get(&c->servers, server);
	t = mem_zalloc(1, sizeof(*t));
	t->view.id = ++c->last_test;
	t->view.server = server;
	t->view.forward = forward;
	t->view.n_stages = forward != 0 ? STAGE_COUNT : STAGE_PERMISSION;
	TAILQ_INSERT_TAIL(&c->tests, t, next);
	*ret_id = t->view.id;
	run(c, s, t);
	return 0;
}

static void cancel(struct control *c, struct kept_test *t)
{
	struct trouble why;

	trouble_set(&why, ERR_CANCELLED);
	if (!t->view.done)
		fail(c, t, running_stage(t), 0, &why);
}

void control_test_cancel(struct control *c, uint32_t id)
{
	struct kept_test *t = find(c, id);

	if (t != NULL)
		cancel(c, t);
}

void control_tests_end(struct control *c)
{
	struct kept_test *t, *next;

	for (t = TAILQ_FIRST(&c->tests); t != NULL; t = next) {
		next = TAILQ_NEXT(t, next);
		cancel(c, t);
		drop(c, t);
	}
}

void control_tests_end_of(struct control *c, const struct kept_server *s)
{
	struct kept_test *t, *next;

	for (t = TAILQ_FIRST(&c->tests); t != NULL; t = next) {
		next = TAILQ_NEXT(t, next);
		if (concerns(t, s))
			cancel(c, t);
	}
}

uint64_t control_tests_due(const struct control *c)
{
	const struct kept_test *t;

	/* In the order of their start: about that of their end. */
	TAILQ_FOREACH (t, &c->tests, next)
		if (t->view.done)
			return t->done_at_ms + KEPT_MS;
	return 0;
}

void control_tests_expire(struct control *c, uint64_t now_ms)
{
	struct kept_test *t, *next;

	for (t = TAILQ_FIRST(&c->tests); t != NULL; t = next) {
		next = TAILQ_NEXT(t, next);
		if (t->view.done && now_ms - t->done_at_ms >= KEPT_MS)
			drop(c, t);
	}
}
