/*
 * The findings that are there at once are written first; then the forwards that
 * are connected are tested, all at the same time, and the answer waits for the
 * last of them or for the deadline. A test that asks somebody something is
 * called off then.
 *
 * Observers must not change anything before they have returned, so the end
 * comes from the timer.
 */
#include "api/doctor.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/member.h"
#include "base/mem.h"

#define SENTENCE_MAX 2048
#define DEADLINE_MS  10000
#define TESTS_MAX    32

struct visit {
	struct doctor doctor;
	struct request *request; /* NULL: it left, or has its answer */
	uv_timer_t timer;
	uint32_t test[TESTS_MAX];
	unsigned n_tests;
};

/* ---- findings ---- */

static const char *const state_names[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_FAILED] = "failed",
};

static json_t *finding(struct doctor *d, const char *check,
	enum doctor_state state, struct doctor_about about)
{
	json_t *o = member_object();

	member_text(o, "check", check);
	member_text(o, "state", state_names[state]);
	if (about.server != 0)
		member_id(o, "server_id", about.server);
	if (about.forward != 0)
		member_id(o, "forward_id", about.forward);
	member_append(d->list, o);
	return o;
}

void doctor_add(struct doctor *d, const char *check, enum doctor_state state,
	struct doctor_about about, const char *key, const char *offer,
	const struct catalog_arg *args, size_t n_args)
{
	json_t *o = finding(d, check, state, about);
	char text[SENTENCE_MAX] = "";

	catalog_format(d->lang, key, args, n_args, text, sizeof(text));
	member_text(o, "message", text);
	*text = '\0';
	if (offer != NULL)
		catalog_format(
			d->lang, offer, args, n_args, text, sizeof(text));
	member_text(o, "offer", text);
}

void doctor_trouble(struct doctor *d, const char *check,
	enum doctor_state state, struct doctor_about about, const char *name,
	const struct trouble *t)
{
	json_t *o = finding(d, check, state, about);
	char text[SENTENCE_MAX], why[SENTENCE_MAX / 2];
	struct catalog_arg args[] = {{"name", name}, {"why", why}};

	trouble_text_in(t, d->lang, why, sizeof(why));
	catalog_format(d->lang, "doctor.about", args, 2, text, sizeof(text));
	member_text(o, "message", text);
	trouble_offer_in(t, d->lang, text, sizeof(text));
	member_text(o, "offer", text);
	member_text(o, "code", err_name((int)t->code));
}

/* ---- destinations ---- */

static void judge(struct doctor *d, const struct control_test *t)
{
	const struct control_forward *f =
		control_forward(d->control, t->forward);
	struct doctor_about about = {t->server, t->forward};
	const char *name = f != NULL ? f->want.name : "";
	struct catalog_arg args[] = {{"name", name}};

	if (!t->done) {
		doctor_add(d, "destination", DOCTOR_WARNING, about,
			"doctor.test_late", NULL, args, 1);
		return;
	}
	if (t->ok) {
		doctor_add(d, "destination", DOCTOR_OK, about,
			"doctor.destination_ok", NULL, args, 1);
		return;
	}
	for (unsigned i = 0; i < t->n_stages; i++)
		if (t->stage[i].step == CONTROL_STEP_FAILED)
			doctor_trouble(d, "destination", DOCTOR_FAILED, about,
				name, &t->stage[i].trouble);
}

static bool is_over(const struct visit *v)
{
	for (unsigned i = 0; i < v->n_tests; i++) {
		const struct control_test *t =
			control_test(v->doctor.control, v->test[i]);

		if (t != NULL && !t->done)
			return false;
	}
	return true;
}

static void on_end(uv_timer_t *timer);

static void on_test(void *arg, const struct control_test *t)
{
	struct visit *v = arg;

	if (is_over(v))
		uv_timer_start(&v->timer, on_end, 0, 0);
}

static const struct control_observer observer = {.test = on_test};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Whatever still runs is of no use any more. */
static void leave(struct visit *v)
{
	control_forget(v->doctor.control, &observer, v);
	for (unsigned i = 0; i < v->n_tests; i++) {
		const struct control_test *t =
			control_test(v->doctor.control, v->test[i]);

		if (t != NULL && !t->done)
			control_test_cancel(v->doctor.control, v->test[i]);
	}
	uv_close((uv_handle_t *)&v->timer, on_closed);
}

static void on_end(uv_timer_t *timer)
{
	struct visit *v = timer->data;

	for (unsigned i = 0; i < v->n_tests; i++) {
		const struct control_test *t =
			control_test(v->doctor.control, v->test[i]);

		if (t != NULL)
			judge(&v->doctor, t);
	}
	request_reply_json(v->request, 200, v->doctor.list);
	leave(v);
}

static void on_gone(void *arg)
{
	struct visit *v = arg;

	json_decref(v->doctor.list);
	leave(v);
}

static void start_tests(struct visit *v)
{
	struct control *c = v->doctor.control;
	struct trouble trouble;
	size_t n;
	const struct control_forward *const *f = control_forwards(c, &n);

	for (size_t i = 0; i < n && v->n_tests < TESTS_MAX; i++)
		if (f[i]->state == STATE_CONNECTED && !f[i]->standby &&
			control_test_start(c, f[i]->want.server, f[i]->want.id,
				&v->test[v->n_tests], &trouble) == 0)
			v->n_tests++;
	if (v->n_tests == 0)
		doctor_add(&v->doctor, "destination", DOCTOR_OK,
			(struct doctor_about){0}, "doctor.nothing_connected",
			NULL, NULL, 0);
}

void doctor_answer(struct request *r)
{
	const struct api_config *config = api_config(request_api(r));
	struct visit *v = mem_zalloc(1, sizeof(*v));

	v->request = r;
	v->doctor = (struct doctor){.config = config,
		.control = request_control(r),
		.lang = request_lang(r),
		.list = member_array()};
	doctor_tunnels_check(&v->doctor);
	doctor_machine_check(&v->doctor);
	uv_timer_init(config->loop, &v->timer);
	v->timer.data = v;
	control_observe(v->doctor.control, &observer, v);
	request_wait(r, on_gone, v);
	start_tests(v);
	uv_timer_start(&v->timer, on_end, v->n_tests == 0 ? 0 : DEADLINE_MS, 0);
}
