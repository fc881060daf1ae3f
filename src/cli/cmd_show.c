/* taupe show NAME */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/pick.h"
#include "cli/view.h"

static void join_tags(const json_t *forward, char *ret, size_t size)
{
	const json_t *one;
	size_t i, at = 0;

	*ret = '\0';
	json_array_foreach(json_object_get(forward, "tags"), i, one)
	{
		if (at < size)
			snprintf(ret + at, size - at, "%s%s",
				i != 0 ? ", " : "", json_string_value(one));
		at = strlen(ret);
	}
}

static const char *yes_if(bool is_so)
{
	return is_so ? catalog_get("prompt.yes") : "";
}

static int print(const json_t *f)
{
	char tags[512], since[HUMAN_MAX], error[TEXT_MAX], next[HUMAN_MAX];
	char in[HUMAN_MAX], out[HUMAN_MAX], open[HUMAN_MAX],
		rtt[HUMAN_MAX] = "";
	char id[HUMAN_MAX];

	join_tags(f, tags, sizeof(tags));
	snprintf(id, sizeof(id), "%lld", (long long)field_int(f, "id"));
	snprintf(open, sizeof(open), "%llu (%llu)",
		(unsigned long long)field_count(f, "connections"),
		(unsigned long long)field_count(f, "connections_total"));
	if (field_count(f, "rtt_us") != 0)
		human_rtt(rtt, (uint32_t)field_count(f, "rtt_us"));
	const struct view_line lines[] = {
		{"field.name", field_text(f, "name")},
		{"field.id", id},
		{"field.state", view_state(f)},
		{"field.since", view_time(f, "since", since, sizeof(since))},
		{"field.error", view_trouble(f, error, sizeof(error))},
		{"field.next_try",
			view_time(f, "next_try_at", next, sizeof(next))},
		{"field.type", view_type(f)},
		{"field.server", field_text(f, "server")},
		{"field.local", view_local(f)},
		{"field.remote", view_remote(f)},
		{"field.connections", open},
		{"table.in",
			human_bytes(in, field_count(f, "bytes_in"), false)},
		{"table.out",
			human_bytes(out, field_count(f, "bytes_out"), false)},
		{"field.rtt", rtt},
		{"field.tags", tags},
		{"field.autostart", yes_if(field_true(f, "autostart"))},
		{"field.lazy", yes_if(field_true(f, "lazy"))},
		{"field.allow", field_text(f, "allow")},
		{"field.note", field_text(f, "note")},
		{"field.ssh", field_text(f, "ssh_command")},
	};

	view_print_lines(lines, sizeof(lines) / sizeof(lines[0]));
	return 0;
}

static int run(struct client *c, const struct args *a)
{
	json_t *forward = NULL;
	int code = pick_forward(c, a->words[0], &forward);

	if (code == 0)
		code = args_json(a) ? view_print_json(forward) : print(forward);
	json_decref(forward);
	return code;
}

static const struct action actions[] = {
	{"", NULL, 1, 1, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_show = {.name = "show", .actions = actions};
