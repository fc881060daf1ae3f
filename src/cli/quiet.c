#include "cli/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int quiet_run(char *const *argv)
{
	posix_spawn_file_actions_t files;
	int status = -1, r;
	pid_t pid;

	if (posix_spawn_file_actions_init(&files) != 0)
		return -1;
	r = posix_spawn_file_actions_addopen(
		&files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	for (int fd = STDOUT_FILENO; r == 0 && fd <= STDERR_FILENO; fd++)
		r = posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, fd);
	if (r == 0)
		r = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (r != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
