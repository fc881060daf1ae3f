/*
 * The password method, RFC 4252 §8, with its change of an expired password.
 */
#include "ssh/auth_private.h"

#include <string.h>

static bool is_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len &&
	       (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

static void send_password(struct auth *a, const struct secret *password)
{
	struct buf b = BUF_INIT;

	secret_set(&a->password.sent, password->p, password->len);
	auth_put_request(a, &b, "password");
	buf_put_bool(&b, false);
	buf_put_string(&b, password->p, password->len);
	auth_send(a, &b);
}

static void send_change(struct auth *a, const struct secret *password)
{
	struct auth_password *pw = &a->password;
	struct buf b = BUF_INIT;

	auth_put_request(a, &b, "password");
	buf_put_bool(&b, true);
	buf_put_string(&b, pw->sent.p, pw->sent.len);
	buf_put_string(&b, password->p, password->len);
	secret_set(&pw->sent, password->p, password->len);
	auth_send(a, &b);
}

static bool password_start(struct auth *a)
{
	struct auth_password *pw = &a->password;
	const struct secret *known = a->config.password;
	struct prompt *p;

	if (pw->exhausted)
		return false;
	if (known != NULL && secret_is_set(known) && !pw->known_used) {
		pw->known_used = true;
		send_password(a, known);
		return true;
	}
	if (!a->config.may_ask) {
		if (!pw->known_used)
			auth_note_unasked(a, a->about);
		return false;
	}
	if (pw->asked >= a->config.password_prompts)
		return false;
	p = prompt_new(PROMPT_PASSWORD, a->about);
	p->retry = pw->asked != 0;
	prompt_add(p, slice_of(""), false);
	auth_ask(a, p);
	return true;
}

static void ask_change(struct auth *a, bool retry)
{
	struct prompt *p = prompt_copy(a->password.change);

	p->retry = retry;
	auth_ask(a, p);
}

/* PASSWD_CHANGEREQ: the password has expired, or the new one will not do. */
static int password_input(struct auth *a, struct rd *r)
{
	struct auth_password *pw = &a->password;
	struct slice text = rd_string(r);
	bool again = pw->change != NULL;

	rd_string(r); /* language */
	if (!rd_end(r))
		return -ERR_PROTOCOL;
	if (!a->config.may_ask) {
		auth_note_unasked(a, a->about);
		pw->exhausted = true;
		auth_next(a);
		return 0;
	}
	prompt_free(pw->change);
	pw->change = prompt_new(PROMPT_NEW_PASSWORD, a->about);
	prompt_set_instruction(pw->change, text);
	prompt_add(pw->change, slice_of(""), false);
	prompt_add(pw->change, slice_of(""), false);
	ask_change(a, again);
	return 0;
}

static void answer_change(struct auth *a, const struct secret *answers)
{
	if (answers[0].len == 0 || !is_equal(&answers[0], &answers[1])) {
		ask_change(a, true);
		return;
	}
	auth_note_learned(a, PROMPT_PASSWORD, a->about, &answers[0]);
	send_change(a, &answers[0]);
}

static void password_answer(struct auth *a, const struct secret *answers)
{
	if (a->password.change != NULL) {
		answer_change(a, answers);
		return;
	}
	a->password.asked++;
	auth_note_learned(a, PROMPT_PASSWORD, a->about, &answers[0]);
	send_password(a, &answers[0]);
}

static void forget(struct auth_password *pw)
{
	secret_done(&pw->sent);
	prompt_free(pw->change);
	pw->change = NULL;
}

static void password_failed(struct auth *a, bool partial)
{
	auth_forget_learned(a);
	forget(&a->password);
}

static void password_reset(struct auth *a)
{
	forget(&a->password);
	a->password = (struct auth_password){0};
}

void auth_password_done(struct auth *a)
{
	forget(&a->password);
}

const struct auth_method auth_password_method = {
	.name = "password",
	.start = password_start,
	.input = password_input,
	.failed = password_failed,
	.reset = password_reset,
	.answer = password_answer,
};
