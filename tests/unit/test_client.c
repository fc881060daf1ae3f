/*
 * The client and the live stream against a small HTTP server on a thread, which
 * gives the answers that a test wants and keeps what it was asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/catalog.h"
#include "cli/client.h"
#include "cli/exit_code.h"
#include "cli/field.h"
#include "cli/problem.h"
#include "cli/stream.h"

static char folder[] = "/tmp/taupe-client-XXXXXX";
static char path[64];
static int listener = -1;
static pthread_t thread;
static const char *const *answers; /* one a connection; NULL ends them */
static char asked[8192];

/* The head and as much of a body as it says. */
static void read_request(int fd)
{
	size_t have = 0, want = sizeof(asked) - 1;
	ssize_t n;

	while (have < want &&
		(n = read(fd, asked + have, sizeof(asked) - 1 - have)) > 0) {
		const char *end, *length;

		have += (size_t)n;
		asked[have] = '\0';
		end = strstr(asked, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(asked, "content-length:");
		want = (size_t)(end - asked) + 4 +
		       (length != NULL ? strtoul(length + 15, NULL, 10) : 0);
	}
}

static void *serve(void *arg)
{
	for (const char *const *answer = answers; *answer != NULL; answer++) {
		int fd = accept(listener, NULL, NULL);

		read_request(fd);
		if (write(fd, *answer, strlen(*answer)) < 0)
			perror("write");
		close(fd);
	}
	return NULL;
}

static void serves(const char *const *list)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	answers = list;
	memcpy(at.sun_path, path, strlen(path) + 1);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void served(void)
{
	pthread_join(thread, NULL);
	close(listener);
	unlink(path);
}

#define HEAD(status, length)                                                   \
	"HTTP/1.1 " status "\r\nConnection: close\r\n"                         \
	"Content-Type: application/json\r\nContent-Length: " length "\r\n\r\n"

static void an_answer_is_json(void **state)
{
	static const char *const list[] = {
		HEAD("200 OK", "8") "{\"id\":5}", NULL};
	struct client *c = client_new(path);
	json_t *json = NULL;

	setenv("http_proxy", "http://127.0.0.1:9", 1);
	serves(list);
	assert_int_equal(client_get(c, &json, "/forwards/%d?x=%s", 5, "y"), 0);
	served();
	assert_int_equal(field_int(json, "id"), 5);
	assert_non_null(
		strstr(asked, "GET /api/v1/forwards/5?x=y HTTP/1.1\r\n"));
	assert_non_null(strcasestr(asked, "\r\naccept-language: fr\r\n"));
	json_decref(json);
	client_free(c);
}

static void a_body_is_sent(void **state)
{
	static const char *const list[] = {HEAD("201 Created", "2") "{}",
		HEAD("204 No Content", "0"), HEAD("202 Accepted", "2") "{}",
		NULL};
	struct client *c = client_new(path);
	struct buf body = BUF_INIT;

	serves(list);
	assert_int_equal(
		client_post(c, json_pack("{s:i}", "a", 1), NULL, "/forwards"),
		0);
	assert_non_null(
		strcasestr(asked, "content-type: application/json\r\n"));
	assert_non_null(strstr(asked, "\r\n\r\n{\"a\":1}"));
	assert_null(strcasestr(asked, "expect:"));
	buf_printf(&body, "{\"value\":\"s\"}");
	assert_int_equal(
		client_send(c, "PUT", "/servers/1/secrets", &body, NULL), 0);
	assert_non_null(strstr(asked, "PUT /api/v1/servers/1/secrets "));
	assert_non_null(strstr(asked, "{\"value\":\"s\"}"));
	/* Without a body, and still a POST. */
	assert_int_equal(client_post(c, NULL, NULL, "/forwards/1/start"), 0);
	assert_non_null(strstr(asked, "POST /api/v1/forwards/1/start "));
	assert_non_null(strcasestr(asked, "content-length: 0\r\n"));
	served();
	buf_done(&body);
	client_free(c);
}

static void problems_come_as_codes(void **state)
{
	static const char *const list[] = {
		HEAD("409 Conflict", "60") "{\"code\":\"still_running\","
					   "\"detail\":\"It runs.\","
					   "\"offer\":\"Stop.\"}",
		HEAD("500 Oops", "6") "<html>", HEAD("200 OK", "6") "<html>",
		"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut",
		"not HTTP at all", NULL};
	static const int codes[] = {ERR_RUNNING, ERR_INTERNAL, ERR_PROTOCOL,
		ERR_DAEMON_ABSENT, ERR_DAEMON_ABSENT};
	struct client *c = client_new(path);
	json_t *json = NULL;

	serves(list);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_int_equal(client_get(c, &json, "/x"), -codes[i]);
		assert_int_equal(problem_code(client_problem(c)), codes[i]);
	}
	served();
	assert_int_equal(client_get(c, &json, "/x"), -ERR_DAEMON_ABSENT);
	assert_null(json);
	client_free(c);
}

/* ---- the stream ---- */

struct reader {
	struct stream *stream;
	char seen[256];
	const char *close_at; /* an event's name, or NULL */
	unsigned ends;
};

static void on_message(void *arg, const char *event, const json_t *data)
{
	struct reader *r = arg;
	size_t at = strlen(r->seen);

	snprintf(r->seen + at, sizeof(r->seen) - at, "%s %lld;", event,
		(long long)field_int(data, "id"));
	if (r->close_at != NULL && strcmp(event, r->close_at) == 0)
		stream_close(r->stream);
}

static void on_end(void *arg)
{
	struct reader *r = arg;

	r->ends++;
	stream_close(r->stream);
}

#define STREAM                                                                 \
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"               \
	"Connection: close\r\n\r\n"

static struct reader read_stream(const char *answer, const char *close_at)
{
	const char *list[] = {answer, NULL};
	struct reader r = {.close_at = close_at};
	struct client *c = client_new(path);
	uv_loop_t loop;

	serves(list);
	uv_loop_init(&loop);
	r.stream = stream_open(&loop, path, on_message, on_end, &r);
	assert_non_null(r.stream);
	uv_run(&loop, UV_RUN_DEFAULT);
	served();
	assert_int_equal(uv_loop_close(&loop), 0);
	client_free(c);
	return r;
}

static void a_stream_is_read_to_its_end(void **state)
{
	struct reader r = read_stream(STREAM
		"event: hello\ndata: {\"id\":1}\n\n: .\n\n"
		"event: forward\ndata: {\"id\":2}\n\n"
		"event: bad\ndata: {\"id\"\n\nevent: cut\ndata: {}",
		NULL);

	assert_string_equal(r.seen, "hello 1;forward 2;");
	assert_int_equal(r.ends, 1);
	assert_non_null(strstr(asked, "GET /api/v1/stream?lang=fr "));
}

static void a_stream_is_closed_from_inside(void **state)
{
	struct reader r =
		read_stream(STREAM "event: hello\ndata: {\"id\":1}\n\n"
				   "event: forward\ndata: {\"id\":2}\n\n",
			"hello");

	assert_string_equal(r.seen, "hello 1;");
	assert_int_equal(r.ends, 0);
}

static void a_stream_that_is_refused_ends(void **state)
{
	struct reader r = read_stream(HEAD("503 Busy", "2") "{}", NULL);

	assert_string_equal(r.seen, "");
	assert_int_equal(r.ends, 1);
}

static int make_folder(void **state)
{
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", folder);
	catalog_set_lang(LANG_FR);
	return 0;
}

static int remove_folder(void **state)
{
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_json),
		cmocka_unit_test(a_body_is_sent),
		cmocka_unit_test(problems_come_as_codes),
		cmocka_unit_test(a_stream_is_read_to_its_end),
		cmocka_unit_test(a_stream_is_closed_from_inside),
		cmocka_unit_test(a_stream_that_is_refused_ends),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
