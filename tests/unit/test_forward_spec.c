/* tunnel/forward_spec: every form of -L, -R and -D, and ssh as the judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tunnel/forward_spec.h"

#define L       FORWARD_LOCAL
#define R       FORWARD_REMOTE
#define D       FORWARD_DYNAMIC
#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

struct row {
	enum forward_type type;
	const char *text;
	const char *listen, *target; /* endpoint_text; target NULL: none */
};

/* What both ssh and we take. */
static const struct row both[] = {
	{L, "3307:127.0.0.1:3306", "localhost:3307", "127.0.0.1:3306"},
	{L, "a:80:b:90", "a:80", "b:90"},
	{L, ":80:b:90", "*:80", "b:90"},
	{L, "*:80:b:90", "*:80", "b:90"},
	{L, "[::1]:80:[fe80::1]:90", "[::1]:80", "[fe80::1]:90"},
	{L, "[a]:80:[b]:90", "a:80", "b:90"},
	{L, "[]:80:b:90", "*:80", "b:90"},
	{L, "http:b:ssh", "localhost:80", "b:22"},
	{L, "80:/r.sock", "localhost:80", "/r.sock"},
	{L, "a:80:/r.sock", "a:80", "/r.sock"},
	{L, "[::1]:80:/r.sock", "[::1]:80", "/r.sock"},
	{L, "/l.sock:b:90", "/l.sock", "b:90"},
	{L, "/l.sock:[::1]:90", "/l.sock", "[::1]:90"},
	{L, "/l.sock:/r.sock", "/l.sock", "/r.sock"},
	{L, "/a/b c:/d e", "/a/b c", "/d e"},
	{L, "/a\\:b:/c\\\\d", "/a:b", "/c\\d"},
	{R, "8080:127.0.0.1:3000", "localhost:8080", "127.0.0.1:3000"},
	{R, "0:b:1", "localhost:0", "b:1"},
	{R, "0.0.0.0:8080:b:1", "0.0.0.0:8080", "b:1"},
	{R, "80:/l.sock", "localhost:80", "/l.sock"},
	{R, "/r.sock:b:1", "/r.sock", "b:1"},
	{R, "/r.sock:/l.sock", "/r.sock", "/l.sock"},
	{R, "8080", "localhost:8080", NULL},
	{R, "0", "localhost:0", NULL},
	{R, ":0", "*:0", NULL},
	{R, "*:1080", "*:1080", NULL},
	{R, "a:1080", "a:1080", NULL},
	{R, "[::1]:1080", "[::1]:1080", NULL},
	{R, "/r.sock", "/r.sock", NULL},
	{D, "1080", "localhost:1080", NULL},
	{D, "a:1080", "a:1080", NULL},
	{D, ":1080", "*:1080", NULL},
	{D, "*:1080", "*:1080", NULL},
	{D, "[::1]:1080", "[::1]:1080", NULL},
	{D, "/l.sock", "/l.sock", NULL},
};

/* What ssh takes in its configuration file, or took once, or for -R only. */
static const struct row ours[] = {
	{L, "80 b:90", "localhost:80", "b:90"},
	{L, "  a:80 \t b:90 ", "a:80", "b:90"},
	{L, "/l.sock /r.sock", "/l.sock", "/r.sock"},
	{L, "/l\\ m /r\\ s", "/l m", "/r s"},
	{L, "::1/80 h/70", "[::1]:80", "h:70"},
	{L, "::1/80/h/70", "[::1]:80", "h:70"},
	{L, "::/80/h/70", "[::]:80", "h:70"},
	{L, "80/fe80::1/70", "localhost:80", "[fe80::1]:70"},
	{L, "2001:db8::/80 [::1]:70", "[2001:db8::]:80", "[::1]:70"},
	{L, "::1/80 /r.sock", "[::1]:80", "/r.sock"},
	{L, "0:b:1", "localhost:0", "b:1"},
	{R, "80 b:90", "localhost:80", "b:90"},
	{R, "/r.sock /l.sock", "/r.sock", "/l.sock"},
	{D, "::1/8080", "[::1]:8080", NULL},
	{D, "::/8080", "[::]:8080", NULL},
	{D, "*:0", "*:0", NULL},
	{D, "fe80::1%eth0/8080", "[fe80::1%eth0]:8080", NULL},
};

static void check(const struct row *row)
{
	struct forward_spec f = {0};
	struct trouble trouble = {0};
	char text[512];

	if (forward_spec_parse(row->type, row->text, &f, &trouble) != 0)
		fail_msg("%s: %s", row->text, trouble_get(&trouble, "detail"));
	assert_int_equal(f.type, row->type);
	endpoint_text(&f.listen, text, sizeof(text));
	assert_string_equal(text, row->listen);
	assert_int_equal(f.listen.host != NULL, f.listen.path == NULL);
	assert_int_equal(
		f.reverse_dynamic, row->type == R && row->target == NULL);
	if (row->target != NULL) {
		endpoint_text(&f.target, text, sizeof(text));
		assert_string_equal(text, row->target);
	} else {
		assert_null(f.target.host);
		assert_null(f.target.path);
	}
	assert_null(f.name);
	forward_spec_done(&f);
}

static void forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(both); i++)
		check(&both[i]);
	for (size_t i = 0; i < ROWS(ours); i++)
		check(&ours[i]);
}

static bool endpoints_equal(const struct endpoint *a, const struct endpoint *b)
{
	if ((a->path != NULL) != (b->path != NULL) ||
		(a->host != NULL) != (b->host != NULL) || a->port != b->port)
		return false;
	return (a->path == NULL || strcmp(a->path, b->path) == 0) &&
	       (a->host == NULL || strcmp(a->host, b->host) == 0);
}

static void round_trip(const struct row *row)
{
	struct forward_spec f = {0}, again = {0}, copy = {0};
	char text[512];
	size_t len;

	assert_int_equal(forward_spec_parse(row->type, row->text, &f, NULL), 0);
	len = forward_spec_text(&f, text, sizeof(text));
	assert_int_equal(len, strlen(text));
	if (forward_spec_parse(row->type, text, &again, NULL) != 0)
		fail_msg("%s became %s", row->text, text);
	assert_true(endpoints_equal(&f.listen, &again.listen));
	assert_true(endpoints_equal(&f.target, &again.target));
	assert_int_equal(f.bind_left_out, again.bind_left_out);
	assert_int_equal(f.reverse_dynamic, again.reverse_dynamic);
	f.socks_user = strdup("me");
	f.socks_password = strdup("secret");
	forward_spec_copy(&copy, &f);
	forward_spec_copy(&copy, &f);
	assert_true(endpoints_equal(&f.listen, &copy.listen));
	assert_true(endpoints_equal(&f.target, &copy.target));
	assert_string_equal(copy.socks_password, "secret");
	forward_spec_done(&copy);
	forward_spec_done(&f);
	forward_spec_done(&again);
}

static void text_parses_to_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(both); i++)
		round_trip(&both[i]);
	for (size_t i = 0; i < ROWS(ours); i++)
		round_trip(&ours[i]);
}

static void text_is_cut_as_snprintf_cuts(void **state)
{
	struct forward_spec f = {0};
	char text[8];

	(void)state;
	assert_int_equal(forward_spec_parse(L, "80:host:90", &f, NULL), 0);
	assert_int_equal(forward_spec_text(&f, text, sizeof(text)), 10);
	assert_string_equal(text, "80:host");
	forward_spec_done(&f);
}

static void a_left_out_bind_is_remembered(void **state)
{
	struct forward_spec f = {0};

	(void)state;
	assert_int_equal(forward_spec_parse(L, "80:a:90", &f, NULL), 0);
	assert_true(f.bind_left_out);
	forward_spec_done(&f);
	assert_int_equal(
		forward_spec_parse(L, "localhost:80:a:90", &f, NULL), 0);
	assert_false(f.bind_left_out);
	forward_spec_done(&f);
	assert_int_equal(forward_spec_parse(L, "/x:a:90", &f, NULL), 0);
	assert_false(f.bind_left_out);
	forward_spec_done(&f);
}

static void refusals_say_why(void **state)
{
	static const struct {
		enum forward_type type;
		const char *text, *why;
	} rows[] = {
		{L, "", "empty"},
		{L, "  ", "empty"},
		{L, "80", "destination is missing"},
		{L, "80:a", "destination's port is missing"},
		{L, "/x", "destination is missing"},
		{L, "/x:a", "destination's port is missing"},
		{L, "80:a:0", "port 0"},
		{L, "80:a:70000", "\"70000\" is not a port"},
		{L, "80:a:123456789012345678901", "is not a port"},
		{L, "80:a:1x", "\"1x\" is not a port"},
		{L, "80:a:-1", "\"-1\" is not a port"},
		{L, "80:a:+1", "\"+1\" is not a port"},
		{L, "x:80:a:no-such-service", "no-such-service"},
		{L, "80:a:", "a port is missing"},
		{L, ":a:90", "a port is missing"},
		{L, "80::90", "host is missing"},
		{L, "80:[]:90", "host is missing"},
		{L, "80:*:90", "not a host"},
		{L, "80:-oX:90", "not a host"},
		{L, "80:a b:90", "not"},
		{L, "80:a$(x):90", "not a host"},
		{L, "80:a\033[1m:90", "not a host"},
		{L, "80:user@a:90", "not a host"},
		{L, "[::1:80:a:90", "bracket"},
		{L, "[::1]80:a:90", "follows the bracket"},
		{L, "a:1:2:3:4", "too many parts"},
		{L, "::1:80:a:90", "too many parts"},
		{L, "80:a:90\\", "backslash"},
		{L, "80:/a\001b", "control characters"},
		{R, "a:/x:/y", "\"/x\" is not a port"},
		{R, "1:a:1:2", "is not a port"},
		{D, "1:2:3", "too many parts"},
		{D, "80 a:90", "no destination"},
		{D, "/x:/y", "not a host"},
		{D, "no-such-service", "is not a port"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct forward_spec f = {.name = (char *)1};
		struct trouble trouble = {0};
		const char *detail;

		if (forward_spec_parse(rows[i].type, rows[i].text, &f,
			    &trouble) != -ERR_INVALID)
			fail_msg("%s was taken", rows[i].text);
		detail = trouble_get(&trouble, "detail");
		if (strstr(detail, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].text, detail);
		assert_ptr_equal(f.name, (char *)1);
	}
}

static void long_parts_are_refused(void **state)
{
	struct forward_spec f = {0};
	char text[2000];

	(void)state;
	snprintf(text, sizeof(text), "80:/%0*d", ENDPOINT_PATH_MAX - 1, 0);
	assert_int_equal(forward_spec_parse(L, text, &f, NULL), 0);
	forward_spec_done(&f);
	snprintf(text, sizeof(text), "80:/%0*d", ENDPOINT_PATH_MAX, 0);
	assert_int_equal(forward_spec_parse(L, text, &f, NULL), -ERR_INVALID);
	snprintf(text, sizeof(text), "80:%0*d:9", ENDPOINT_HOST_MAX, 0);
	assert_int_equal(forward_spec_parse(L, text, &f, NULL), 0);
	forward_spec_done(&f);
	snprintf(text, sizeof(text), "80:%0*d:9", ENDPOINT_HOST_MAX + 1, 0);
	assert_int_equal(forward_spec_parse(L, text, &f, NULL), -ERR_INVALID);
}

/* The line that `ssh -G` prints for the forward, in `ret_line`; false when ssh
 * refuses it. */
static bool ask_ssh(const struct row *row, char *ret_line, size_t size)
{
	static const char *const keys[] = {
		"localforward ", "remoteforward ", "dynamicforward "};
	static const char *const flags[] = {"-L", "-R", "-D"};
	size_t n = strlen(keys[row->type]), room = 0;
	int out[2], status;
	bool found = false;
	char *line = NULL;
	FILE *f;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], 1);
		close(2);
		execlp("ssh", "ssh", "-F", "none", "-G", flags[row->type],
			row->text, "host", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	while (getline(&line, &room, f) > 0) {
		if (strncmp(line, keys[row->type], n) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(ret_line, size, "%s", line + n);
		found = true;
	}
	free(line);
	fclose(f);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		skip();
	return found;
}

/* As `ssh -G` prints an endpoint: "[host]:port", "port", "/path". */
static void put_like_ssh(char *text, size_t size, const struct endpoint *e,
	bool no_bind, const char *given)
{
	if (e->path != NULL)
		snprintf(text, size, "%s", e->path);
	else if (no_bind)
		snprintf(text, size, "%u", e->port);
	else
		snprintf(text, size, "[%s]:%u",
			*e->host == '\0' && *given == '*' ? "*" : e->host,
			e->port);
}

static void ssh_reads_the_same(void **state)
{
	char line[512], want[1024], listen[400], target[400];

	(void)state;
	for (size_t i = 0; i < ROWS(both); i++) {
		const struct row *row = &both[i];
		struct forward_spec f = {0};

		assert_int_equal(
			forward_spec_parse(row->type, row->text, &f, NULL), 0);
		if (!ask_ssh(row, line, sizeof(line)))
			fail_msg("ssh refuses %s", row->text);
		put_like_ssh(listen, sizeof(listen), &f.listen, f.bind_left_out,
			row->text);
		if (f.type == D)
			snprintf(want, sizeof(want), "%s", listen);
		else if (f.reverse_dynamic)
			snprintf(want, sizeof(want), "%s [socks]:0", listen);
		else {
			put_like_ssh(
				target, sizeof(target), &f.target, false, "");
			snprintf(want, sizeof(want), "%s %s", listen, target);
		}
		assert_string_equal(line, want);
		forward_spec_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(text_parses_to_the_same),
		cmocka_unit_test(text_is_cut_as_snprintf_cuts),
		cmocka_unit_test(a_left_out_bind_is_remembered),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(long_parts_are_refused),
		cmocka_unit_test(ssh_reads_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
