/* taupe completion bash|fish|zsh */
#include <stdio.h>
#include <string.h>

#include "cli/action.h"
#include "cli/completion.h"

static const struct {
	const char *shell;
	void (*make)(struct buf *out);
} scripts[] = {
	{"bash", completion_bash},
	{"fish", completion_fish},
	{"zsh", completion_zsh},
};

static int run(int argc, char **argv)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (argc == 2 && strcmp(argv[1], scripts[i].shell) == 0)
			scripts[i].make(&out);
	if (buf_len(&out) == 0)
		return action_misuse("completion.which", NULL);
	fwrite(buf_ptr(&out), 1, buf_len(&out), stdout);
	buf_done(&out);
	return 0;
}

const struct command cmd_completion = {.name = "completion", .run = run};
