/*
 * Signals, and the terminal that the display shares with the shell: its size,
 * its echo, Ctrl-Z and the way back.
 */
#include <assert.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/run_private.h"
#include "cli/term.h"

static const int signums[] = {
	SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
static_assert(
	sizeof(signums) / sizeof(signums[0]) == RUN_SIGNALS, "a handle each");

void run_terminal_hush(struct run *run)
{
	if (term_hush(STDOUT_FILENO, false) < 0)
		log_debug("the terminal's echo can't be switched off");
}

void run_terminal_resize(struct run *run)
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
		run_terminal_hush(run);
		run->display->ops->hold(run->display, false);
		run_terminal_resize(run);
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
		run_terminal_resize(run);
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
		run_life_stop(run);
		break;
	}
}

void run_terminal_init(struct run *run)
{
	for (size_t i = 0; i < RUN_SIGNALS; i++) {
		uv_signal_init(&run->loop, &run->signal[i]);
		run->signal[i].data = run;
		if (uv_signal_start(&run->signal[i], on_signal, signums[i]) < 0)
			log_warn("signal %d can't be watched", signums[i]);
	}
}

void run_terminal_close(struct run *run)
{
	for (size_t i = 0; i < RUN_SIGNALS; i++)
		uv_close((uv_handle_t *)&run->signal[i], NULL);
}
