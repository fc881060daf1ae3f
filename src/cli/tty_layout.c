#include "cli/tty_layout.h"

#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "base/clean.h"
#include "cli/human.h"

/* What is given up as the terminal gets narrower; the first that fits is
 * taken, and the last one in any case. */
static const struct tty_plan plans[] = {
	/* route_min, type, letter, state, numbers, rates, brief, two_lines */
	{TTY_CELL_MAX, true, false, true, true, true, false, false},
	{TTY_CELL_MAX, true, false, true, true, true, true, false},
	{TTY_CELL_MAX, true, true, true, true, true, true, false},
	{TTY_CELL_MAX, true, false, true, false, false, false, true},
	{20, true, true, true, false, false, true, true},
	{24, true, true, true, true, false, true, false},
	{20, false, false, true, true, false, true, false},
	{14, false, false, false, true, false, true, false},
	{1, false, false, false, false, false, true, false},
};
#define PLANS (sizeof(plans) / sizeof(plans[0]))

const char *tty_layout_state(enum tunnel_state state)
{
	char key[64];

	snprintf(key, sizeof(key), "state.%s", tunnel_state_name(state));
	return catalog_get(key);
}

static void type_cell(const struct run_forward *f, const struct tty_plan *plan,
	char ret[TTY_CELL_MAX])
{
	/* ssh's letters, in every language. */
	static const char *const letters[] = {
		[FORWARD_LOCAL] = "L",
		[FORWARD_REMOTE] = "R",
		[FORWARD_DYNAMIC] = "D",
	};
	char key[64];

	snprintf(key, sizeof(key), "type.%s", forward_type_name(f->spec->type));
	snprintf(ret, TTY_CELL_MAX, "%s",
		plan->letter ? letters[f->spec->type] : catalog_get(key));
}

/* Without the letters that a peer's text could turn into commands. */
void tty_layout_clean(char ret[TTY_CELL_MAX], const char *text)
{
	clean_line(ret, TTY_CELL_MAX, text, strlen(text));
}

static void rate_cell(uint64_t rate, bool brief, char ret[TTY_CELL_MAX])
{
	char text[HUMAN_MAX] = "";

	if (rate != 0)
		human_rate(text, rate, brief);
	snprintf(ret, TTY_CELL_MAX, "%s", text);
}

void tty_layout_cell(const struct run_forward *f, enum tty_column column,
	const struct tty_plan *plan, char ret[TTY_CELL_MAX])
{
	char text[HUMAN_MAX], route[TTY_CELL_MAX];

	*ret = '\0';
	switch (column) {
	case TTY_COLUMN_TYPE:
		type_cell(f, plan, ret);
		break;
	case TTY_COLUMN_ROUTE:
		run_state_route(f, route, sizeof(route));
		tty_layout_clean(ret, route);
		break;
	case TTY_COLUMN_STATE:
		snprintf(ret, TTY_CELL_MAX, "%s", tty_layout_state(f->state));
		break;
	case TTY_COLUMN_CONNECTIONS:
		snprintf(ret, TTY_CELL_MAX, "%u", (unsigned)f->connections);
		break;
	case TTY_COLUMN_IN:
	case TTY_COLUMN_OUT:
		snprintf(ret, TTY_CELL_MAX, "%s",
			human_bytes(text,
				column == TTY_COLUMN_IN ? f->bytes_in
							: f->bytes_out,
				plan->brief));
		break;
	case TTY_COLUMN_RATE_IN:
		rate_cell(f->rate_in, plan->brief, ret);
		break;
	case TTY_COLUMN_RATE_OUT:
		rate_cell(f->rate_out, plan->brief, ret);
		break;
	case TTY_COLUMNS:
		break;
	}
}

const char *tty_layout_title(enum tty_column column)
{
	switch (column) {
	case TTY_COLUMN_CONNECTIONS:
		return catalog_get("table.connections");
	case TTY_COLUMN_IN:
		return catalog_get("table.in");
	case TTY_COLUMN_OUT:
		return catalog_get("table.out");
	default:
		return "";
	}
}

static unsigned at_least(unsigned n, const char *text)
{
	unsigned width = (unsigned)human_width(text);

	return width > n ? width : n;
}

/* Widths that stay while numbers and states change, so that nothing jumps. */
static unsigned steady_width(
	enum tty_column column, const struct tty_plan *plan)
{
	unsigned n = 0;

	switch (column) {
	case TTY_COLUMN_STATE:
		if (plan->state)
			for (int i = 0; i < STATE_COUNT; i++)
				n = at_least(n,
					tty_layout_state((enum tunnel_state)i));
		return n;
	case TTY_COLUMN_CONNECTIONS:
		return plan->numbers ? at_least(5, tty_layout_title(column))
				     : 0;
	case TTY_COLUMN_IN:
	case TTY_COLUMN_OUT:
		return plan->numbers ? at_least(plan->brief ? 5 : 8,
					       tty_layout_title(column))
				     : 0;
	case TTY_COLUMN_RATE_IN:
	case TTY_COLUMN_RATE_OUT:
		return !plan->rates ? 0 : plan->brief ? 7 : 10;
	default:
		return 0;
	}
}

static bool try_plan(const struct run_state *s, const struct tty_plan *plan,
	unsigned room, unsigned rows, struct tty_layout *ret)
{
	unsigned others = 2, route = 0, least;
	char text[TTY_CELL_MAX];

	if (plan->two_lines && s->n_forwards * 2 + 2 > rows)
		return false;
	ret->plan = plan;
	for (int c = 0; c < TTY_COLUMNS; c++) {
		unsigned n = steady_width((enum tty_column)c, plan);

		if (c == TTY_COLUMN_TYPE && plan->type)
			for (size_t i = 0; i < s->n_forwards; i++) {
				tty_layout_cell(&s->forward[i], TTY_COLUMN_TYPE,
					plan, text);
				n = at_least(n, text);
			}
		ret->width[c] = n;
		others += n != 0 ? n + TTY_GAP : 0;
	}
	for (size_t i = 0; i < s->n_forwards; i++) {
		tty_layout_cell(&s->forward[i], TTY_COLUMN_ROUTE, plan, text);
		route = at_least(route, text);
	}
	least = route < plan->route_min ? route : plan->route_min;
	if (others + least > room)
		return false;
	ret->width[TTY_COLUMN_ROUTE] =
		route < room - others ? route : room - others;
	return true;
}

void tty_layout_make(struct tty_layout *ret_layout, const struct run_state *s,
	unsigned room, unsigned rows)
{
	memset(ret_layout, 0, sizeof(*ret_layout));
	ret_layout->plan = &plans[PLANS - 1];
	for (size_t i = 0; i < PLANS; i++)
		if (try_plan(s, &plans[i], room, rows, ret_layout))
			break;
}
