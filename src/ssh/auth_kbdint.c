/*
 * keyboard-interactive, RFC 4256: the server asks what it likes, as often as it
 * likes, within the caps of auth.h.
 */
#include "ssh/auth_private.h"

#include <string.h>

static bool kbdint_start(struct auth *a)
{
	struct auth_kbdint *ki = &a->kbdint;
	unsigned limit = a->config.password_prompts + ki->known_used;
	struct buf b = BUF_INIT;

	/* A server that refused without a question would do so again. */
	if (ki->exhausted || ki->requests >= limit ||
		(ki->requests != 0 && ki->rounds == 0))
		return false;
	ki->requests++;
	ki->rounds = 0;
	ki->retry = ki->answered;
	ki->answered = false;
	auth_put_request(a, &b, "keyboard-interactive");
	buf_put_cstring(&b, ""); /* language */
	buf_put_cstring(&b, ""); /* submethods: the server chooses */
	auth_send(a, &b);
	return true;
}

static void send_response(
	struct auth *a, const struct secret *answers, unsigned n)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, AUTH_MSG_INFO_RESPONSE);
	buf_put_u32(&b, n);
	for (unsigned i = 0; i < n; i++)
		buf_put_string(&b, answers[i].p, answers[i].len);
	auth_send(a, &b);
}

/* NULL when malformed or when it has too many questions. */
static struct prompt *parse_request(const struct auth *a, struct rd *r)
{
	struct prompt *p = prompt_new(PROMPT_KEYBOARD, a->about);
	uint32_t n;

	prompt_set_name(p, rd_string(r));
	prompt_set_instruction(p, rd_string(r));
	rd_string(r); /* language */
	n = rd_u32(r);
	for (uint32_t i = 0; i < n && rd_ok(r); i++) {
		struct slice text = rd_string(r);
		bool echo = rd_bool(r);

		if (!prompt_add(p, text, echo))
			goto bad;
	}
	if (rd_end(r))
		return p;
bad:
	prompt_free(p);
	return NULL;
}

static bool asks_password(const struct prompt *p)
{
	return p->n_fields == 1 && !p->field[0].echo &&
	       strstr(p->field[0].text, "assword") != NULL;
}

/* Takes `p`. */
static void show(struct auth *a, struct prompt *p)
{
	if (*p->instruction != '\0')
		a->ops.banner(a->arg, p->instruction);
	prompt_free(p);
	send_response(a, NULL, 0);
}

/* Takes `p`, which there is no one to ask. */
static void give_up(struct auth *a, struct prompt *p)
{
	/* A known password that was refused is no question left open. */
	if (!(a->kbdint.is_password && a->kbdint.known_used))
		auth_note_unasked(a, p->field[0].text);
	a->kbdint.exhausted = true;
	prompt_free(p);
	auth_next(a);
}

static int kbdint_input(struct auth *a, struct rd *r)
{
	struct auth_kbdint *ki = &a->kbdint;
	const struct secret *known = a->config.password;
	struct prompt *p = parse_request(a, r);

	if (p == NULL)
		return -ERR_PROTOCOL;
	ki->rounds++;
	ki->n_fields = p->n_fields;
	ki->is_password = asks_password(p);
	if (p->n_fields == 0) {
		show(a, p);
	} else if (ki->is_password && known != NULL && secret_is_set(known) &&
		   !ki->known_used) {
		ki->known_used = true;
		prompt_free(p);
		send_response(a, known, 1);
	} else if (a->config.may_ask) {
		p->retry = ki->retry && !ki->answered;
		auth_ask(a, p);
	} else {
		give_up(a, p);
	}
	return 0;
}

static void kbdint_answer(struct auth *a, const struct secret *answers)
{
	struct auth_kbdint *ki = &a->kbdint;

	ki->answered = true;
	if (ki->is_password)
		auth_note_learned(a, PROMPT_PASSWORD, a->about, &answers[0]);
	send_response(a, answers, ki->n_fields);
}

static void kbdint_failed(struct auth *a, bool partial)
{
	auth_forget_learned(a);
}

static void kbdint_reset(struct auth *a)
{
	a->kbdint = (struct auth_kbdint){0};
}

const struct auth_method auth_kbdint_method = {
	.name = "keyboard-interactive",
	.start = kbdint_start,
	.input = kbdint_input,
	.failed = kbdint_failed,
	.reset = kbdint_reset,
	.answer = kbdint_answer,
};
