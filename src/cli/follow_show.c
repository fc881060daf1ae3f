#include "cli/follow_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalog.h"
#include "base/clean.h"
#include "base/mem.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/term.h"
#include "cli/text.h"
#include "cli/view.h"

#define CLEAR_LINE     "\033[K"
#define CLEAR_BELOW    "\033[J"
#define NAME_MAX_WIDTH 32

struct follow_show {
	bool quiet, live, held;
	struct table_style style;
	unsigned rows;    /* of the terminal */
	unsigned painted; /* lines that stand there */
};

struct follow_show *follow_show_new(bool quiet)
{
	struct follow_show *s = mem_zalloc(1, sizeof(*s));
	unsigned columns;

	s->quiet = quiet;
	s->live = term_is_live(STDOUT_FILENO);
	s->style = table_style_of(STDOUT_FILENO);
	term_size(STDOUT_FILENO, &columns, &s->rows);
	if (s->rows == 0)
		s->rows = 24;
	if (s->style.columns == 0 && s->live)
		s->style.columns = 80;
	return s;
}

void follow_show_free(struct follow_show *s)
{
	free(s);
}

/* "● MySQL  Connected  127.0.0.1:3307 → 127.0.0.1:3306" */
static void put_line(
	const struct follow_show *s, const json_t *forward, struct buf *out)
{
	const char *colour = s->style.colours ? view_colour(forward) : "";
	const char *name = field_text(forward, "name");
	char cleaned[TEXT_MAX], fit[TEXT_MAX];
	char route[TEXT_MAX];
	size_t left, used;

	clean_line(cleaned, sizeof(cleaned), name, strlen(name));
	human_fit(fit, sizeof(fit), cleaned, NAME_MAX_WIDTH, HUMAN_CUT_END);
	used = human_width(fit) + human_width(view_state(forward)) + 6;
	buf_printf(out, "%s%s%s %s  %s%s%s", colour,
		view_dot(forward, &s->style), *colour != '\0' ? "\033[m" : "",
		fit, colour, view_state(forward),
		*colour != '\0' ? "\033[m" : "");
	view_route(forward, s->style.utf8, route, sizeof(route));
	clean_line(cleaned, sizeof(cleaned), route, strlen(route));
	left = s->style.columns > used ? s->style.columns - used : 0;
	if (left > 8)
		buf_printf(out, "  %s",
			human_fit(fit, sizeof(fit), cleaned, left,
				HUMAN_CUT_MIDDLE));
}

static void put_count(const json_t *const *forwards, size_t n, struct buf *out)
{
	char done[16], all[16], text[TEXT_MAX];
	size_t up = 0;

	for (size_t i = 0; i < n; i++)
		up += strcmp(field_text(forwards[i], "state"), "connected") ==
		      0;
	snprintf(done, sizeof(done), "%zu", up);
	snprintf(all, sizeof(all), "%zu", n);
	buf_printf(out, "%s",
		text_format(text, sizeof(text), "cli.count_up", "n", done,
			"all", all, NULL));
}

void follow_show_paint(
	struct follow_show *s, const json_t *const *forwards, size_t n)
{
	struct buf out = BUF_INIT;

	if (s->quiet || !s->live || s->held)
		return;
	if (s->painted != 0)
		buf_printf(&out, "\r\033[%uA", s->painted);
	if (n + 2 > s->rows) {
		put_count(forwards, n, &out);
		buf_printf(&out, CLEAR_LINE "\n");
		s->painted = 1;
	} else {
		for (size_t i = 0; i < n; i++) {
			put_line(s, forwards[i], &out);
			buf_printf(&out, CLEAR_LINE "\n");
		}
		s->painted = (unsigned)n;
	}
	buf_printf(&out, CLEAR_BELOW);
	fwrite(buf_ptr(&out), 1, buf_len(&out), stdout);
	fflush(stdout);
	buf_done(&out);
}

void follow_show_settled(struct follow_show *s, const json_t *forward)
{
	char name[TEXT_MAX], route[TEXT_MAX];

	if (s->quiet || s->live)
		return;
	view_route(forward, s->style.utf8, route, sizeof(route));
	clean_line(route, sizeof(route), route, strlen(route));
	clean_line(name, sizeof(name), field_text(forward, "name"),
		strlen(field_text(forward, "name")));
	printf("%s%s%s  %s\n", name, catalog_get("unit.colon"),
		view_state(forward), route);
	fflush(stdout);
}

void follow_show_hold(struct follow_show *s, bool held)
{
	s->held = held;
	/* What stands there stays; it goes on below the question. */
	if (held)
		s->painted = 0;
}
