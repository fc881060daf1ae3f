#include "daemon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define FIRST_FD 3  /* SD_LISTEN_FDS_START */
#define FDS_MAX  64 /* more are not ours */

struct service {
	int fd; /* a datagram socket to NOTIFY_SOCKET, or -1 */
	struct sockaddr_un address;
	socklen_t address_len;
	int listening;        /* or -1 */
	uint64_t watchdog_ms; /* 0: none */
	bool watching;
	uv_timer_t timer;
};

/* ---- the environment ---- */

static bool number(const char *name, uint64_t *ret_number)
{
	const char *text = getenv(name);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

/* What follows is for us only if it names us; `optional`: or nobody. */
static bool is_for_us(const char *name, bool optional)
{
	uint64_t pid;

	if (getenv(name) == NULL)
		return optional;
	return number(name, &pid) && pid == (uint64_t)getpid();
}

static void find_manager(struct service *s)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path != NULL ? strlen(path) : 0;

	/* "@name": in the abstract namespace. */
	if (n < 2 || n >= sizeof(s->address.sun_path) ||
		(*path != '/' && *path != '@'))
		return;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	s->address.sun_family = AF_UNIX;
	memcpy(s->address.sun_path, path, n);
	if (*path == '@')
		s->address.sun_path[0] = '\0';
	s->address_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static bool is_listening_unix(int fd)
{
	int domain = 0, listening = 0;
	socklen_t n = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) != 0 ||
		domain != AF_UNIX)
		return false;
	n = sizeof(int);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 &&
	       listening != 0;
}

static void find_sockets(struct service *s)
{
	uint64_t n;

	if (!is_for_us("LISTEN_PID", false) || !number("LISTEN_FDS", &n))
		return;
	if (n > FDS_MAX)
		n = FDS_MAX;
	for (int fd = FIRST_FD; fd < FIRST_FD + (int)n; fd++) {
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			continue;
		if (s->listening < 0 && is_listening_unix(fd)) {
			s->listening = fd;
		} else {
			log_warn("descriptor %d of systemd is of no use", fd);
			close(fd);
		}
	}
}

static void find_watchdog(struct service *s)
{
	uint64_t us;

	if (is_for_us("WATCHDOG_PID", true) && number("WATCHDOG_USEC", &us) &&
		us >= 2000)
		s->watchdog_ms = us / 1000;
}

struct service *service_new(void)
{
	static const char *const used[] = {"NOTIFY_SOCKET", "LISTEN_PID",
		"LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID",
		"WATCHDOG_USEC"};
	struct service *s = mem_zalloc(1, sizeof(*s));

	s->fd = s->listening = -1;
	find_manager(s);
	find_sockets(s);
	find_watchdog(s);
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		unsetenv(used[i]);
	return s;
}

int service_take_socket(struct service *s)
{
	int fd = s->listening;

	s->listening = -1;
	return fd;
}

char *service_socket_path(const struct service *s)
{
	struct sockaddr_un at = {0};
	socklen_t n = sizeof(at) - 1; /* a NUL stays behind it */

	if (s->listening < 0 ||
		getsockname(s->listening, (struct sockaddr *)&at, &n) != 0 ||
		at.sun_path[0] != '/')
		return NULL;
	return mem_strdup(at.sun_path);
}

/* "device:inode", as systemd.exec(5) has it. */
bool service_has_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

/* ---- what it is told ---- */

static void tell(struct service *s, const char *text)
{
	if (s->fd >= 0 &&
		sendto(s->fd, text, strlen(text), MSG_NOSIGNAL,
			(struct sockaddr *)&s->address, s->address_len) < 0)
		log_debug("the service manager does not hear: %s",
			strerror(errno));
}

void service_ready(struct service *s, const char *status)
{
	char *text =
		mem_printf("READY=1%s%s", status != NULL ? "\nSTATUS=" : "",
			status != NULL ? status : "");

	tell(s, text);
	free(text);
}

void service_reloading(struct service *s)
{
	char *text = mem_printf("RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)clock_mono_us());

	tell(s, text);
	free(text);
}

void service_stopping(struct service *s)
{
	tell(s, "STOPPING=1");
}

/* ---- the watchdog ---- */

static void on_timer(uv_timer_t *timer)
{
	tell(timer->data, "WATCHDOG=1");
}

void service_watch(struct service *s, uv_loop_t *loop)
{
	if (s->watchdog_ms == 0 || s->fd < 0)
		return;
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	s->watching = true;
	uv_unref((uv_handle_t *)&s->timer);
	uv_timer_start(&s->timer, on_timer, 0, s->watchdog_ms / 2);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void service_free(struct service *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->listening >= 0)
		close(s->listening);
	s->fd = s->listening = -1;
	if (s->watching)
		uv_close((uv_handle_t *)&s->timer, on_closed);
	else
		free(s);
}
