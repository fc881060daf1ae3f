/* taupe shutdown: the daemon ends; what is wanted up comes back with it */
#include <string.h>

#include "cli/action.h"
#include "cli/stream.h"

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

static int run(struct client *c, const struct args *a)
{
	struct ending e = {.client = c};
	uv_loop_t loop;

	if (uv_loop_init(&loop) < 0)
		return EXIT_CODE_OTHER;
	e.stream = stream_open(&loop, client_socket(c), on_message, on_end, &e);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return e.code;
}

static const struct action actions[] = {
	{"", NULL, 0, 0, ACTION_NO_START, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_shutdown = {.name = "shutdown", .actions = actions};
