#include "cli/log_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define FULL_BYTES (4 * 1024 * 1024)

static const char *folder;

static void name(
	char ret_path[PATH_MAX], const char *state_dir, const char *suffix)
{
	snprintf(ret_path, PATH_MAX, "%s/daemon.log%s", state_dir, suffix);
}

int log_file_open(const char *state_dir)
{
	char path[PATH_MAX];

	name(path, state_dir, "");
	return open(path,
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* In whichever thread wrote the last line. Where that fails, the file goes on
 * growing for as much again. */
static void on_full(void)
{
	char path[PATH_MAX], old[PATH_MAX];
	int fd;

	log_set_room(FULL_BYTES, on_full);
	name(path, folder, "");
	name(old, folder, ".old");
	if (rename(path, old) != 0)
		return;
	fd = log_file_open(folder);
	if (fd < 0)
		return;
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	close(fd);
}

void log_file_bound(const char *state_dir)
{
	struct stat own, named;
	char path[PATH_MAX];

	name(path, state_dir, "");
	if (fstat(STDERR_FILENO, &own) != 0 || stat(path, &named) != 0 ||
		own.st_dev != named.st_dev || own.st_ino != named.st_ino)
		return;
	folder = state_dir;
	log_set_room(own.st_size < FULL_BYTES
			     ? (size_t)(FULL_BYTES - own.st_size)
			     : 1,
		on_full);
}
