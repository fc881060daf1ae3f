/* The file: the pid and the socket's path, a line each. It is never removed:
 * two daemons could then hold a lock each, one on the file that is gone. */
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define LOCK_MAX 4096 /* bytes of the file */
#define TRIES    100  /* a millisecond apart */
#define READS    1000 /* the same */

static char *lock_path(const char *state_dir)
{
	return mem_printf("%s/lock", state_dir);
}

/* What the file says; 0 and "" where it says nothing (yet). */
static void read_holder(
	int fd, const char *path, pid_t *ret_pid, char **ret_socket)
{
	struct buf text = BUF_INIT;
	char *line, *end;

	*ret_pid = 0;
	*ret_socket = NULL;
	if (file_read_fd(fd, path, LOCK_MAX, &text, NULL) == 0) {
		buf_put_u8(&text, '\0');
		*ret_pid = (pid_t)strtol((char *)buf_ptr(&text), &line, 10);
		end = *line == '\n' ? strchr(line + 1, '\n') : NULL;
		if (end != NULL)
			*ret_socket =
				mem_dup(line + 1, (size_t)(end - line - 1));
	}
	buf_done(&text);
	if (*ret_socket == NULL)
		*ret_socket = mem_strdup("");
}

static int say_holder(int fd, const struct places *places, const char *path,
	struct trouble *trouble)
{
	char *socket;
	pid_t pid;

	read_holder(fd, path, &pid, &socket);
	/* It takes the lock first, and then writes who it is. */
	for (int i = 0; pid == 0 && i < READS; i++) {
		free(socket);
		poll(NULL, 0, 1);
		read_holder(fd, path, &pid, &socket);
	}
	if (trouble != NULL) {
		trouble_set(trouble, ERR_DAEMON_RUNNING);
		trouble_arg(trouble, "pid", "%d", (int)pid);
		trouble_arg(trouble, "path", "%s", socket);
		trouble_arg(trouble, "state", "%s", places->state_dir);
	}
	free(socket);
	return -ERR_DAEMON_RUNNING;
}

static int write_holder(int fd, const char *socket)
{
	char *text = mem_printf("%d\n%s\n", (int)getpid(), socket);
	ssize_t n = (ssize_t)strlen(text);
	int error = 0;

	errno = ENOSPC;
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		error = errno;
	free(text);
	return error;
}

/* lock_holder holds it, too, for an instant when nobody does: shared, so that
 * it is told from a daemon. flock(2)'s answer. */
static int take(int fd)
{
	int held = flock(fd, LOCK_EX | LOCK_NB);

	for (int i = 0; held != 0 && errno == EWOULDBLOCK && i < TRIES; i++) {
		if (flock(fd, LOCK_SH | LOCK_NB) != 0)
			break;
		flock(fd, LOCK_UN);
		poll(NULL, 0, 1);
		held = flock(fd, LOCK_EX | LOCK_NB);
	}
	return held;
}

int lock_take(const struct places *places, struct lock *ret_lock,
	struct trouble *trouble)
{
	char *path = lock_path(places->state_dir);
	int fd, error, err = 0;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err = file_trouble(trouble, ERR_FILE, path, errno);
	} else if (take(fd) != 0) {
		err = errno == EWOULDBLOCK
			      ? say_holder(fd, places, path, trouble)
			      : file_trouble(trouble, ERR_FILE, path, errno);
	} else {
		error = write_holder(fd, places->socket_path);
		if (error != 0)
			err = file_trouble(trouble, ERR_FILE, path, error);
	}
	if (err == 0)
		ret_lock->fd = fd;
	else if (fd >= 0)
		close(fd);
	free(path);
	return err;
}

void lock_release(struct lock *lock)
{
	if (ftruncate(lock->fd, 0) != 0) {
		/* Then it names a process that is gone: nobody believes it
		 * without the lock. */
	}
	close(lock->fd);
	lock->fd = -1;
}

int lock_holder(const char *state_dir, pid_t *ret_pid, char **ret_socket)
{
	char *path = lock_path(state_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
	    err = -ERR_NOT_FOUND;

	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 &&
		errno == EWOULDBLOCK) {
		read_holder(fd, path, ret_pid, ret_socket);
		err = 0;
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return err;
}
