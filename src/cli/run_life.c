/*
 * What starts, ends and starts over in `taupe run`, and the verdict on events:
 * nobody is there to mend a refused login before the first connection, while a
 * tunnel that was up comes back by itself whatever happens. Phases: going →
 * stopping → stopped; going → restarting → going.
 */
#include "base/trouble.h"
#include "cli/run_private.h"

/* Between two starts of a server that was up and then refused us. */
#define RESTART_MIN_MS 30000
#define RESTART_MAX_MS 600000

/* Better to be told what is missing than to be asked and not heard. */
static void ask_nobody(struct server_config *server)
{
	server->may_ask = false;
	for (size_t i = 0; i < server->n_jumps; i++)
		server->jumps[i].may_ask = false;
}

void run_life_start(struct run *run)
{
	if (!ask_is_possible(RUN_TERMINAL))
		ask_nobody(&run->args.server);
	worker_add_server(run->worker, &run->args.server);
	for (size_t i = 0; i < run->args.n_forwards; i++)
		worker_start_forward(run->worker, RUN_SERVER_ID,
			(uint32_t)i + 1, &run->args.forwards[i]);
}

void run_life_stop(struct run *run)
{
	if (run->phase == RUN_STOPPING)
		return;
	if (run->phase == RUN_GOING)
		worker_stop_server(run->worker, RUN_SERVER_ID);
	run->phase = RUN_STOPPING;
	uv_timer_stop(&run->restart);
	ask_close(run->ask);
	run->ask = NULL;
}

static void fail(
	struct run *run, const struct trouble *why, enum exit_code code)
{
	if (run->phase == RUN_STOPPING)
		return;
	run->failure = *why;
	run->code = code;
	run_life_stop(run);
}

/* ---- the verdict on events ---- */

static void fail_server(struct run *run, const struct trouble *why)
{
	enum exit_code code = exit_code_of((int)why->code);

	/* What could not be asked is the true reason of a refused login. */
	if (run->unasked.code != ERR_OK &&
		(code == EXIT_CODE_AUTH || code == EXIT_CODE_HOST_KEY ||
			code == EXIT_CODE_INPUT)) {
		why = &run->unasked;
		code = exit_code_of((int)why->code);
	}
	fail(run, why, code);
}

static void on_restart(uv_timer_t *timer)
{
	struct run *run = timer->data;

	run->phase = RUN_RESTARTING;
	worker_stop_server(run->worker, RUN_SERVER_ID);
}

/* The worker gave up for good, but the tunnel was up before: start over later.
 * The event then says when. */
static void plan_restart(struct run *run, struct event *e)
{
	if (run->restart_ms == 0)
		run->restart_ms = RESTART_MIN_MS;
	e->next_try_ms = run->restart_ms;
	uv_timer_start(&run->restart, on_restart, run->restart_ms, 0);
	run->restart_ms *= 2;
	if (run->restart_ms > RESTART_MAX_MS)
		run->restart_ms = RESTART_MAX_MS;
}

void run_life_judge_server(struct run *run, struct event *e)
{
	bool lost = e->state == STATE_ERROR ||
		    ((e->state == STATE_RECONNECTING ||
			     e->state == STATE_DISCONNECTED) &&
			    e->trouble.code != ERR_OK);

	if (e->state == STATE_CONNECTED)
		run->restart_ms = 0;
	if (lost && (run->args.server.once ||
			    (e->state == STATE_ERROR && !run->state.was_up)))
		fail_server(run, &e->trouble);
	else if (e->state == STATE_ERROR && e->next_try_ms == 0)
		plan_restart(run, e);
}

void run_life_judge_forward(struct run *run, const struct event *e)
{
	/* A server that fails takes its forwards along. */
	if (e->state != STATE_ERROR || run->state.state == STATE_ERROR)
		return;
	if (run->args.server.options.exit_on_forward_failure ||
		((e->next_try_ms == 0 || run->args.server.once) &&
			run_state_all_failed(&run->state)))
		fail(run, &e->trouble, EXIT_CODE_FORWARD);
}

void run_life_stopped(struct run *run)
{
	if (run->phase == RUN_RESTARTING) {
		run->phase = RUN_GOING;
		run_life_start(run);
		return;
	}
	if (run->phase == RUN_GOING) {
		/* By itself: the end that --once asks for. */
		run->failure = run->state.trouble;
		run->code = run->failure.code != ERR_OK
				    ? exit_code_of((int)run->failure.code)
				    : EXIT_CODE_CONNECT;
	}
	run->phase = RUN_STOPPED;
	uv_stop(&run->loop);
}

void run_life_init(struct run *run)
{
	run->phase = RUN_GOING;
	uv_timer_init(&run->loop, &run->restart);
	run->restart.data = run;
}

void run_life_close(struct run *run)
{
	uv_close((uv_handle_t *)&run->restart, NULL);
}
