/* taupe shutdown: the daemon ends; what is wanted up comes back with it */
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "cli/action.h"
#include "cli/stream.h"

/* Between its last word and its end: links say goodbye, the store closes. */
#define END_MS 10000

struct ending {
	struct client *client;
	struct stream *stream;
	int code;
};

static void on_message(void *arg, const char *event, const json_t *data)
{
	struct ending *e = arg;

	if (strcmp(event, "hello") != 0 ||
		client_post(e->client, NULL, NULL, "/shutdown") == 0)
		return;
	e->code = client_complain(e->client);
	stream_close(e->stream);
	e->stream = NULL;
}

/* The stream lasts as long as the daemon does. */
static void on_end(void *arg)
{
	struct ending *e = arg;

	stream_close(e->stream);
	e->stream = NULL;
}

/* The daemon's process, or -1. */
static int find_process(struct client *c)
{
	json_t *status;
	int pid;

	if (client_get(c, &status, "/status") < 0)
		return -1;
	pid = (int)json_integer_value(json_object_get(status, "pid"));
	json_decref(status);
	return pid > 0 ? pidfd_open(pid, 0) : -1;
}

static int run(struct client *c, const struct args *a)
{
	struct ending e = {.client = c};
	struct pollfd process = {.events = POLLIN};
	uv_loop_t loop;

	if (uv_loop_init(&loop) < 0)
		return EXIT_CODE_OTHER;
	process.fd = find_process(c);
	e.stream = stream_open(&loop, client_socket(c), on_message, on_end, &e);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (process.fd >= 0) {
		if (e.code == 0)
			poll(&process, 1, END_MS);
		close(process.fd);
	}
	return e.code;
}

static const struct action actions[] = {
	{"", NULL, 0, 0, ACTION_NO_START, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_shutdown = {.name = "shutdown", .actions = actions};
