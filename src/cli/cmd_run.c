/*
 * taupe run: one server's forwards in the foreground.
 *
 * The worker's thread carries the traffic; here, on the main thread's loop, its
 * events are shown and judged, its questions are asked, signals end it. Life:
 * run_life_start → events … → run_life_stop → EVENT_STOPPED → the loop ends.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/process.h"
#include "cli/run_private.h"
#include "cli/socks_auth.h"
#include "cli/term.h"
#include "cli/text.h"

/* What ends the process is said once, on stderr, behind everything else. */
static bool is_shown(const struct run *run, const struct event *e)
{
	if (run->args.json)
		return true;
	if (run->phase == RUN_RESTARTING && e->kind == EVENT_STOPPED)
		return false;
	return run->failure.code == ERR_OK;
}

static void on_event(void *arg, const struct event *event)
{
	struct run *run = arg;
	struct event e = *event; /* what it points to stays the event's */

	if (run->phase == RUN_GOING && e.kind == EVENT_SERVER)
		run_life_judge_server(run, &e);
	run_state_apply(&run->state, &e, clock_mono_ms());
	if (run->phase == RUN_GOING && e.kind == EVENT_FORWARD)
		run_life_judge_forward(run, &e);
	if (is_shown(run, &e))
		run->display->ops->event(run->display, &e);
	if (e.kind == EVENT_PROMPT && run->ask != NULL)
		ask_open(run->ask, &e);
	else if (e.kind == EVENT_PROMPT_GONE && run->ask != NULL)
		ask_gone(run->ask, e.prompt_id);
	else if (e.kind == EVENT_STOPPED)
		run_life_stopped(run);
	if (run->live)
		run->display->ops->paint(run->display);
	if (run->display->broken)
		run_life_stop(run);
}

/* ---- questions ---- */

static void answer(
	void *arg, uint32_t prompt_id, const struct secret *answers, size_t n)
{
	struct run *run = arg;

	worker_answer(run->worker, RUN_SERVER_ID, prompt_id, answers, n);
}

static void on_terminal(void *arg, bool busy)
{
	struct run *run = arg;

	if (!run->live)
		return;
	if (!busy)
		run_terminal_hush(run);
	run->display->ops->hold(run->display, busy);
}

static void cannot_ask(void *arg, const struct trouble *trouble)
{
	struct run *run = arg;

	run->unasked = *trouble;
}

static const struct ask_ops ask_ops = {
	.answer = answer,
	.on_terminal = on_terminal,
	.cannot_ask = cannot_ask,
};

/* ---- time ---- */

static void on_tick(uv_timer_t *timer)
{
	struct run *run = timer->data;

	worker_request_stats(run->worker, RUN_SERVER_ID);
	if (run->live) {
		run_state_tick(&run->state, clock_mono_ms(), clock_wall_ms());
		run->display->ops->paint(run->display);
	}
}

/* ---- start and end ---- */

static void start_handles(struct run *run)
{
	uint64_t tick_ms = run->live ? 1000 : run->args.stats_s * 1000ull;

	run_terminal_init(run);
	run_life_init(run);
	uv_timer_init(&run->loop, &run->tick);
	run->tick.data = run;
	if (tick_ms != 0)
		uv_timer_start(&run->tick, on_tick, tick_ms, tick_ms);
}

static void choose_display(struct run *run)
{
	const struct run_args *a = &run->args;

	run->live = !a->json && !a->quiet && a->verbose == 0 &&
		    term_is_live(STDOUT_FILENO) &&
		    term_is_foreground(STDOUT_FILENO);
	if (a->json) {
		run->display = display_json_new(&run->state, STDOUT_FILENO);
	} else if (run->live) {
		run->display = display_tty_new(&run->state, STDOUT_FILENO,
			term_wants_colours(), term_speaks_utf8());
		run_terminal_hush(run);
		run_terminal_resize(run);
	} else {
		run->display =
			display_plain_new(&run->state, STDOUT_FILENO, a->quiet);
	}
}

static void close_handles(struct run *run)
{
	run_terminal_close(run);
	run_life_close(run);
	uv_close((uv_handle_t *)&run->tick, NULL);
	event_queue_close(run->events);
}

static enum exit_code carry(struct run *run)
{
	enum exit_code code = EXIT_CODE_OTHER;
	bool ended = true;

	if (uv_loop_init(&run->loop) < 0)
		return code;
	run_state_init(&run->state, run->args.server.name, run->args.forwards,
		run->args.n_forwards);
	choose_display(run);
	start_handles(run);
	run->events = event_queue_new(&run->loop, on_event, run);
	if (run->events != NULL)
		run->worker = worker_new(event_queue_push, run->events);
	if (run->worker != NULL) {
		run->ask = ask_new(&run->loop, RUN_TERMINAL, &ask_ops, run);
		run_watch_start(run);
		run_life_start(run);
		uv_run(&run->loop, UV_RUN_DEFAULT);
		run_watch_stop(run);
		ended = worker_free(run->worker);
		ask_close(run->ask);
	} else {
		trouble_say(&run->failure, ERR_SYSTEM, "thread");
		run->code = EXIT_CODE_OTHER;
	}
	close_handles(run);
	uv_run(&run->loop, UV_RUN_DEFAULT);
	uv_loop_close(&run->loop);
	code = run->code;
	if (run->display->broken && code == EXIT_CODE_STOPPED)
		code = EXIT_CODE_OTHER;
	display_free(run->display);
	term_restore();
	run_state_done(&run->state);
	if (!ended) {
		/* A name is being looked up; exit() would wait for the answer.
		 */
		fflush(NULL);
		_exit((int)code);
	}
	return code;
}

static void set_log_level(const struct run_args *args)
{
	if (args->verbose != 0)
		log_set_level(args->verbose == 1 ? LOG_DEBUG : LOG_TRACE);
	else if (args->quiet)
		log_set_level(LOG_ERROR);
}

static int run_command(int argc, char **argv)
{
	char text[TEXT_MAX];
	struct run run = {0};
	enum exit_code code = EXIT_CODE_USAGE;

	if (run_args_parse(argc, argv, &run.args, text) < 0) {
		text_complain(text);
		text_complain(catalog_get("run.see_help"));
	} else if (run.args.help) {
		fputs(catalog_get("help.run"), stdout);
		code = fflush(stdout) == 0 ? EXIT_CODE_STOPPED
					   : EXIT_CODE_OTHER;
	} else if (run.args.socks_auth != NULL &&
		   socks_auth_apply(run.args.socks_auth, run.args.forwards,
			   run.args.n_forwards, text) < 0) {
		text_complain(text);
	} else {
		set_log_level(&run.args);
		process_prepare();
		code = carry(&run);
		if (run.failure.code != ERR_OK)
			text_complain(
				text_trouble(&run.failure, text, sizeof(text)));
	}
	run_args_done(&run.args);
	return (int)code;
}

const struct command cmd_run = {.name = "run", .run = run_command};
