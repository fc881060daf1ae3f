/* tunnel/listener, with real sockets on the loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "scratch.h"
#include "tunnel/listen_trouble.h"
#include "tunnel/listener.h"
#include "tunnel/port_holder.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

/* The most that this program may have open, so that it can run out of them. */
#define FEW_FILES 256
#define RESERVE   16 /* descriptors that no client gets */

struct fixture {
	uv_loop_t loop;
	struct listener *listener;
	unsigned accepted;
	int family;   /* of the last peer */
	int keep[16]; /* descriptors that were not closed at once */
	size_t n_keep, want_keep;
	int fill[FEW_FILES];
	size_t n_fill;
	bool free_in_callback;
};

static const struct listener_options plain = {.mask = 0177};

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	struct fixture *f = arg;

	f->accepted++;
	f->family = peer->ss_family;
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	if (f->n_keep < f->want_keep)
		f->keep[f->n_keep++] = fd;
	else
		close(fd);
	if (f->free_in_callback) {
		listener_free(f->listener);
		f->listener = NULL;
	}
}

static int setup(void **state)
{
	struct fixture *f = mem_zalloc(1, sizeof(*f));

	*state = f;
	return uv_loop_init(&f->loop);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int err;

	listener_free(f->listener);
	while (f->n_keep > 0)
		close(f->keep[--f->n_keep]);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	err = uv_loop_close(&f->loop);
	free(f);
	return err;
}

static void listen_at(struct fixture *f, const char *host, uint16_t port)
{
	const struct endpoint at = {.host = (char *)host, .port = port};
	struct trouble trouble = {0};
	char text[512];

	f->listener =
		listener_new(&f->loop, &at, &plain, on_accept, f, &trouble);
	trouble_text(&trouble, text, sizeof(text));
	if (f->listener == NULL)
		fail_msg("%s", text);
}

static int connect_to(int family, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = in6addr_loopback};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = family == AF_INET
			  ? connect(fd, (struct sockaddr *)&in, sizeof(in))
			  : connect(fd, (struct sockaddr *)&in6, sizeof(in6));

	if (err == 0)
		return fd;
	close(fd);
	return -1;
}

static bool have_ipv6(void)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool have =
		fd >= 0 && bind(fd, (struct sockaddr *)&in6, sizeof(in6)) == 0;

	if (fd >= 0)
		close(fd);
	return have;
}

static void run_until(struct fixture *f, unsigned accepted)
{
	while (f->accepted < accepted)
		uv_run(&f->loop, UV_RUN_ONCE);
}

static void one_port_for_both_families(void **state)
{
	static const char *const hosts[] = {"localhost", ""};
	struct fixture *f = *state;
	char text[64], want[64];

	for (size_t i = 0; i < ROWS(hosts); i++) {
		uint16_t port;

		f->accepted = 0;
		listen_at(f, hosts[i], 0);
		port = listener_port(f->listener);
		assert_int_not_equal(port, 0);
		close(connect_to(AF_INET, port));
		run_until(f, 1);
		assert_int_equal(f->family, AF_INET);
		if (have_ipv6()) {
			close(connect_to(AF_INET6, port));
			run_until(f, 2);
			assert_int_equal(f->family, AF_INET6);
		}
		listener_text(f->listener, text, sizeof(text));
		snprintf(want, sizeof(want), "%s:%u",
			i == 0 ? "localhost" : "*", port);
		assert_string_equal(text, want);
		listener_free(f->listener);
		f->listener = NULL;
		/* Free at once, without the loop's help. */
		assert_int_equal(connect_to(AF_INET, port), -1);
		listen_at(f, hosts[i], port);
		listener_free(f->listener);
		f->listener = NULL;
	}
}

static void one_address_is_that_address(void **state)
{
	struct fixture *f = *state;
	uint16_t port;

	listen_at(f, "127.0.0.1", 0);
	port = listener_port(f->listener);
	close(connect_to(AF_INET, port));
	run_until(f, 1);
	assert_int_equal(connect_to(AF_INET6, port), -1);
	assert_int_equal(errno, ECONNREFUSED);
}

static void the_holder_of_a_port_is_named(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "", "localhost"};
	struct fixture *f = *state;
	struct endpoint at = {0};
	char me[64], comm[32], text[256];
	struct trouble trouble;
	FILE *file = fopen("/proc/self/comm", "r");

	assert_non_null(fgets(comm, sizeof(comm), file));
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(me, sizeof(me), "%s (pid %d)", comm, (int)getpid());
	listen_at(f, "localhost", 0);
	at.port = listener_port(f->listener);
	for (size_t i = 0; i < ROWS(hosts); i++) {
		long next;

		at.host = (char *)hosts[i];
		assert_null(listener_new(
			&f->loop, &at, &plain, on_accept, f, &trouble));
		assert_int_equal(trouble.code, ERR_PORT_IN_USE);
		assert_string_equal(trouble_get(&trouble, "holder"), me);
		endpoint_text(&at, text, sizeof(text));
		assert_string_equal(trouble_get(&trouble, "address"), text);
		next = strtol(trouble_get(&trouble, "next"), NULL, 10);
		assert_int_not_equal(next, at.port);
		assert_in_range(next, 1, UINT16_MAX);
		trouble_text(&trouble, text, sizeof(text));
		assert_non_null(strstr(text, me));
		assert_null(strchr(text, '?'));
	}
	assert_null(listener_new(&f->loop, &at, &plain, on_accept, f, NULL));
}

static void a_port_of_one_family_counts(void **state)
{
	struct fixture *f = *state;
	struct endpoint at = {.host = "localhost"};
	struct trouble trouble;

	if (!have_ipv6())
		skip();
	listen_at(f, "::1", 0);
	at.port = listener_port(f->listener);
	assert_null(
		listener_new(&f->loop, &at, &plain, on_accept, f, &trouble));
	assert_int_equal(trouble.code, ERR_PORT_IN_USE);
	assert_non_null(strstr(trouble_get(&trouble, "holder"), "(pid "));
	/* Nothing was left behind in the other family. */
	assert_int_equal(connect_to(AF_INET, at.port), -1);
}

static void a_holder_out_of_sight_has_no_name(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr.s_addr = htonl(0x7fedcba9)};
	struct trouble trouble;

	(void)state;
	assert_int_equal(listen_trouble_in_use(&trouble, "127.237.203.169:1",
				 (struct sockaddr *)&in, 2),
		-ERR_PORT_IN_USE);
	assert_string_equal(trouble_get(&trouble, "holder"), "another program");
	assert_string_equal(trouble_get(&trouble, "next"), "2");
}

static void foreign_addresses_are_refused(void **state)
{
	static const char *const hosts[] = {
		"192.0.2.1", "2001:db8::1", "no-such-host.invalid"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ROWS(hosts); i++) {
		const struct endpoint at = {.host = (char *)hosts[i]};
		struct trouble trouble;

		assert_null(listener_new(
			&f->loop, &at, &plain, on_accept, f, &trouble));
		assert_int_equal(trouble.code, ERR_LISTEN_FAILED);
		assert_non_null(trouble_get(&trouble, "address"));
		assert_string_equal(trouble_get(&trouble, "detail"),
			"this machine has no such address");
	}
}

/* In a child, which gives up root's rights for good. */
static void low_ports_want_a_right(void **state)
{
	unsigned first = listen_trouble_first_port();
	struct fixture *f = *state;
	int status;
	pid_t pid;

	if (first <= 1)
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct endpoint at = {
			.host = "127.0.0.1", .port = (uint16_t)(first - 1)};
		struct trouble trouble = {0};
		const char *right;

		if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(2);
		if (listener_new(&f->loop, &at, &plain, on_accept, f,
			    &trouble) != NULL ||
			trouble.code != ERR_PORT_NOT_PERMITTED)
			_exit(3);
		right = trouble_get(&trouble, "right");
		_exit(strstr(right, "CAP_NET_BIND_SERVICE") != NULL &&
					strstr(right,
						"ip_unprivileged_port_start") !=
						NULL
				? 0
				: 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void clients_that_close_at_once(void **state)
{
	const struct linger abort_at_close = {.l_onoff = 1};
	struct fixture *f = *state;
	uint16_t port;
	int fd;

	listen_at(f, "127.0.0.1", 0);
	port = listener_port(f->listener);
	for (unsigned i = 0; i < 600; i++) {
		fd = connect_to(AF_INET, port);
		assert_true(fd >= 0);
		if (i % 2 != 0)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_at_close,
				sizeof(abort_at_close));
		close(fd);
		if (i % 100 == 0)
			uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	run_until(f, 600);
	assert_int_equal(f->accepted, 600);
	fd = connect_to(AF_INET, port);
	assert_true(fd >= 0);
	run_until(f, 601);
	close(fd);
}

static void a_flood_leaves_the_loop_its_turn(void **state)
{
	struct fixture *f = *state;

	listen_at(f, "127.0.0.1", 0);
	for (unsigned i = 0; i < 200; i++)
		close(connect_to(AF_INET, listener_port(f->listener)));
	uv_run(&f->loop, UV_RUN_ONCE);
	assert_in_range(f->accepted, 1, 199);
	run_until(f, 200);
}

/* Uses all descriptors up but `left`. */
static void starve(struct fixture *f)
{
	int fd;

	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) {
		assert_true(f->n_fill < ROWS(f->fill));
		f->fill[f->n_fill++] = fd;
	}
	assert_int_equal(errno, EMFILE);
}

/* Frees the descriptors from `first` on; some may be others'. */
static void give_back(struct fixture *f, int first)
{
	while (f->n_fill > 0 && f->fill[f->n_fill - 1] >= first)
		close(f->fill[--f->n_fill]);
}

static void a_lack_of_descriptors_passes(void **state)
{
	struct fixture *f = *state;
	int client[4];

	f->want_keep = 4;
	listen_at(f, "127.0.0.1", 0);
	for (int i = 0; i < 4; i++) {
		client[i] = connect_to(AF_INET, listener_port(f->listener));
		assert_true(client[i] >= 0);
	}
	starve(f);
	give_back(f, FEW_FILES - RESERVE - 1);
	while (!listener_is_paused(f->listener))
		uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->accepted, 1);

	/* One comes back, and is one client's; the last ones never are. */
	close(f->keep[--f->n_keep]);
	run_until(f, 2);
	assert_true(listener_is_paused(f->listener));

	give_back(f, 0);
	run_until(f, 4);
	assert_false(listener_is_paused(f->listener));
	for (int i = 0; i < 4; i++)
		close(client[i]);
}

static void a_paused_listener_can_go(void **state)
{
	struct fixture *f = *state;
	int fd;

	listen_at(f, "127.0.0.1", 0);
	fd = connect_to(AF_INET, listener_port(f->listener));
	starve(f);
	while (!listener_is_paused(f->listener))
		uv_run(&f->loop, UV_RUN_ONCE);
	listener_free(f->listener);
	f->listener = NULL;
	give_back(f, 0);
	close(fd);
}

static void the_callback_may_free_the_listener(void **state)
{
	struct fixture *f = *state;
	int fd[2];

	f->free_in_callback = true;
	listen_at(f, "localhost", 0);
	for (int i = 0; i < 2; i++)
		fd[i] = connect_to(AF_INET, listener_port(f->listener));
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->accepted, 1);
	close(fd[0]);
	close(fd[1]);
}

/* ---- Unix sockets ---- */

static struct listener *listen_path(struct fixture *f, const char *path,
	unsigned mask, bool unlink_first, struct trouble *trouble)
{
	const struct endpoint at = {.path = (char *)path};
	const struct listener_options options = {
		.mask = mask,
		.unlink_first = unlink_first,
	};

	return listener_new(&f->loop, &at, &options, on_accept, f, trouble);
}

static int connect_path(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void leave_dead_socket(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
}

static void a_socket_file_has_its_mode_and_goes(void **state)
{
	static const unsigned masks[] = {0177, 0117, 0111, 0};
	struct fixture *f = *state;
	char text[64];
	struct stat st;
	mode_t old = umask(0027);

	for (size_t i = 0; i < ROWS(masks); i++) {
		int fd;

		f->accepted = 0;
		f->listener = listen_path(f, "s.sock", masks[i], false, NULL);
		assert_non_null(f->listener);
		assert_int_equal(listener_port(f->listener), 0);
		listener_text(f->listener, text, sizeof(text));
		assert_string_equal(text, "s.sock");
		assert_int_equal(lstat("s.sock", &st), 0);
		assert_true(S_ISSOCK(st.st_mode));
		assert_int_equal(st.st_mode & 0777, 0777 & ~masks[i]);
		fd = connect_path("s.sock");
		assert_true(fd >= 0);
		run_until(f, 1);
		assert_int_equal(f->family, AF_UNIX);
		close(fd);
		listener_free(f->listener);
		f->listener = NULL;
		assert_int_equal(lstat("s.sock", &st), -1);
	}
	umask(old);
}

static void another_s_file_stays(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	f->listener = listen_path(f, "moved.sock", 0177, false, NULL);
	assert_non_null(f->listener);
	assert_int_equal(rename("moved.sock", "elsewhere.sock"), 0);
	leave_dead_socket("moved.sock");
	listener_free(f->listener);
	f->listener = NULL;
	assert_int_equal(lstat("moved.sock", &st), 0);
	unlink("moved.sock");
	unlink("elsewhere.sock");
}

static void a_dead_socket_is_told_from_a_live_one(void **state)
{
	struct fixture *f = *state;
	struct trouble trouble;
	struct stat st;
	char pid[32];

	leave_dead_socket("d.sock");
	assert_null(listen_path(f, "d.sock", 0177, false, &trouble));
	assert_int_equal(trouble.code, ERR_LISTEN_FAILED);
	assert_non_null(strstr(
		trouble_get(&trouble, "detail"), "StreamLocalBindUnlink=yes"));
	f->listener = listen_path(f, "d.sock", 0177, true, &trouble);
	assert_non_null(f->listener);

	assert_null(listen_path(f, "d.sock", 0177, true, &trouble));
	assert_int_equal(trouble.code, ERR_LISTEN_FAILED);
	snprintf(pid, sizeof(pid), "(pid %d)", (int)getpid());
	assert_non_null(strstr(trouble_get(&trouble, "detail"), pid));
	assert_int_equal(lstat("d.sock", &st), 0);

	scratch_write("file", "precious", 8);
	assert_null(listen_path(f, "file", 0177, true, &trouble));
	assert_non_null(
		strstr(trouble_get(&trouble, "detail"), "not a socket"));
	assert_int_equal(lstat("file", &st), 0);

	assert_null(listen_path(f, "no/s.sock", 0177, true, &trouble));
	assert_non_null(strstr(trouble_get(&trouble, "detail"), "folder"));
}

static void long_paths_are_refused(void **state)
{
	struct fixture *f = *state;
	struct trouble trouble;
	char path[200];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(listen_path(f, path, 0177, true, &trouble));
	assert_int_equal(trouble.code, ERR_LISTEN_FAILED);
	assert_non_null(strstr(trouble_get(&trouble, "detail"), "107"));
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOP(one_port_for_both_families),
		WITH_LOOP(one_address_is_that_address),
		WITH_LOOP(the_holder_of_a_port_is_named),
		WITH_LOOP(a_port_of_one_family_counts),
		WITH_LOOP(a_holder_out_of_sight_has_no_name),
		WITH_LOOP(foreign_addresses_are_refused),
		WITH_LOOP(low_ports_want_a_right),
		WITH_LOOP(clients_that_close_at_once),
		WITH_LOOP(a_flood_leaves_the_loop_its_turn),
		WITH_LOOP(a_lack_of_descriptors_passes),
		WITH_LOOP(a_paused_listener_can_go),
		WITH_LOOP(the_callback_may_free_the_listener),
		WITH_LOOP(a_socket_file_has_its_mode_and_goes),
		WITH_LOOP(another_s_file_stays),
		WITH_LOOP(a_dead_socket_is_told_from_a_live_one),
		WITH_LOOP(long_paths_are_refused),
	};

	struct rlimit few;

	catalog_set_lang(LANG_EN);
	if (getrlimit(RLIMIT_NOFILE, &few) != 0)
		return 1;
	few.rlim_cur = FEW_FILES;
	if (setrlimit(RLIMIT_NOFILE, &few) != 0)
		return 1;
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
