/*
 * taupe run: one server's forwards in the foreground.
 *
 * The worker's thread carries the traffic; here, on the main thread's loop, its
 * events are shown, its questions are asked, signals end it, and the verdict is
 * made on what ends the process: nobody is there to mend a refused login before
 * the first connection, while a tunnel that was up comes back by itself
 * whatever happens. Life: start_all → events … → stop → EVENT_STOPPED → the
 * loop ends.
 */
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/catalog.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/display.h"
#include "cli/exit_code.h"
#include "cli/process.h"
#include "cli/run_args.h"
#include "cli/run_events.h"
#include "cli/run_state.h"
#include "cli/socks_auth.h"
#include "cli/term.h"
#include "cli/text.h"
#include "tunnel/worker.h"

#define TERMINAL "/dev/tty"
/* Between two starts of a server that was up and then refused us. */
#define RESTART_MIN_MS 30000
#define RESTART_MAX_MS 600000

enum phase {
	RUN_GOING,
	RUN_RESTARTING, /* the server stops, to be started anew */
	RUN_STOPPING,   /* the server stops, and then the process */
	RUN_STOPPED,
};

static const int signums[] = {
	SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
#define SIGNALS (sizeof(signums) / sizeof(signums[0]))

struct run {
	uv_loop_t loop;
	uv_signal_t signal[SIGNALS];
	uv_timer_t tick, restart;
	struct run_args args;
	struct run_state state;
	struct run_events *events;
	struct worker *worker;
	struct display *display;
	struct ask *ask; /* NULL once stopping */
	enum phase phase;
	bool live;      /* the display repaints on a terminal */
	bool suspended; /* by Ctrl-Z, or in the background since then */
	uint64_t restart_ms;
	enum exit_code code;
	struct trouble failure; /* why the process ends; ERR_OK: no failure */
	struct trouble unasked; /* a question that could not be put */
};

/* Better to be told what is missing than to be asked and not heard. */
static void ask_nobody(struct server_config *server)
{
	server->may_ask = false;
	for (size_t i = 0; i < server->n_jumps; i++)
		server->jumps[i].may_ask = false;
}

static void start_all(struct run *run)
{
	if (!ask_is_possible(TERMINAL))
		ask_nobody(&run->args.server);
	worker_add_server(run->worker, &run->args.server);
	for (size_t i = 0; i < run->args.n_forwards; i++)
		worker_start_forward(run->worker, RUN_SERVER_ID,
			(uint32_t)i + 1, &run->args.forwards[i]);
}

static void stop(struct run *run)
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
	stop(run);
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

static void judge_server(struct run *run, struct event *e)
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

static void judge_forward(struct run *run, const struct event *e)
{
	/* A server that fails takes its forwards along. */
	if (e->state != STATE_ERROR || run->state.state == STATE_ERROR)
		return;
	if (run->args.server.options.exit_on_forward_failure ||
		(e->next_try_ms == 0 && run_state_all_failed(&run->state)))
		fail(run, &e->trouble, EXIT_CODE_FORWARD);
}

static void on_stopped(struct run *run)
{
	if (run->phase == RUN_RESTARTING) {
		run->phase = RUN_GOING;
		start_all(run);
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
		judge_server(run, &e);
	run_state_apply(&run->state, &e, clock_mono_ms());
	if (run->phase == RUN_GOING && e.kind == EVENT_FORWARD)
		judge_forward(run, &e);
	if (is_shown(run, &e))
		run->display->ops->event(run->display, &e);
	if (e.kind == EVENT_PROMPT && run->ask != NULL)
		ask_open(run->ask, &e);
	else if (e.kind == EVENT_PROMPT_GONE && run->ask != NULL)
		ask_gone(run->ask, e.prompt_id);
	else if (e.kind == EVENT_STOPPED)
		on_stopped(run);
	if (run->live)
		run->display->ops->paint(run->display);
	if (run->display->broken)
		stop(run);
}

/* ---- questions ---- */

static void answer(
	void *arg, uint32_t prompt_id, const struct secret *answers, size_t n)
{
	struct run *run = arg;

	worker_answer(run->worker, RUN_SERVER_ID, prompt_id, answers, n);
}

static void hush(struct run *run)
{
	if (term_hush(STDOUT_FILENO, false) < 0)
		log_debug("the terminal's echo can't be switched off");
}

static void on_terminal(void *arg, bool busy)
{
	struct run *run = arg;

	if (!run->live)
		return;
	if (!busy)
		hush(run);
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

/* ---- signals and time ---- */

static void resize(struct run *run)
{
	unsigned columns, rows;

	if (!run->live)
		return;
	term_size(STDOUT_FILENO, &columns, &rows);
	display_tty_resize(run->display, columns, rows);
	run->display->ops->paint(run->display);
}

static void resume(struct run *run)
{
	int terminal = run->live ? STDOUT_FILENO : STDIN_FILENO;

	if (!run->suspended || !term_is_foreground(terminal))
		return;
	run->suspended = false;
	if (run->ask != NULL)
		ask_resume(run->ask);
	if (run->live) {
		hush(run);
		run->display->ops->hold(run->display, false);
		resize(run);
	}
}

static void suspend(struct run *run)
{
	run->suspended = true;
	if (run->live)
		run->display->ops->hold(run->display, true);
	if (run->ask != NULL)
		ask_suspend(run->ask);
	term_restore();
	raise(SIGSTOP);
	resume(run);
}

/* A second signal: the person will not wait. */
static void end_at_once(struct run *run, int signum)
{
	if (run->live)
		run->display->ops->hold(run->display, true);
	term_restore();
	_exit(128 + signum);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct run *run = handle->data;

	switch (signum) {
	case SIGWINCH:
		resize(run);
		break;
	case SIGTSTP:
		suspend(run);
		break;
	case SIGCONT:
		resume(run);
		break;
	default:
		if (run->phase == RUN_STOPPING)
			end_at_once(run, signum);
		stop(run);
		break;
	}
}

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

	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(&run->loop, &run->signal[i]);
		run->signal[i].data = run;
		if (uv_signal_start(&run->signal[i], on_signal, signums[i]) < 0)
			log_warn("signal %d can't be watched", signums[i]);
	}
	uv_timer_init(&run->loop, &run->restart);
	run->restart.data = run;
	uv_timer_init(&run->loop, &run->tick);
	run->tick.data = run;
	if (tick_ms != 0)
		uv_timer_start(&run->tick, on_tick, tick_ms, tick_ms);
}

static void choose_display(struct run *run)
{
	const struct run_args *a = &run->args;
	bool utf8;

	run->live = !a->json && !a->quiet && a->verbose == 0 &&
		    term_is_live(STDOUT_FILENO) &&
		    term_is_foreground(STDOUT_FILENO);
	if (a->json) {
		run->display = display_json_new(&run->state, STDOUT_FILENO);
	} else if (run->live) {
		setlocale(LC_CTYPE, "");
		utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
		run->display = display_tty_new(
			&run->state, STDOUT_FILENO, term_wants_colours(), utf8);
		hush(run);
		resize(run);
	} else {
		run->display =
			display_plain_new(&run->state, STDOUT_FILENO, a->quiet);
	}
}

static void close_handles(struct run *run)
{
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&run->signal[i], NULL);
	uv_close((uv_handle_t *)&run->restart, NULL);
	uv_close((uv_handle_t *)&run->tick, NULL);
	run_events_close(run->events);
}

static enum exit_code carry(struct run *run)
{
	enum exit_code code = EXIT_CODE_OTHER;

	if (uv_loop_init(&run->loop) < 0)
		return code;
	run_state_init(&run->state, run->args.server.name, run->args.forwards,
		run->args.n_forwards);
	choose_display(run);
	start_handles(run);
	run->events = run_events_new(&run->loop, on_event, run);
	if (run->events != NULL)
		run->worker = worker_new(run_events_push, run->events);
	if (run->worker != NULL) {
		run->ask = ask_new(&run->loop, TERMINAL, &ask_ops, run);
		start_all(run);
		uv_run(&run->loop, UV_RUN_DEFAULT);
		worker_free(run->worker);
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
	struct run run = {.phase = RUN_GOING};
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

const struct command cmd_run = {"run", run_command};
