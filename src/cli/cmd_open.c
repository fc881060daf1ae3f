/* taupe open: the page, by a login link that works once */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/view.h"

static const struct args_option options[] = {
	{"--print", 'p', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static bool has_screen(void)
{
	static const char *const names[] = {"DISPLAY", "WAYLAND_DISPLAY"};

	for (int i = 0; i < 2; i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && *value != '\0')
			return true;
	}
	return false;
}

/* In a session of its own, as it may stay for as long as its window. */
static bool start(char *const *argv)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid;
	int r;

	if (posix_spawn_file_actions_init(&files) != 0)
		return false;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return false;
	}
	r = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	for (int fd = STDIN_FILENO; r == 0 && fd <= STDERR_FILENO; fd++)
		r = posix_spawn_file_actions_addopen(
			&files, fd, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawnp(&pid, argv[0], &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return r == 0;
}

static bool browse(const char *url)
{
	char *const rows[][4] = {
		{(char *)"xdg-open", (char *)url, NULL, NULL},
		{(char *)"gio", (char *)"open", (char *)url, NULL},
		{(char *)"sensible-browser", (char *)url, NULL, NULL},
	};

	if (!has_screen())
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (start(rows[i]))
			return true;
	return false;
}

static int run(struct client *c, const struct args *a)
{
	json_t *link = NULL;
	const char *url;
	int code = 0;

	if (client_post(c, NULL, &link, "/login-links") < 0)
		return client_complain(c);
	url = field_text(link, "url");
	if (args_json(a)) {
		code = view_print_json(link);
	} else if (args_has(a, "--print")) {
		puts(url);
	} else if (browse(url)) {
		text_complain(catalog_get("cli.opening"));
	} else {
		text_complain(catalog_get("cli.open_yourself"));
		puts(url);
	}
	json_decref(link);
	return code;
}

static const struct action actions[] = {
	{"", options, 0, 0, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_open = {.name = "open", .actions = actions};
