/* taupe status */
#include <stdio.h>

#include "cli/action.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/view.h"

static void count(char ret[HUMAN_MAX], const json_t *status, const char *name)
{
	snprintf(ret, HUMAN_MAX, "%llu",
		(unsigned long long)field_count(status, name));
}

static int print(const json_t *s)
{
	char pid[HUMAN_MAX], up[HUMAN_MAX], servers[HUMAN_MAX];
	char forwards[HUMAN_MAX], connected[HUMAN_MAX], wanted[HUMAN_MAX];
	char errors[HUMAN_MAX], open[HUMAN_MAX], in[HUMAN_MAX], out[HUMAN_MAX];
	char memory[HUMAN_MAX], prompts[HUMAN_MAX];

	count(pid, s, "pid");
	count(servers, s, "servers");
	count(forwards, s, "forwards");
	count(connected, s, "connected");
	count(wanted, s, "wanted");
	count(errors, s, "errors");
	count(open, s, "connections");
	count(prompts, s, "prompts");
	const struct view_line lines[] = {
		{"field.version", field_text(s, "version")},
		{"field.pid", pid},
		{"field.uptime",
			human_duration(up, field_count(s, "uptime_s") * 1000)},
		{"field.state_dir", field_text(s, "state_dir")},
		{"field.socket", field_text(s, "socket")},
		{"field.page", field_text(s, "listen")},
		{"field.servers", servers},
		{"field.forwards", forwards},
		{"field.wanted", wanted},
		{"field.connected", connected},
		{"field.errors", errors},
		{"field.prompts", prompts},
		{"field.connections", open},
		{"table.in",
			human_bytes(in, field_count(s, "bytes_in"), false)},
		{"table.out",
			human_bytes(out, field_count(s, "bytes_out"), false)},
		{"field.memory",
			human_bytes(
				memory, field_count(s, "memory_bytes"), false)},
	};

	view_print_lines(lines, sizeof(lines) / sizeof(lines[0]));
	return 0;
}

static int run(struct client *c, const struct args *a)
{
	json_t *status = NULL;
	int code;

	if (client_get(c, &status, "/status") < 0)
		return client_complain(c);
	code = args_json(a) ? view_print_json(status) : print(status);
	json_decref(status);
	return code;
}

static const struct action actions[] = {
	{"", NULL, 0, 0, ACTION_NO_START, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_status = {.name = "status", .actions = actions};
