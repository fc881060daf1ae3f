#include "cli/follow_judge.h"

#include <string.h>

#include "cli/field.h"

static bool is_state(const json_t *forward, const char *state)
{
	return strcmp(field_text(forward, "state"), state) == 0;
}

static bool same(const json_t *a, const json_t *b, const char *name)
{
	return strcmp(field_text(a, name), field_text(b, name)) == 0;
}

/* Each change of state has its stamp. */
static bool is_news(const json_t *before, const json_t *now)
{
	return !same(before, now, "state") || !same(before, now, "since");
}

static enum follow_verdict judge_down(const json_t *now)
{
	return is_state(now, "disconnected") && !field_true(now, "wanted")
		       ? FOLLOW_DONE
		       : FOLLOW_WAITS;
}

enum follow_verdict follow_judge(
	const struct follow_wish *wish, const json_t *before, const json_t *now)
{
	bool news = is_news(before, now);

	if (wish->what == FOLLOW_DOWN)
		return judge_down(now);
	if (is_state(now, "connected") || field_true(now, "standby"))
		return news || wish->what == FOLLOW_UP ? FOLLOW_DONE
						       : FOLLOW_WAITS;
	if (field_object(now, "error") == NULL)
		return FOLLOW_WAITS;
	if (is_state(now, "error"))
		return news ? FOLLOW_FAILED : FOLLOW_WAITS;
	/* A try has failed, and the next one is planned; who gave a time wants
	 * to see that. */
	if (wish->timeout_s == 0 && *field_text(now, "next_try_at") != '\0' &&
		!same(before, now, "next_try_at"))
		return FOLLOW_FAILED;
	return FOLLOW_WAITS;
}
