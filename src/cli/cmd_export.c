/* taupe export ssh|json */
#include <stdio.h>

#include "cli/action.h"

static int print(struct client *c, const char *path)
{
	struct buf text = BUF_INIT;
	size_t n;

	if (client_fetch(c, path, &text) < 0)
		return client_complain(c);
	n = buf_len(&text);
	fwrite(buf_ptr(&text), 1, n, stdout);
	if (n != 0 && buf_ptr(&text)[n - 1] != '\n')
		putchar('\n');
	buf_done(&text);
	return 0;
}

static int run_ssh(struct client *c, const struct args *a)
{
	return print(c, "/export?format=ssh");
}

static int run_json(struct client *c, const struct args *a)
{
	return print(c, "/export?format=json");
}

static const struct action actions[] = {
	{"json", NULL, 0, 0, 0, run_json},
	{"ssh", NULL, 0, 0, 0, run_ssh},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_export = {.name = "export", .actions = actions};
