/* What an import would do to what is there, and doing it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control_world.h"
#include "import/import_plan.h"
#include "scratch.h"

static struct import_set read_command(const char *text)
{
	struct import_set set;
	struct trouble t;

	assert_int_equal(
		import_read(IMPORT_COMMAND, text, strlen(text), NULL, &set, &t),
		0);
	return set;
}

/* "add vps, same db; add MySQL": the plan's rows, servers first. */
static char *rows_text(const struct import_set *set,
	const struct import_plan *plan, struct buf *out)
{
	for (size_t i = 0; i < set->n_servers; i++)
		buf_printf(out, "%s %s, ",
			import_action_name(plan->servers[i].action),
			plan->servers[i].name);
	for (size_t i = 0; i < set->n_forwards; i++)
		buf_printf(out, "; %s %s",
			import_action_name(plan->forwards[i].action),
			plan->forwards[i].name);
	buf_put_u8(out, 0);
	return (char *)buf_ptr(out);
}

static void plan_is(struct world *w, const struct import_set *set,
	struct import_plan *plan, const char *expected)
{
	struct buf out = BUF_INIT;

	import_plan_make(w->control, set, plan);
	assert_string_equal(rows_text(set, plan, &out), expected);
	buf_done(&out);
}

/* Plans, applies, and gives what is there then. */
static void import_is(struct world *w, const char *text, const char *expected)
{
	struct import_set set = read_command(text);
	struct import_plan plan;

	plan_is(w, &set, &plan, expected);
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	for (size_t i = 0; i < set.n_forwards; i++)
		if (plan.forwards[i].action != IMPORT_CONFLICT)
			assert_non_null(control_forward(
				w->control, plan.forwards[i].id));
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

static void count_is(struct world *w, size_t n_servers, size_t n_forwards)
{
	size_t n;

	control_servers(w->control, &n);
	assert_int_equal(n, n_servers);
	control_forwards(w->control, &n);
	assert_int_equal(n, n_forwards);
}

static void a_second_run_adds_nothing(void **state)
{
	static const char text[] =
		"ssh -i a -L 1:h:2 -R 3 -D /tmp/s.sock ssh://me@one\n"
		"ssh -p 2222 -L 1:h:2 me@vps\nssh -J gate -L 4:h:5 vps\n";
	struct world *w = *state;

	import_is(w, text,
		"add one, add vps, add vps 2, ; add one 1; "
		"add one R 3; add one SOCKS s.sock; add vps 1; "
		"add vps 2 4");
	count_is(w, 3, 5);
	import_is(w, text,
		"same one, same vps, same vps 2, ; same one 1; "
		"same one R 3; same one SOCKS s.sock; same vps 1; "
		"same vps 2 4");
	count_is(w, 3, 5);
	world_restart(w);
	count_is(w, 3, 5);
	import_is(w, text,
		"same one, same vps, same vps 2, ; same one 1; "
		"same one R 3; same one SOCKS s.sock; same vps 1; "
		"same vps 2 4");
	count_is(w, 3, 5);
}

static void names_that_are_taken_get_numbers(void **state)
{
	struct world *w = *state;
	uint32_t other = world_add_server(w, "vps", 1, NULL);

	world_add_forward(w, "vps 1", other, FORWARD_LOCAL, "9:h:9");
	import_is(w, "ssh -L 1:h:2 me@vps", "rename vps 2, ; rename vps 1 2");
	import_is(w, "ssh -L 1:h:2 me@vps", "same vps 2, ; same vps 1 2");
	import_is(w, "ssh -L 7:h:2 me@vps", "same vps 2, ; add vps 7");
	count_is(w, 2, 3);
}

/* A server that is the same under another name has its forwards, too. */
static void it_is_the_way_that_counts(void **state)
{
	struct store_server s = {.name = mem_strdup("mine"),
		.host = mem_strdup("VPS"),
		.port = 22,
		.user = mem_strdup("me")};
	struct world *w = *state;
	uint32_t id;

	assert_int_equal(world_put_server(w, &s, 0, &id), 0);
	world_add_forward(w, "db", id, FORWARD_LOCAL, "localhost:1:h:2");
	import_is(w, "ssh -L 1:h:2 -L 3:h:4 me@vps",
		"same mine, ; same db; add vps 3");
	assert_int_equal(
		control_forward_named(w->control, "vps 3")->want.server, id);
	import_is(w, "ssh -L 1:h:2 vps", "add vps, ; add vps 1");
	count_is(w, 2, 3);
}

static void set_jump(struct import_set *set, size_t i, const char *name)
{
	free(set->servers[i].jump);
	set->servers[i].jump = mem_strdup(name);
}

static void jumps_come_first_and_never_in_a_circle(void **state)
{
	struct import_set set = read_command(
		"ssh -D 1 a; ssh -D 2 b; ssh -D 3 c; ssh -D 4 d; ssh -D 5 e");
	struct import_plan plan;
	struct world *w = *state;
	const struct control_server *a, *b;

	set_jump(&set, 0, "b");
	set_jump(&set, 2, "d");
	set_jump(&set, 3, "c");
	set_jump(&set, 4, "none");
	plan_is(w, &set, &plan,
		"add a, add b, conflict c, conflict d, conflict e, ; "
		"add a SOCKS 1; add b SOCKS 2; conflict c SOCKS 3; "
		"conflict d SOCKS 4; conflict e SOCKS 5");
	assert_string_equal(trouble_get(&plan.servers[2].why, "detail"),
		"the jump servers go round in a circle");
	assert_string_equal(trouble_get(&plan.servers[4].why, "detail"),
		"there is no such jump server");
	assert_string_equal(trouble_get(&plan.forwards[4].why, "detail"),
		"its server can't be added");
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	import_plan_done(&plan, &set);
	count_is(w, 2, 2);
	a = control_server_named(w->control, "a");
	b = control_server_named(w->control, "b");
	assert_int_equal(a->want.jump_server, b->want.id);
	plan_is(w, &set, &plan,
		"same a, same b, conflict c, conflict d, conflict e, ; "
		"same a SOCKS 1; same b SOCKS 2; conflict c SOCKS 3; "
		"conflict d SOCKS 4; conflict e SOCKS 5");
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

static void long_ways_are_refused(void **state)
{
	struct buf text = BUF_INIT;
	struct import_set set;
	struct import_plan plan;
	struct world *w = *state;
	char name[8];

	for (int i = 0; i < 20; i++)
		buf_printf(&text, "ssh h%d\n", i);
	buf_put_u8(&text, 0);
	set = read_command((const char *)buf_ptr(&text));
	for (size_t i = 1; i < 20; i++) {
		snprintf(name, sizeof(name), "h%zu", i - 1);
		set_jump(&set, i, name);
	}
	import_plan_make(w->control, &set, &plan);
	assert_int_equal(plan.servers[JUMP_MAX].action, IMPORT_ADD);
	assert_int_equal(plan.servers[JUMP_MAX + 1].action, IMPORT_CONFLICT);
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	count_is(w, JUMP_MAX + 1, 0);
	import_plan_done(&plan, &set);
	import_set_done(&set);
	buf_done(&text);
}

static void what_is_not_taken_stays_out(void **state)
{
	struct import_set set =
		read_command("ssh -D 1 a; ssh -D 2 -D 3 b; ssh -D 4 c");
	struct import_plan plan;
	struct world *w = *state;

	set_jump(&set, 1, "c");
	import_plan_make(w->control, &set, &plan);
	for (size_t i = 0; i < set.n_servers; i++)
		plan.servers[i].taken = false;
	for (size_t i = 0; i < set.n_forwards; i++)
		plan.forwards[i].taken = i == 2;
	import_plan_complete(&set, &plan);
	assert_false(plan.servers[0].taken);
	assert_true(plan.servers[1].taken);
	assert_true(plan.servers[2].taken);
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	count_is(w, 2, 1);
	assert_non_null(control_forward_named(w->control, "b SOCKS 3"));
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

/* One that is found in two files. */
static void twins_are_one(void **state)
{
	struct import_set set = read_command("ssh -D 1 a; ssh -p 2 -D 1 b");
	struct import_plan plan;
	struct world *w = *state;

	free(set.servers[1].server.name);
	free(set.servers[1].server.host);
	set.servers[1].server.name = mem_strdup("a");
	set.servers[1].server.host = mem_strdup("a");
	set.servers[1].server.port = 0;
	free(set.forwards[1].forward.name);
	set.forwards[1].forward.name = mem_strdup("a SOCKS 1");
	plan_is(w, &set, &plan,
		"add a, same a, ; add a SOCKS 1; same a SOCKS 1");
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	count_is(w, 1, 1);
	assert_int_equal(plan.servers[1].id, plan.servers[0].id);
	assert_int_equal(plan.forwards[1].id, plan.forwards[0].id);
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

static void what_breaks_the_rules_is_told(void **state)
{
	struct import_set set = read_command("ssh -D 1 a; ssh -D 2 b");
	struct import_plan plan;
	struct world *w = *state;

	free(set.servers[0].server.host);
	set.servers[0].server.host = mem_strdup("a;b");
	set.forwards[1].forward.tags.item = mem_zalloc(1, sizeof(char *));
	set.forwards[1].forward.tags.item[0] = mem_strdup("a,b");
	set.forwards[1].forward.tags.n = 1;
	plan_is(w, &set, &plan,
		"conflict a, add b, ; conflict a SOCKS 1; conflict b SOCKS 2");
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	count_is(w, 1, 0);
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

/* Somebody took the name meanwhile: nothing of it is added, nor kept. */
static void all_or_nothing(void **state)
{
	struct import_set set = read_command("ssh -D 1 a; ssh -D 2 b");
	struct import_plan plan;
	struct world *w = *state;
	uint32_t id;

	import_plan_make(w->control, &set, &plan);
	id = world_add_server(w, "other", 1, NULL);
	world_add_forward(w, "b SOCKS 2", id, FORWARD_DYNAMIC, "7");
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble),
		-ERR_CONFLICT);
	assert_int_equal(plan.servers[0].id, 0);
	count_is(w, 1, 1);
	world_restart(w);
	count_is(w, 1, 1);
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

static unsigned told, told_forwards;

static void on_server(void *arg, const struct control_server *s)
{
	told++;
	told_forwards = s->n_forwards;
}

static void observers_and_history_know(void **state)
{
	static const struct control_observer observer = {.server = on_server};
	struct world *w = *state;

	told = 0;
	control_observe(w->control, &observer, NULL);
	import_is(
		w, "ssh -D 1 -D 2 a", "add a, ; add a SOCKS 1; add a SOCKS 2");
	control_forget(w->control, &observer, NULL);
	assert_int_equal(told, 1);
	assert_int_equal(told_forwards, 2);
	control_observe(w->control, &observer, NULL);
	import_is(
		w, "ssh -D 3 -D 4 a", "same a, ; add a SOCKS 3; add a SOCKS 4");
	control_forget(w->control, &observer, NULL);
	assert_int_equal(told, 2);
	assert_int_equal(told_forwards, 4);
}

static void thousands_are_no_matter(void **state)
{
	struct buf text = BUF_INIT;
	struct import_set set;
	struct import_plan plan;
	struct world *w = *state;

	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "ssh -D %d h%d\n", i + 1, i / 4);
	buf_put_u8(&text, 0);
	set = read_command((const char *)buf_ptr(&text));
	import_plan_make(w->control, &set, &plan);
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	count_is(w, 250, 1000);
	import_plan_done(&plan, &set);
	import_plan_make(w->control, &set, &plan);
	for (size_t i = 0; i < set.n_forwards; i++) {
		assert_int_equal(plan.forwards[i].action, IMPORT_SAME);
		assert_string_equal(
			plan.forwards[i].name, set.forwards[i].forward.name);
	}
	import_plan_done(&plan, &set);
	import_set_done(&set);
	buf_done(&text);
}

/* 5000 would be compared 12 million times, and numbered as often. */
static void thousands_of_one_name(void **state)
{
	enum { N = IMPORT_ITEMS_MAX };
	struct import_set set = read_command("ssh -D 1 a");
	struct import_forward *f;
	struct import_plan plan;
	char last[32];

	set.forwards = mem_realloc(set.forwards, N, sizeof(*set.forwards));
	for (; set.n_forwards < N; set.n_forwards++) {
		f = &set.forwards[set.n_forwards];
		*f = (struct import_forward){0};
		store_forward_copy(&f->forward, &set.forwards[0].forward);
		f->forward.spec.listen.port = (uint16_t)(set.n_forwards + 1);
	}
	import_plan_make(((struct world *)*state)->control, &set, &plan);
	snprintf(last, sizeof(last), "a SOCKS 1 %d", N);
	assert_string_equal(plan.forwards[0].name, "a SOCKS 1");
	assert_string_equal(plan.forwards[1].name, "a SOCKS 1 2");
	assert_string_equal(plan.forwards[N - 1].name, last);
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

int main(void)
{
#define WORLD_TEST(test)                                                       \
	cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_second_run_adds_nothing),
		WORLD_TEST(names_that_are_taken_get_numbers),
		WORLD_TEST(it_is_the_way_that_counts),
		WORLD_TEST(jumps_come_first_and_never_in_a_circle),
		WORLD_TEST(long_ways_are_refused),
		WORLD_TEST(what_is_not_taken_stays_out),
		WORLD_TEST(twins_are_one),
		WORLD_TEST(what_breaks_the_rules_is_told),
		WORLD_TEST(all_or_nothing),
		WORLD_TEST(observers_and_history_know),
		WORLD_TEST(thousands_are_no_matter),
		WORLD_TEST(thousands_of_one_name),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
