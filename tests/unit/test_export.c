/*
 * What goes out comes back: our own export, and a file that ssh reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/export.h"
#include "api/import_json.h"
#include "api/metrics.h"
#include "control_world.h"
#include "import/import_plan.h"
#include "scratch.h"

static uint32_t gate, inner;

static void fill(struct world *w)
{
	struct store_server s = world_server_at("My gate é", 2200);
	struct store_forward f;

	s.user = mem_strdup("me");
	s.note = mem_strdup("two\nlines");
	s.keep_secrets = STORE_NEVER;
	world_option(&s, "TaupePool=2");
	world_option(&s, "ServerAliveInterval=1m");
	assert_int_equal(world_put_server(w, &s, 0, &gate), 0);
	s = world_server_at("inner", 0);
	s.jump_server = gate;
	assert_int_equal(world_put_server(w, &s, 0, &inner), 0);
	world_add_forward(w, "MySQL \"1\"", gate, FORWARD_LOCAL,
		"127.0.0.1:3307:127.0.0.1:3306");
	world_add_forward(w, "left out", gate, FORWARD_LOCAL, "3308:db:3306");
	world_add_forward(w, "web", inner, FORWARD_REMOTE, "*:8080:[::1]:3000");
	world_add_forward(w, "reverse", inner, FORWARD_REMOTE, "0");
	world_add_forward(
		w, "sockets", inner, FORWARD_LOCAL, "/tmp/a\\ b:/run/x.sock");
	f = world_forward_on("proxy", inner, FORWARD_DYNAMIC, "127.0.0.1:0");
	f.autostart = f.spec.lazy = true;
	f.spec.idle_s = 60;
	f.auto_off_s = 3600;
	f.spec.allow = mem_strdup("10.0.0.0/8");
	f.spec.limit_in_bytes_s = 1000000;
	f.spec.socks_user = mem_strdup("u");
	f.position = -3;
	assert_int_equal(world_put_forward(w, &f, 0, NULL), 0);
}

static char *export_text(struct world *w)
{
	json_t *o = export_json(w->control);
	char *text = json_dumps(o, JSON_SORT_KEYS | JSON_INDENT(1));

	json_decref(o);
	return text;
}

static void import(struct world *w, const char *text, size_t n_new)
{
	struct import_set set;
	struct import_plan plan;
	size_t added = 0;

	assert_int_equal(
		import_json_read(text, strlen(text), &set, &w->trouble), 0);
	assert_int_equal(set.n_skipped, 0);
	import_plan_make(w->control, &set, &plan);
	for (size_t i = 0; i < set.n_forwards; i++)
		added += plan.forwards[i].action == IMPORT_ADD;
	assert_int_equal(added, n_new);
	assert_int_equal(import_apply(w->control, &set, &plan, &w->trouble), 0);
	import_plan_done(&plan, &set);
	import_set_done(&set);
}

static void an_export_comes_back_unchanged(void **state)
{
	struct world *w = *state;
	char *text, *again;

	fill(w);
	text = export_text(w);
	assert_null(strstr(text, "password"));
	import(w, text, 0);
	assert_int_equal(control_remove_server(
				 w->control, inner, 0, 0, true, &w->trouble),
		0);
	assert_int_equal(control_remove_server(
				 w->control, gate, 0, 0, true, &w->trouble),
		0);
	import(w, text, 6);
	again = export_text(w);
	assert_string_equal(again, text);
	free(text);
	free(again);
}

static void what_is_no_export_is_refused(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{}", "null",
		"{\"taupe\":1}", "{\"taupe\":1,\"servers\":[]}",
		"{\"taupe\":\"1\",\"servers\":[],\"forwards\":[]}",
		"{\"taupe\":2,\"servers\":[],\"forwards\":[]}",
		"{\"taupe\":1,\"taupe\":1,\"servers\":[],\"forwards\":[]}"};
	struct world *w = *state;
	struct import_set set;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (import_json_read(
			    bad[i], strlen(bad[i]), &set, &w->trouble) == 0)
			fail_msg("%s was taken", bad[i]);
}

static void bad_items_are_told(void **state)
{
	static const char text[] =
		"{\"taupe\":1,\"servers\":[7,{\"name\":\"a\",\"host\":\"h\"},"
		"{\"name\":\"a\",\"host\":\"i\"},{\"host\":\"j\"},"
		"{\"name\":\"b\",\"host\":\"k\",\"options\":[\"Bad=1\"]}],"
		"\"forwards\":[null,{\"name\":\"f\",\"server\":\"b\","
		"\"type\":\"dynamic\",\"local_port\":1},"
		"{\"name\":\"g\",\"server\":\"a\",\"type\":\"dynamic\","
		"\"local_port\":1}]}";
	struct world *w = *state;
	struct import_set set;

	assert_int_equal(
		import_json_read(text, strlen(text), &set, &w->trouble), 0);
	assert_int_equal(set.n_servers, 1);
	assert_int_equal(set.n_forwards, 1);
	assert_int_equal(set.n_skipped, 6);
	import_set_done(&set);
}

/* What `ssh -G` makes of the file, among its other options. */
static void ssh_has(struct slice all, const char *line)
{
	if (memmem(all.p, all.len, line, strlen(line)) == NULL)
		fail_msg("no %s in %.*s", line, (int)all.len,
			(const char *)all.p);
}

static void ssh_reads_the_file(void **state)
{
	struct world *w = *state;
	struct buf file = BUF_INIT, out;

	fill(w);
	export_ssh_config(&file, w->control);
	scratch_write("config", buf_ptr(&file), buf_len(&file));
	scratch_do("ssh", "-F", "config", "-G", "My-gate-é");
	out = scratch_read("out");
	ssh_has(buf_slice(&out), "hostname 127.0.0.1\n");
	ssh_has(buf_slice(&out), "port 2200\n");
	ssh_has(buf_slice(&out), "user me\n");
	ssh_has(buf_slice(&out), "serveraliveinterval 60\n");
	ssh_has(buf_slice(&out),
		"localforward [127.0.0.1]:3307 [127.0.0.1]:3306\n");
	ssh_has(buf_slice(&out), "localforward 3308 [db]:3306\n");
	buf_done(&out);
	scratch_do("ssh", "-F", "config", "-G", "inner");
	out = scratch_read("out");
	ssh_has(buf_slice(&out), "proxyjump My-gate-é\n");
	ssh_has(buf_slice(&out), "remoteforward [*]:8080 [::1]:3000\n");
	ssh_has(buf_slice(&out), "localforward /tmp/a b /run/x.sock\n");
	buf_done(&out);
	buf_done(&file);
}

static void lines_are_for_a_shell(void **state)
{
	struct world *w = *state;
	struct buf text = BUF_INIT;

	fill(w);
	export_ssh_commands(&text, w->control);
	ssh_has(buf_slice(&text), "# left out\nssh -N -L 3308:db:3306 ");
	ssh_has(buf_slice(&text), "-J me@127.0.0.1:2200 ");
	buf_done(&text);
}

static void metrics_are_escaped(void **state)
{
	struct world *w = *state;
	struct buf text = BUF_INIT;

	fill(w);
	metrics_write(&text, w->control);
	ssh_has(buf_slice(&text),
		"taupe_forward_up{forward=\"MySQL \\\"1\\\"\","
		"server=\"My gate é\",type=\"local\"} 0\n");
	ssh_has(buf_slice(&text), "# TYPE taupe_forward_bytes_total counter\n");
	ssh_has(buf_slice(&text), "direction=\"out\"} 0\n");
	ssh_has(buf_slice(&text), "taupe_server_links{server=\"inner\"} 0\n");
	buf_clear(&text);
	metrics_quote(&text, "a\\b\"c\nd");
	assert_true(slice_is(buf_slice(&text), "\"a\\\\b\\\"c\\nd\""));
	buf_done(&text);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_export_comes_back_unchanged),
		TEST(what_is_no_export_is_refused),
		TEST(bad_items_are_told),
		TEST(ssh_reads_the_file),
		TEST(lines_are_for_a_shell),
		TEST(metrics_are_escaped),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
