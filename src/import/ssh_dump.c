#include "import/ssh_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define OUTPUT_MAX (256 * 1024)

static bool spawn_ssh(
	const char *config, const char *host, int out, pid_t *ret_pid)
{
	char *argv[] = {
		"ssh", "-G", "-F", (char *)config, "--", (char *)host, NULL};
	posix_spawn_file_actions_t actions;
	bool good;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(
		&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	good = posix_spawnp(ret_pid, "ssh", &actions, NULL, argv, environ) == 0;
	posix_spawn_file_actions_destroy(&actions);
	return good;
}

/* All that comes until the end, in time and within bounds. */
static bool gather(int fd, struct buf *text)
{
	uint64_t due = clock_mono_ms() + SSH_DUMP_MS;

	while (buf_len(text) < OUTPUT_MAX) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_mono_ms();
		ssize_t n;

		if (now >= due || poll(&p, 1, (int)(due - now)) <= 0)
			return false;
		n = read(fd, buf_reserve(text, 4096), 4096);
		if (n <= 0)
			return n == 0;
		buf_commit(text, (size_t)n);
	}
	return false;
}

static void split(struct ssh_dump *dump)
{
	char *at = dump->text;

	while (at != NULL && *at != '\0') {
		char *next = strchr(at, '\n'), *space;

		if (next != NULL)
			*next++ = '\0';
		space = strchr(at, ' ');
		if (space != NULL) {
			*space = '\0';
			dump->name = mem_realloc(
				dump->name, dump->n + 1, sizeof(*dump->name));
			dump->value = mem_realloc(
				dump->value, dump->n + 1, sizeof(*dump->value));
			dump->name[dump->n] = at;
			dump->value[dump->n++] = space + 1;
		}
		at = next;
	}
}

bool ssh_dump_read(
	const char *config, const char *host, struct ssh_dump *ret_dump)
{
	struct buf text = BUF_INIT;
	int ends[2], status = -1;
	bool good;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	good = spawn_ssh(config, host, ends[1], &pid);
	close(ends[1]);
	if (good) {
		good = gather(ends[0], &text);
		if (!good)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	close(ends[0]);
	if (good) {
		*ret_dump = (struct ssh_dump){
			.text = mem_dup(buf_ptr(&text), buf_len(&text))};
		split(ret_dump);
	}
	buf_done(&text);
	return good;
}

void ssh_dump_done(struct ssh_dump *dump)
{
	free(dump->text);
	free(dump->name);
	free(dump->value);
	*dump = (struct ssh_dump){0};
}

bool ssh_dump_has(
	const struct ssh_dump *dump, const char *name, const char *value)
{
	for (size_t i = 0; i < dump->n; i++)
		if (strcmp(dump->name[i], name) == 0 &&
			strcmp(dump->value[i], value) == 0)
			return true;
	return false;
}
