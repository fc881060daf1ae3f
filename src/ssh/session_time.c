/*
 * What time asks of a session: keep-alive, probes, new keys by age, the end of
 * a session that is doomed.
 */
#include "ssh/session_private.h"

uint64_t session_deadline_us(const struct session *s)
{
	uint64_t due = UINT64_MAX;

	if (s->doom != 0 && s->phase != PHASE_DOWN)
		return 0;
	if (s->phase != PHASE_READY)
		return due;
	if (s->config->alive_interval_s != 0)
		due = s->alive_due_us;
	if (s->probe_limit_us != 0 && s->probe_limit_us < due)
		due = s->probe_limit_us;
	if (s->flight_due_us != 0 && s->flight_due_us < due)
		due = s->flight_due_us;
	if (s->config->rekey_s != 0) {
		uint64_t rekey = s->kex.since_us +
				 (uint64_t)s->config->rekey_s * 1000000;

		if (!kex_runs(s) && rekey < due)
			due = rekey;
	}
	return due;
}

static void alive_tick(struct session *s)
{
	uint64_t interval = (uint64_t)s->config->alive_interval_s * 1000000;
	bool silent = s->now_us - s->last_input_us >= interval;

	/* A busy link is asked as well, for its round-trip time; but any byte
	 * proves that it lives. */
	if (silent && s->alive_unanswered >= s->config->alive_count_max) {
		session_input_end(s, "keep-alive unanswered");
		return;
	}
	s->alive_due_us = s->now_us + interval;
	if (silent)
		s->alive_unanswered++;
	global_alive(s);
}

void session_tick(struct session *s, uint64_t now_us)
{
	s->now_us = now_us;
	session_meet_doom(s);
	if (s->phase != PHASE_READY)
		return;
	if (s->probe_limit_us != 0 && now_us >= s->probe_limit_us) {
		session_input_end(
			s, "no answer after a change of network or sleep");
		return;
	}
	if (kex_is_due(s))
		kex_start(s);
	channel_tick(s);
	if (s->config->alive_interval_s != 0 && now_us >= s->alive_due_us)
		alive_tick(s);
}

void session_probe(struct session *s, uint64_t now_us, uint64_t limit_us)
{
	if (s->phase != PHASE_READY || s->probe_limit_us != 0)
		return;
	s->now_us = now_us;
	s->probe_limit_us = now_us + limit_us;
	global_alive(s);
}

void session_rtt_sample(struct session *s, uint64_t rtt_us)
{
	if (rtt_us > UINT32_MAX)
		rtt_us = UINT32_MAX;
	if (rtt_us == 0)
		rtt_us = 1;
	s->rtt_us = (uint32_t)rtt_us;
	if (s->min_rtt_us == 0 || s->rtt_us < s->min_rtt_us)
		s->min_rtt_us = s->rtt_us;
}
