/*
 * When a server is tried again after it was lost, or could not be reached:
 * soon, as most troubles pass, but never so often that we are one of them.
 */
#include "tunnel/server_private.h"

#include "base/clock.h"

#define BACKOFF_MAX_MS 30000
/* A machine that refuses at once is there, and its sshd is about to be: asking
 * is one packet each way. So often, and so many times in a row. */
#define REFUSED_MS  700
#define REFUSED_MAX 1000
/* A server that was up comes back without growing pauses, unless it fell so
 * often in a row without having been up for a second. */
#define STEADY_MS 1000
#define FALLS_MAX 10
/* One that let us in and now does not: logins that fail often get an address
 * banned. */
#define DENIED_MIN_MS 60000
#define DENIED_MAX_MS 600000
/* A client waits for the link: so soon after the last try comes the next. */
#define DEMAND_MS 5000

static void on_retry(uv_timer_t *timer)
{
	server_advance(timer->data);
}

void server_retry(struct server *s)
{
	if (!uv_is_active((uv_handle_t *)&s->retry))
		return;
	s->backoff_ms = SERVER_BACKOFF_FIRST_MS;
	server_advance(s);
}

/* What worked before may fail for a while (a home folder or a directory of
 * users that is not there yet after a reboot). */
static bool is_denial(enum err code)
{
	return code == ERR_AUTH_FAILED || code == ERR_HOST_KEY_INVALID ||
	       code == ERR_NO_COMMON_ALGORITHM || code == ERR_INVALID;
}

/* Trying again won't help: a person has to do something first. A key that
 * changed and a person who said no stay. */
static bool is_permanent(enum err code, bool worked_before)
{
	switch (code) {
	case ERR_NEED_INPUT:
	case ERR_CANCELLED:
	case ERR_HOST_KEY_UNKNOWN:
	case ERR_HOST_KEY_CHANGED:
	case ERR_HOST_KEY_REVOKED:
		return true;
	default:
		return is_denial(code) && !worked_before;
	}
}

static uint64_t doubled(uint64_t ms, uint64_t max)
{
	return ms < max / 2 ? ms * 2 : max;
}

/* The pause, half of which will be chance. */
static uint64_t next_base_ms(struct server *s, enum err code)
{
	uint64_t base = s->backoff_ms;

	if (code != ERR_CONNECT_REFUSED)
		s->refusals = 0;
	if (is_denial(code)) {
		base = base > DENIED_MIN_MS ? base : DENIED_MIN_MS;
		s->backoff_ms = doubled(base, DENIED_MAX_MS);
		return base;
	}
	if (code == ERR_CONNECT_REFUSED && base > REFUSED_MS &&
		s->refusals++ < REFUSED_MAX)
		return REFUSED_MS;
	s->backoff_ms = doubled(base, BACKOFF_MAX_MS);
	return base < BACKOFF_MAX_MS ? base : BACKOFF_MAX_MS;
}

static bool somebody_waits(const struct server *s)
{
	const struct forward *f;

	TAILQ_FOREACH (f, &s->forwards, next)
		if (!TAILQ_EMPTY(&f->pending))
			return true;
	return false;
}

static uint64_t next_delay_ms(struct server *s, enum err code)
{
	uint64_t base = next_base_ms(s, code);
	uint16_t dice = 0;

	if (base > DEMAND_MS && !is_denial(code) && somebody_waits(s))
		base = DEMAND_MS;
	uv_random(NULL, NULL, &dice, sizeof(dice), 0, NULL);
	/* A hundred taupes that lost one server should not come back as one. */
	return base / 2 + base * dice / UINT16_MAX / 2;
}

static void fail(struct server *s, const struct trouble *why, uint64_t up_ms)
{
	struct forward *f;

	s->wanted = false;
	s->ever_up = false;
	server_set_state(s, STATE_ERROR, why, up_ms, 0);
	TAILQ_FOREACH (f, &s->forwards, next)
		forward_server_failed(f, why);
	/* The hops that did come up are of no use alone. */
	pool_stop_all(s, NULL);
}

void server_come_back(struct server *s, const struct trouble *why)
{
	bool was_up = s->up_since_ms != 0;
	uint64_t up_ms = was_up ? clock_mono_ms() - s->up_mono_ms : 0;
	uint64_t delay;
	struct forward *f;

	s->up_since_ms = 0;
	server_lose_trials(s, NULL, why);
	if (s->config->once || is_permanent(why->code, s->ever_up)) {
		fail(s, why, up_ms);
		return;
	}
	/* One that keeps falling as soon as it is up is no better than one
	 * that can't be reached. */
	if (was_up)
		s->falls = up_ms < STEADY_MS ? s->falls + 1 : 0;
	if (was_up && s->falls < FALLS_MAX)
		s->backoff_ms = SERVER_BACKOFF_FIRST_MS;
	delay = next_delay_ms(s, why->code);
	server_set_state(s, s->ever_up ? STATE_RECONNECTING : STATE_CONNECTING,
		why, up_ms, delay);
	TAILQ_FOREACH (f, &s->forwards, next)
		forward_server_lost(f, why, up_ms, delay);
	s->lost_ms = uv_now(&s->lane->loop);
	s->is_denied = is_denial(why->code);
	uv_timer_start(&s->retry, on_retry, delay, 0);
}

void server_demand(struct server *s)
{
	uint64_t passed = uv_now(&s->lane->loop) - s->lost_ms;
	uint64_t pause = passed < DEMAND_MS ? DEMAND_MS - passed : 0;

	if (!s->is_denied && uv_is_active((uv_handle_t *)&s->retry) &&
		pause < uv_timer_get_due_in(&s->retry))
		uv_timer_start(&s->retry, on_retry, pause, 0);
}
