/*
 * For tests that run workers against the system's own sshd: servers on loopback
 * with keys made for the test, a service that sends back what it gets, and the
 * events of workers, waited for by what they say. Header only, so that each
 * test stays one program. Needs scratch.h's folder.
 */
#ifndef TAUPE_TESTS_LIVE_H
#define TAUPE_TESTS_LIVE_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <shadow.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "base/mem.h"
#include "scratch.h"

#define LIVE_SSHD "/usr/sbin/sshd"
/* Far more than anything takes, also under a sanitizer on a busy machine. */
#define LIVE_LIMIT_S 90

/* ---- sockets ---- */

static inline struct sockaddr_in live_address(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static inline int live_listen(uint16_t *ret_port)
{
	struct sockaddr_in a = live_address(0);
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* One that nobody listens on. */
static inline uint16_t live_free_port(void)
{
	uint16_t port;

	close(live_listen(&port));
	return port;
}

static inline void live_unix_address(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	assert_true(strlen(path) < sizeof(a->sun_path));
	memcpy(a->sun_path, path, strlen(path) + 1);
}

static inline int live_try_connect(uint16_t port)
{
	struct sockaddr_in a = live_address(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int live_connect(uint16_t port)
{
	int fd = live_try_connect(port);

	assert_true(fd >= 0);
	return fd;
}

static inline int live_connect_unix(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;

	live_unix_address(&a, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Reads `n` bytes, or up to the end; returns how many. */
static inline size_t live_read(int fd, void *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		ssize_t r;

		assert_int_equal(poll(&pfd, 1, LIVE_LIMIT_S * 1000), 1);
		r = recv(fd, (char *)p + done, n - done, 0);
		if (r <= 0)
			break;
		done += (size_t)r;
	}
	return done;
}

/* Sends `n` bytes while it reads what comes back, then ends its side: all of
 * them come back, and the end. */
static inline void live_exchange(int fd, size_t n)
{
	uint8_t *out = mem_alloc(n + 1), *in = mem_alloc(n + 1);
	size_t sent = 0, got = 0;
	ssize_t r = 1;

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i * 2654435761u >> 13);
	if (n == 0)
		shutdown(fd, SHUT_WR);
	while (r != 0) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};

		if (sent < n)
			pfd.events |= POLLOUT;
		assert_int_equal(poll(&pfd, 1, LIVE_LIMIT_S * 1000), 1);
		if ((pfd.revents & POLLOUT) != 0 && sent < n) {
			r = send(fd, out + sent, n - sent,
				MSG_NOSIGNAL | MSG_DONTWAIT);
			assert_true(r > 0 || errno == EAGAIN);
			sent += r > 0 ? (size_t)r : 0;
			if (sent == n)
				shutdown(fd, SHUT_WR);
		}
		r = 1;
		if ((pfd.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
			r = recv(fd, in + got, n + 1 - got, 0);
			assert_true(r >= 0);
			got += (size_t)r;
		}
	}
	assert_int_equal(got, n);
	assert_memory_equal(in, out, n);
	free(out);
	free(in);
	close(fd);
}

/* ---- processes ---- */

static inline void live_echo_one(int fd)
{
	char b[65536];
	ssize_t n;

	while ((n = read(fd, b, sizeof(b))) > 0)
		for (ssize_t at = 0, w; at < n; at += w)
			if ((w = send(fd, b + at, (size_t)(n - at),
				     MSG_NOSIGNAL)) < 0)
				_exit(0);
	shutdown(fd, SHUT_WR);
	_exit(0);
}

/* Sends back what it gets, on TCP and on the Unix socket "echo". To be started
 * before there are threads; ends with the test. */
static inline pid_t live_echo(uint16_t *ret_port)
{
	struct pollfd on[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct sockaddr_un a;
	pid_t pid;

	on[0].fd = live_listen(ret_port);
	on[1].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	live_unix_address(&a, "echo");
	assert_int_equal(bind(on[1].fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(on[1].fd, 64), 0);
	pid = fork();
	if (pid != 0) {
		close(on[0].fd);
		close(on[1].fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	while (poll(on, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			int fd = (on[i].revents & POLLIN) != 0
					 ? accept(on[i].fd, NULL, NULL)
					 : -1;

			if (fd >= 0 && fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				live_echo_one(fd);
			}
			if (fd >= 0)
				close(fd);
		}
	_exit(1);
}

struct live_sshd {
	uint16_t port;
	pid_t pid;
};

/* Without PAM sshd turns locked accounts away. */
static inline const char *live_pam(void)
{
	const struct spwd *root = geteuid() == 0 ? getspnam("root") : NULL;

	return root != NULL && root->sp_pwdp[0] == '!' ? "yes" : "no";
}

/* Keys "id" and "hostkey", and sshd's settings without a port. */
static inline void live_make_keys(void)
{
	char text[1024], dir[256];
	int n;

	assert_non_null(getcwd(dir, sizeof(dir)));
	scratch_do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "id");
	scratch_do(
		"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "hostkey");
	n = snprintf(text, sizeof(text),
		"HostKey %s/hostkey\nAuthorizedKeysFile %s/id.pub\n"
		"PidFile none\nStrictModes no\nUsePAM %s\nUseDNS no\n"
		"PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
		"MaxStartups 100\nListenAddress 127.0.0.1\n",
		dir, dir, live_pam());
	scratch_write("sshd_config", text, (size_t)n);
}

/* Returns when it listens. */
static inline void live_start_sshd(struct live_sshd *s)
{
	char option[32], config[300], dir[256];
	char *argv[] = {(char *)LIVE_SSHD, (char *)"-D", (char *)"-e",
		(char *)"-f", config, (char *)"-o", option, NULL};
	posix_spawn_file_actions_t actions;
	int fd;

	assert_non_null(getcwd(dir, sizeof(dir)));
	snprintf(config, sizeof(config), "%s/sshd_config", dir);
	if (s->port == 0)
		s->port = live_free_port();
	/* sshd of root wants it, and only the system's service makes it. It
	 * stays: another test may rely on it by now. */
	if (geteuid() == 0)
		(void)mkdir("/run/sshd", 0755);
	snprintf(option, sizeof(option), "Port=%u", s->port);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "sshd.log",
		O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_int_equal(
		posix_spawn(&s->pid, LIVE_SSHD, &actions, NULL, argv, environ),
		0);
	posix_spawn_file_actions_destroy(&actions);
	while ((fd = live_try_connect(s->port)) < 0) {
		assert_int_equal(waitpid(s->pid, NULL, WNOHANG), 0);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	close(fd);
}

/* All that descend from it. */
static inline void live_signal_children(pid_t parent, int signal)
{
	char path[64], text[1024] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent,
		parent);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	fclose(f);
	for (char *at = text, *end; *at != '\0'; at = end) {
		long pid = strtol(at, &end, 10);

		if (pid <= 1)
			break;
		live_signal_children((pid_t)pid, signal);
		kill((pid_t)pid, signal);
	}
}

static inline void live_kill_children(pid_t parent)
{
	live_signal_children(parent, SIGKILL);
}

/* As a crash of the server's machine: the listener and all its sessions. */
static inline void live_kill_sshd(struct live_sshd *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGSTOP); /* no new children while we look */
	live_kill_children(s->pid);
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

#endif
