#include "cli/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/catalog.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/launch_systemd.h"
#include "cli/log_file.h"
#include "daemon/lock.h"

#define START_MS 10000
/* Between the socket's name and its first accept there is no event. */
#define LOOK_MS 20

/* 0, or an errno. */
static int try_connect(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, r;

	if (strlen(path) >= sizeof(at.sun_path))
		return ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	r = connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? errno : 0;
	close(fd);
	return r;
}

static bool is_absent(int error)
{
	return error == ENOENT || error == ECONNREFUSED || error == ENOTDIR;
}

/* In the child: nothing of this process goes along but its environment. */
static void become_daemon(const struct places *places, int log)
{
	char *argv[] = {(char *)"taupe", (char *)"daemon", (char *)"--state",
		places->state_dir, (char *)"--socket", places->socket_path,
		NULL};
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setsid();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
		chdir("/") < 0)
		_exit(127);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execv("/proc/self/exe", argv);
	_exit(127);
}

static pid_t start(const struct places *places, struct trouble *trouble)
{
	int log;
	pid_t pid;

	if (places_make(places, trouble) < 0)
		return -1;
	log = log_file_open(places->state_dir);
	if (log < 0) {
		file_trouble(trouble, ERR_FILE, places->state_dir, errno);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		become_daemon(places, log);
	if (pid < 0)
		trouble_say(trouble, ERR_SYSTEM, "%s", strerror(errno));
	close(log);
	return pid;
}

/* Sees the socket come up in its folder. */
static int watch_folder(const char *socket_path)
{
	char folder[PATH_MAX], *slash;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	snprintf(folder, sizeof(folder), "%s", socket_path);
	slash = strrchr(folder, '/');
	if (slash != NULL && slash != folder)
		*slash = '\0';
	if (fd >= 0)
		inotify_add_watch(fd, folder, IN_CREATE | IN_MOVED_TO);
	return fd;
}

static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

/* Until the socket takes connections, the process ended (a child of ours: and
 * no other daemon came in its place), or time is over. 0, or an errno. */
static int wait_for_socket(const char *path, pid_t process)
{
	uint64_t end = clock_mono_ms() + START_MS;
	struct pollfd fds[2] = {
		{.fd = watch_folder(path), .events = POLLIN},
		{.fd = process > 0 ? pidfd_open(process, 0) : -1,
			.events = POLLIN},
	};
	int error = try_connect(path);

	while (error != 0 && clock_mono_ms() < end) {
		/* Bound already, and not yet listening. */
		int wait_ms = error == ECONNREFUSED ? LOOK_MS : 1000;

		if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
			break;
		if (fds[0].revents != 0)
			drain(fds[0].fd);
		error = try_connect(path);
		if (fds[1].fd >= 0 && (fds[1].revents & POLLIN) != 0) {
			close(fds[1].fd);
			fds[1].fd = -1;
			if (waitpid(process, NULL, WNOHANG) != process)
				break;
			/* Another daemon may have been quicker, and be on its
			 * way. */
			if (end > clock_mono_ms() + START_MS / 10)
				end = clock_mono_ms() + START_MS / 10;
		}
	}
	for (int i = 0; i < 2; i++)
		if (fds[i].fd >= 0)
			close(fds[i].fd);
	return error;
}

static bool is_wanted(const struct args *a, bool may_start)
{
	const char *no = getenv("TAUPE_NO_START");

	return may_start && !args_has(a, "--no-start") &&
	       (no == NULL || *no == '\0' || strcmp(no, "0") == 0);
}

static bool is_in_environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0';
}

static bool names_socket(const struct args *a)
{
	return args_has(a, "--socket") || is_in_environment("TAUPE_SOCKET");
}

/* The unit's daemon has the default places. */
static bool is_default(const struct args *a)
{
	return !args_has(a, "--state") && !names_socket(a) &&
	       !is_in_environment("TAUPE_STATE") &&
	       !is_in_environment("STATE_DIRECTORY");
}

/* At `places`, or where the folder's lock says. 0, or an errno. */
static int find(struct places *places, const struct args *a)
{
	int error = try_connect(places->socket_path);
	char *socket;
	pid_t pid;

	if (!is_absent(error) || names_socket(a) ||
		lock_holder(places->state_dir, &pid, &socket) < 0)
		return error;
	if (try_connect(socket) != 0) {
		free(socket);
		return error;
	}
	free(places->socket_path);
	places->socket_path = socket;
	return 0;
}

/* One that starts does not listen yet, and one that ends listens no more: both
 * hold the folder, and would have another turned away. */
static void wait_for_other(const struct places *places)
{
	uint64_t end = clock_mono_ms() + START_MS;
	bool listens = false;
	char *socket;
	pid_t pid;

	while (!listens && clock_mono_ms() < end &&
		lock_holder(places->state_dir, &pid, &socket) == 0) {
		/* It says nothing of itself at its very start and end. */
		listens = pid > 0 && wait_for_socket(socket, pid) == 0;
		free(socket);
		if (!listens)
			poll(NULL, 0, LOOK_MS);
	}
}

static int did_not_start(const struct places *places)
{
	char text[TEXT_MAX];

	text_complain(text_format(text, sizeof(text), "cli.start_failed",
		"path", places->state_dir, NULL));
	return -ERR_DAEMON_ABSENT;
}

int launch_reach(struct places *places, const struct args *a, bool may_start,
	struct trouble *trouble)
{
	int error = find(places, a);
	pid_t child = -1;

	if (error == 0)
		return 0;
	if (!is_absent(error))
		return file_trouble(
			trouble, ERR_FILE, places->socket_path, error);
	if (!is_wanted(a, may_start)) {
		trouble_set(trouble, ERR_DAEMON_ABSENT);
		trouble_arg(trouble, "path", "%s", places->socket_path);
		return -ERR_DAEMON_ABSENT;
	}
	wait_for_other(places);
	if (find(places, a) == 0)
		return 0;
	if (isatty(STDERR_FILENO))
		text_complain(catalog_get("cli.starting"));
	if (!is_default(a) || !launch_systemd_start()) {
		child = start(places, trouble);
		if (child < 0)
			return -(int)trouble->code;
	}
	/* The one that was quicker may have a socket of its own. */
	if (wait_for_socket(places->socket_path, child) == 0 ||
		find(places, a) == 0)
		return 0;
	return did_not_start(places);
}
