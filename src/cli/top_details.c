#include "cli/top_details.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "base/clean.h"
#include "base/mem.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/problem.h"
#include "cli/text.h"
#include "cli/view.h"

/* Broken at spaces; a word that is wider than the terminal is left to be
 * cut. */
static void put_wrapped(const char *text, unsigned columns, struct buf *out)
{
	char word[TEXT_MAX];
	size_t at = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " "), width;

		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		width = human_width(word);
		if (at != 0 && at + 1 + width > columns) {
			buf_put(out, "\n", 1);
			at = 0;
		}
		buf_printf(out, "%s%s", at != 0 ? " " : "", word);
		at += width + (at != 0);
		text += n;
		text += strspn(text, " ");
	}
	buf_put(out, "\n", 1);
}

/* "Name: value", the value made safe. */
static void put_field(
	const char *key, const char *value, unsigned columns, struct buf *out)
{
	char cleaned[TEXT_MAX];
	char *line;

	if (*value == '\0')
		return;
	clean_line(cleaned, sizeof(cleaned), value, strlen(value));
	line = mem_printf(
		"%s%s%s", catalog_get(key), catalog_get("unit.colon"), cleaned);
	put_wrapped(line, columns, out);
	free(line);
}

static void put_problem(const char *key, const json_t *problem,
	unsigned columns, struct buf *out)
{
	struct buf text = BUF_INIT;
	char when[HUMAN_MAX];

	if (problem == NULL)
		return;
	view_time(problem, "at", when, sizeof(when));
	buf_printf(&text, "%s%s", when, *when != '\0' ? "  " : "");
	problem_text(problem, &text);
	buf_put_u8(&text, 0);
	buf_put(out, "\n", 1);
	put_field(key, (const char *)buf_ptr(&text), columns, out);
	buf_done(&text);
}

static void put_numbers(
	const json_t *f, const struct table_style *style, struct buf *out)
{
	char text[TEXT_MAX], n[HUMAN_MAX], in[HUMAN_MAX], bytes_out[HUMAN_MAX];
	char rate_in[HUMAN_MAX], rate_out[HUMAN_MAX];

	snprintf(n, sizeof(n), "%llu",
		(unsigned long long)field_count(f, "connections"));
	text_format(text, sizeof(text), "table.numbers", "n", n, "in",
		human_bytes(in, field_count(f, "bytes_in"), false), "rate_in",
		human_rate(rate_in, field_count(f, "rate_in"), false), "out",
		human_bytes(bytes_out, field_count(f, "bytes_out"), false),
		"rate_out",
		human_rate(rate_out, field_count(f, "rate_out"), false), NULL);
	put_wrapped(text, style->columns, out);
}

void top_details_make(
	const json_t *forward, const struct table_style *style, struct buf *out)
{
	const json_t *error = field_object(forward, "error");
	const json_t *target = field_object(forward, "last_target_error");
	char text[TEXT_MAX];

	if (forward == NULL) {
		put_wrapped(catalog_get("cli.removed_meanwhile"),
			style->columns, out);
		return;
	}
	put_field(
		"field.name", field_text(forward, "name"), style->columns, out);
	put_field("field.state", view_state(forward), style->columns, out);
	put_field("field.since",
		view_time(forward, "since", text, sizeof(text)), style->columns,
		out);
	put_field("field.type", view_type(forward), style->columns, out);
	put_field("field.route",
		view_route(forward, style->utf8, text, sizeof(text)),
		style->columns, out);
	put_field("field.server", field_text(forward, "server"), style->columns,
		out);
	put_numbers(forward, style, out);
	put_field("field.next_try",
		view_time(forward, "next_try_at", text, sizeof(text)),
		style->columns, out);
	put_problem("field.error", error, style->columns, out);
	put_problem("top.last_target", target, style->columns, out);
	if (error == NULL && target == NULL) {
		buf_put(out, "\n", 1);
		put_wrapped(catalog_get("top.no_error"), style->columns, out);
	}
}
