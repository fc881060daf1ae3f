/* tunnel/dial, against real sockets on the loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "tunnel/dial.h"

#define FILLERS 8

/* What `done` was told; it frees the dial when asked to. */
struct outcome {
	struct dial *dial;
	bool free_inside;
	unsigned calls;
	int err, fd;
	struct trouble trouble;
};

static uv_loop_t loop;

static int set_up(void **state)
{
	return uv_loop_init(&loop);
}

/* Nothing of a test's dials may be left. */
static int tear_down(void **state)
{
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

static void on_done(void *arg, int err, int fd, const struct trouble *trouble)
{
	struct outcome *o = arg;

	o->calls++;
	o->err = err;
	o->fd = fd;
	assert_int_equal(trouble != NULL, err != 0);
	if (trouble != NULL)
		o->trouble = *trouble;
	if (o->free_inside) {
		dial_free(o->dial);
		o->dial = NULL;
	}
}

/* Dials to the end; the caller closes o->fd. */
static void run(struct outcome *o, const struct dial_config *config)
{
	*o = (struct outcome){.fd = -1, .free_inside = o->free_inside};
	o->dial = dial_start(&loop, config, on_done, o);
	while (o->calls == 0)
		uv_run(&loop, UV_RUN_ONCE);
	if (!o->free_inside)
		dial_free(o->dial);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(o->calls, 1);
}

static socklen_t address(struct sockaddr_storage *ss, int family, uint16_t port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		four->sin_port = htons(port);
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*four);
	}
	six->sin6_port = htons(port);
	six->sin6_addr = in6addr_loopback;
	return sizeof(*six);
}

/* A listener, or -1; a bound socket that does not listen for backlog -1. */
static int listener(int family, uint16_t port, int backlog, uint16_t *ret_port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, family, port);

	if (fd == -1)
		return -1;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&ss, len) != 0 ||
		(backlog >= 0 && listen(fd, backlog) != 0)) {
		close(fd);
		return -1;
	}
	getsockname(fd, (struct sockaddr *)&ss, &len);
	*ret_port = ntohs(family == AF_INET
				  ? ((struct sockaddr_in *)&ss)->sin_port
				  : ((struct sockaddr_in6 *)&ss)->sin6_port);
	return fd;
}

/* Two sockets on one port, IPv6 first; false without IPv6. */
static bool listen_both(
	int six_backlog, int four_backlog, int fds[2], uint16_t *ret_port)
{
	for (unsigned i = 0; i < 100; i++) {
		fds[0] = listener(AF_INET6, 0, six_backlog, ret_port);
		if (fds[0] == -1)
			return false;
		fds[1] = listener(AF_INET, *ret_port, four_backlog, ret_port);
		if (fds[1] != -1)
			return true;
		close(fds[0]);
	}
	return false;
}

/* Fills the backlog so that further connects hang: the last of the fillers is
 * still on its way when all that can be have come through. False where the
 * system answers differently. */
static bool fill(int family, uint16_t port, int fds[FILLERS])
{
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, family, port);
	struct pollfd last;

	for (size_t i = 0; i < FILLERS; i++) {
		fds[i] = socket(
			family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(fds[i] != -1);
		connect(fds[i], (struct sockaddr *)&ss, len);
	}
	last = (struct pollfd){.fd = fds[FILLERS - 1], .events = POLLOUT};
	return poll(&last, 1, 0) == 0;
}

static void drain(int fds[FILLERS])
{
	for (size_t i = 0; i < FILLERS; i++)
		close(fds[i]);
}

/* The peer's address family of a connected descriptor with all its flags. */
static int check_connected(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss), on_len = sizeof(int);
	int on = 0;

	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getpeername(fd, (struct sockaddr *)&ss, &len), 0);
	if (ss.ss_family != AF_UNIX) {
		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &on_len);
		assert_true(on);
	}
	return ss.ss_family;
}

static void assert_arg(
	const struct trouble *t, const char *name, const char *value)
{
	assert_non_null(trouble_get(t, name));
	assert_string_equal(trouble_get(t, name), value);
}

static void connects_to_an_address(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};
	static char *const hosts[] = {"127.0.0.1", "::1"};
	struct outcome o = {0};

	for (size_t i = 0; i < 2; i++) {
		struct endpoint e = {.host = hosts[i]};
		struct dial_config c = {.target = &e, .keepalive = true};
		int on = 0, fd = listener(families[i], 0, 5, &e.port);
		socklen_t len = sizeof(on);

		if (fd == -1)
			continue; /* no IPv6 here */
		o.free_inside = i == 0;
		run(&o, &c);
		assert_int_equal(o.err, 0);
		assert_int_equal(check_connected(o.fd), families[i]);
		getsockopt(o.fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len);
		assert_true(on);
		close(o.fd);
		close(fd);
	}
}

static void connects_to_a_name(void **state)
{
	struct endpoint e = {.host = "localhost"};
	struct dial_config c = {.target = &e, .family = AF_INET};
	struct outcome o = {.free_inside = true};
	int fd = listener(AF_INET, 0, 5, &e.port);

	run(&o, &c);
	assert_int_equal(o.err, 0);
	assert_int_equal(check_connected(o.fd), AF_INET);
	close(o.fd);
	close(fd);
}

static void a_name_that_is_none(void **state)
{
	struct endpoint e = {.host = "no..name", .port = 22};
	struct dial_config c = {.target = &e};
	struct outcome o = {0};

	run(&o, &c);
	assert_int_equal(o.err, -ERR_DNS_FAILED);
	assert_int_equal(o.trouble.code, ERR_DNS_FAILED);
	assert_arg(&o.trouble, "host", "no..name");
	assert_arg(&o.trouble, "port", "22");
	assert_arg(&o.trouble, "address", "");
	assert_non_null(trouble_get(&o.trouble, "seconds"));
}

static void refused(void **state)
{
	struct endpoint e = {.host = "127.0.0.1"};
	struct dial_config c = {.target = &e, .timeout_ms = 60000};
	struct outcome o = {.free_inside = true};
	int fd = listener(AF_INET, 0, -1, &e.port);

	run(&o, &c);
	assert_int_equal(o.err, -ERR_CONNECT_REFUSED);
	assert_int_equal(o.fd, -1);
	assert_arg(&o.trouble, "address", "127.0.0.1");
	assert_arg(&o.trouble, "detail", strerror(ECONNREFUSED));
	close(fd);
}

/* IPv6 comes first; where it is refused, IPv4 follows without a wait. */
static void prefers_ipv6(void **state)
{
	struct endpoint e = {.host = ""};
	struct dial_config c = {.target = &e};
	struct outcome o = {0};
	int fds[2];

	if (!listen_both(5, 5, fds, &e.port))
		skip();
	run(&o, &c);
	assert_int_equal(o.err, 0);
	assert_int_equal(check_connected(o.fd), AF_INET6);
	close(o.fd);

	c.family = AF_INET;
	run(&o, &c);
	assert_int_equal(check_connected(o.fd), AF_INET);
	close(o.fd);
	close(fds[0]);
	close(fds[1]);

	c.family = AF_UNSPEC;
	assert_true(listen_both(-1, 5, fds, &e.port));
	run(&o, &c);
	assert_int_equal(check_connected(o.fd), AF_INET);
	close(o.fd);
	close(fds[0]);
	close(fds[1]);

	assert_true(listen_both(-1, -1, fds, &e.port));
	run(&o, &c);
	assert_int_equal(o.err, -ERR_CONNECT_REFUSED);
	close(fds[0]);
	close(fds[1]);
}

/* IPv6 swallows the connection: IPv4 gets its turn all the same. */
static void goes_round_a_black_hole(void **state)
{
	struct endpoint e = {.host = ""};
	struct dial_config c = {.target = &e};
	struct outcome o = {0};
	int fds[2], fillers[FILLERS];
	bool hangs;

	if (!listen_both(0, 5, fds, &e.port))
		skip();
	hangs = fill(AF_INET6, e.port, fillers);
	if (hangs) {
		run(&o, &c);
		assert_int_equal(o.err, 0);
		assert_int_equal(check_connected(o.fd), AF_INET);
		close(o.fd);
	}
	drain(fillers);
	close(fds[0]);
	close(fds[1]);
	if (!hangs)
		skip();
}

static void times_out(void **state)
{
	struct endpoint e = {.host = "127.0.0.1"};
	struct dial_config c = {.target = &e, .timeout_ms = 100};
	struct outcome o = {.free_inside = true};
	int fd = listener(AF_INET, 0, 0, &e.port), fillers[FILLERS];
	bool hangs = fill(AF_INET, e.port, fillers);

	if (hangs) {
		run(&o, &c);
		assert_int_equal(o.err, -ERR_CONNECT_TIMEOUT);
		assert_arg(&o.trouble, "address", "127.0.0.1");
	}
	drain(fillers);
	close(fd);
	if (!hangs)
		skip();
}

/* Freed before the first tick, while resolving, while connecting. */
static void cancelled(void **state)
{
	static char *const hosts[] = {"127.0.0.1", "localhost", "no..name", ""};
	struct outcome o = {0};
	uint16_t port;
	int fd = listener(AF_INET, 0, 0, &port), fillers[FILLERS];

	fill(AF_INET, port, fillers);
	for (size_t i = 0; i < 4; i++)
		for (unsigned turns = 0; turns < 3; turns++) {
			struct endpoint e = {.host = hosts[i], .port = port};
			struct dial_config c = {.target = &e};
			struct dial *d = dial_start(&loop, &c, on_done, &o);

			for (unsigned k = 0; k < turns; k++)
				uv_run(&loop, UV_RUN_NOWAIT);
			o.calls = 0;
			dial_free(d);
			uv_run(&loop, UV_RUN_DEFAULT);
			assert_int_equal(o.calls, 0);
		}
	dial_free(NULL);
	drain(fillers);
	close(fd);
}

static void from_a_bind_address(void **state)
{
	struct endpoint e = {.host = ""};
	struct dial_config c = {.target = &e, .bind_address = "127.0.0.1"};
	struct outcome o = {0};
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	int fd = listener(AF_INET, 0, 5, &e.port);

	run(&o, &c);
	assert_int_equal(o.err, 0);
	getsockname(o.fd, (struct sockaddr *)&name, &len);
	assert_int_equal(ntohl(name.sin_addr.s_addr), INADDR_LOOPBACK);
	close(o.fd);

	c.bind_address = "192.0.2.1"; /* RFC 5737: never ours */
	run(&o, &c);
	assert_int_equal(o.err, -ERR_HOST_UNREACHABLE);
	c.bind_address = "not-an-address";
	run(&o, &c);
	assert_int_equal(o.err, -ERR_INVALID);
	c.bind_address = "127.0.0.1";
	c.family = AF_INET6;
	run(&o, &c);
	assert_int_equal(o.err, -ERR_INVALID);
	close(fd);
}

static void unix_sockets(void **state)
{
	char dir[] = "/tmp/taupe-dial-XXXXXX", *path;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct endpoint e = {0};
	struct dial_config c = {.target = &e};
	struct outcome o = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(mkdtemp(dir));
	e.path = path = mem_printf("%s/s", dir);
	run(&o, &c);
	assert_int_equal(o.err, -ERR_HOST_UNREACHABLE);
	assert_arg(&o.trouble, "host", path);
	assert_arg(&o.trouble, "detail", strerror(ENOENT));

	memcpy(un.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	run(&o, &c);
	assert_int_equal(o.err, -ERR_CONNECT_REFUSED);

	assert_int_equal(listen(fd, 5), 0);
	o.free_inside = true;
	run(&o, &c);
	assert_int_equal(o.err, 0);
	assert_int_equal(check_connected(o.fd), AF_UNIX);
	close(o.fd);

	e.path = mem_zalloc(200, 1);
	memset(e.path, 'x', 199);
	run(&o, &c);
	assert_int_equal(o.err, -ERR_HOST_UNREACHABLE);
	assert_arg(&o.trouble, "detail", strerror(ENAMETOOLONG));
	free(e.path);
	close(fd);
	unlink(path);
	rmdir(dir);
	free(path);
}

/* A Unix socket's full backlog is waited for. */
static void unix_backlog(void **state)
{
	char dir[] = "/tmp/taupe-dial-XXXXXX";
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct endpoint e = {0};
	struct dial_config c = {.target = &e, .timeout_ms = 60};
	struct outcome o = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), full;
	int fillers[FILLERS], accepted;

	assert_non_null(mkdtemp(dir));
	e.path = mem_printf("%s/s", dir);
	memcpy(un.sun_path, e.path, strlen(e.path));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (size_t i = 0; i < FILLERS; i++) {
		fillers[i] = socket(
			AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		full = connect(fillers[i], (struct sockaddr *)&un, sizeof(un));
	}
	assert_int_equal(full, -1);
	assert_int_equal(errno, EAGAIN);
	run(&o, &c);
	assert_int_equal(o.err, -ERR_CONNECT_TIMEOUT);

	c.timeout_ms = 0;
	o = (struct outcome){.fd = -1};
	o.dial = dial_start(&loop, &c, on_done, &o);
	uv_run(&loop, UV_RUN_ONCE);
	while (o.calls == 0) {
		accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		assert_true(accepted >= 0);
		close(accepted);
		uv_run(&loop, UV_RUN_ONCE);
	}
	assert_int_equal(o.err, 0);
	close(o.fd);
	dial_free(o.dial);
	drain(fillers);
	close(fd);
	unlink(e.path);
	rmdir(dir);
	free(e.path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(connects_to_an_address),
		TEST(connects_to_a_name),
		TEST(a_name_that_is_none),
		TEST(refused),
		TEST(prefers_ipv6),
		TEST(goes_round_a_black_hole),
		TEST(times_out),
		TEST(cancelled),
		TEST(from_a_bind_address),
		TEST(unix_sockets),
		TEST(unix_backlog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
