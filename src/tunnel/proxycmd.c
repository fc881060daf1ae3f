/*
 * Life cycle: running → exited, or running → ending (freed by its owner, being
 * killed) → gone. The process handle and the timer hold the memory.
 */
#include "tunnel/proxycmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define ENDING_STEP_MS 1000

enum proxycmd_state {
	PROXYCMD_STATE_RUNNING,
	PROXYCMD_STATE_EXITED,
	PROXYCMD_STATE_ENDING, /* freed, but the process is there */
};

struct proxycmd {
	enum proxycmd_state state;
	proxycmd_exit_fn *on_exit;
	void *arg;
	unsigned holds; /* open handles */
	uv_process_t process;
	uv_timer_t step; /* the next signal */
	unsigned next_signal;
};

static const int end_signals[] = {SIGHUP, SIGTERM, SIGKILL};

static void on_closed(uv_handle_t *handle)
{
	struct proxycmd *p = handle->data;

	if (--p->holds == 0)
		free(p);
}

static void close_all(struct proxycmd *p)
{
	uv_close((uv_handle_t *)&p->process, on_closed);
	uv_close((uv_handle_t *)&p->step, on_closed);
}

static void on_exited(uv_process_t *process, int64_t status, int signal)
{
	struct proxycmd *p = process->data;

	if (p->state == PROXYCMD_STATE_ENDING) {
		close_all(p);
		return;
	}
	p->state = PROXYCMD_STATE_EXITED;
	if (p->on_exit != NULL)
		p->on_exit(p->arg, status, signal);
}

static void signal_group(uv_timer_t *timer)
{
	struct proxycmd *p = timer->data;

	/* The leader has not been waited for: its number is still its own. */
	kill(-p->process.pid, end_signals[p->next_signal++]);
	if (p->next_signal < sizeof(end_signals) / sizeof(end_signals[0]))
		uv_timer_start(&p->step, signal_group, ENDING_STEP_MS, 0);
}

void proxycmd_free(struct proxycmd *p)
{
	if (p == NULL)
		return;
	if (p->state == PROXYCMD_STATE_EXITED) {
		close_all(p);
		return;
	}
	p->state = PROXYCMD_STATE_ENDING;
	signal_group(&p->step);
}

static void kill_freed(uv_handle_t *handle, void *arg)
{
	const struct proxycmd *p = handle->data;

	(void)arg;
	if (handle->type == UV_PROCESS && !uv_is_closing(handle) &&
		p->state == PROXYCMD_STATE_ENDING)
		kill(-p->process.pid, SIGKILL);
}

void proxycmd_kill_freed(uv_loop_t *loop)
{
	uv_walk(loop, kill_freed, NULL);
}

static const char *shell(void)
{
	const char *name = getenv("SHELL");

	return name != NULL && *name != '\0' ? name : "/bin/sh";
}

/* Runs the command on `fd`; 0 or libuv's error. */
static int spawn(
	struct proxycmd *p, uv_loop_t *loop, const char *command, int fd)
{
	char *line = mem_printf("exec %s", command);
	char *args[] = {(char *)shell(), "-c", line, NULL};
	uv_stdio_container_t stdio[] = {
		{.flags = UV_INHERIT_FD, .data.fd = fd},
		{.flags = UV_INHERIT_FD, .data.fd = fd},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
	};
	uv_process_options_t options = {
		.exit_cb = on_exited,
		.file = args[0],
		.args = args,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = stdio,
	};
	int err = uv_spawn(loop, &p->process, &options);

	free(line);
	return err;
}

static int say(struct trouble *t, const char *command, const char *detail)
{
	trouble_set(t, -ERR_PROXY_FAILED);
	trouble_arg(t, "command", "%s", command);
	trouble_arg(t, "detail", "%s", detail);
	return -ERR_PROXY_FAILED;
}

int proxycmd_start(uv_loop_t *loop, const char *command,
	proxycmd_exit_fn *on_exit, void *arg, struct proxycmd **ret_proxy,
	int *ret_fd, struct trouble *trouble)
{
	struct proxycmd *p;
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return say(trouble, command, strerror(errno));
	p = mem_zalloc(1, sizeof(*p));
	p->on_exit = on_exit;
	p->arg = arg;
	p->holds = 2;
	uv_timer_init(loop, &p->step);
	p->step.data = p;
	err = spawn(p, loop, command, pair[1]);
	p->process.data = p;
	close(pair[1]);
	if (err != 0) {
		close(pair[0]);
		close_all(p);
		return say(trouble, command, uv_strerror(err));
	}
	/* Ours alone; the command's end blocks, as most programs expect. */
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*ret_proxy = p;
	*ret_fd = pair[0];
	return 0;
}
