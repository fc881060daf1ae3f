/* cli/run_args: the command line of `taupe run`, cases from ssh(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/catalog.h"
#include "cli/run_args.h"

#define WORDS_MAX 24

static struct run_args args;
static char error[TEXT_MAX];

/* `line` is split at spaces; '~' stands for one inside a word. */
static int parse(const char *line)
{
	static char text[1024];
	char *argv[WORDS_MAX], *save = NULL;
	int argc = 0;

	*error = '\0';
	snprintf(text, sizeof(text), "run %s", line);
	for (char *word = strtok_r(text, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save)) {
		for (char *c = word; *c != '\0'; c++)
			if (*c == '~')
				*c = ' ';
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	return run_args_parse(argc, argv, &args, error);
}

static void takes(const char *line)
{
	int r = parse(line);

	if (r != 0)
		print_error("%s: %s\n", line, error);
	assert_int_equal(r, 0);
}

/* `part` stands in the complaint. */
static void refuses(const char *line, const char *part)
{
	assert_int_equal(parse(line), -ERR_INVALID);
	if (strstr(error, part) == NULL)
		print_error("%s: %s\n", line, error);
	assert_non_null(strstr(error, part));
	run_args_done(&args);
}

static void options_stand_on_both_sides(void **state)
{
	(void)state;
	takes("-L 3307:127.0.0.1:3306 me@host -D 1080 -p 2222 --json");
	assert_int_equal(args.n_forwards, 2);
	assert_int_equal(args.forwards[0].type, FORWARD_LOCAL);
	assert_int_equal(args.forwards[0].listen.port, 3307);
	assert_string_equal(args.forwards[0].target.host, "127.0.0.1");
	assert_string_equal(args.forwards[0].name, "3307:127.0.0.1:3306");
	assert_int_equal(args.forwards[1].type, FORWARD_DYNAMIC);
	assert_string_equal(args.server.name, "me@host");
	assert_string_equal(args.server.host, "host");
	assert_string_equal(args.server.options.user, "me");
	assert_int_equal(args.server.options.port, 2222);
	assert_int_equal(args.server.id, RUN_SERVER_ID);
	assert_true(args.json);
	assert_true(args.server.may_ask);
	assert_false(args.server.once);
	run_args_done(&args);
}

static void joined_letters(void **state)
{
	(void)state;
	takes("-NTL 8080:web:80 -p2222 -vvq4 -luser host");
	assert_int_equal(args.n_forwards, 1);
	assert_int_equal(args.server.options.port, 2222);
	assert_int_equal(args.verbose, 2);
	assert_true(args.quiet);
	assert_int_equal(args.server.options.address_family, AF_INET);
	assert_string_equal(args.server.options.user, "user");
	run_args_done(&args);
	takes("-CNR8080 host");
	assert_int_equal(args.forwards[0].type, FORWARD_REMOTE);
	assert_true(args.forwards[0].reverse_dynamic);
	run_args_done(&args);
}

static void urls_and_flags_that_win(void **state)
{
	(void)state;
	takes("-D1 ssh://anna@host:2200");
	assert_string_equal(args.server.options.user, "anna");
	assert_int_equal(args.server.options.port, 2200);
	run_args_done(&args);
	takes("-D1 ssh://anna@host:2200 -p 22 -l berta");
	assert_string_equal(args.server.options.user, "berta");
	assert_int_equal(args.server.options.port, 22);
	run_args_done(&args);
	takes("-D1 -o Port=24 -oUser=carl anna@host");
	assert_string_equal(args.server.options.user, "carl");
	assert_int_equal(args.server.options.port, 24);
	run_args_done(&args);
	takes("-D1 host");
	assert_null(args.server.options.user);
	assert_int_equal(args.server.options.port, 22);
	run_args_done(&args);
	takes("-D1 -- host");
	assert_string_equal(args.server.host, "host");
	run_args_done(&args);
}

static void keys_keep_their_paths(void **state)
{
	(void)state;
	takes("-D1 -i /home/me/my~key -i C:\\q\"x host");
	assert_int_equal(args.server.options.identity_files.n, 2);
	assert_string_equal(
		args.server.options.identity_files.item[0], "/home/me/my key");
	assert_string_equal(
		args.server.options.identity_files.item[1], "C:\\q\"x");
	run_args_done(&args);
}

/* Events tell them apart by it. */
static void forwards_have_names_of_their_own(void **state)
{
	(void)state;
	takes("-R0:web:80 -R0:web:80 -D1 -R0:web:80 host");
	assert_string_equal(args.forwards[0].name, "0:web:80");
	assert_string_equal(args.forwards[1].name, "0:web:80 (2)");
	assert_string_equal(args.forwards[2].name, "1");
	assert_string_equal(args.forwards[3].name, "0:web:80 (3)");
	run_args_done(&args);
}

static void assigned_forwards(void **state)
{
	(void)state;
	takes("-o LocalForward=8080~web:80 -oDynamicForward=1080 host");
	assert_int_equal(args.n_forwards, 2);
	assert_string_equal(args.forwards[0].target.host, "web");
	assert_int_equal(args.forwards[1].type, FORWARD_DYNAMIC);
	run_args_done(&args);
}

static void jumps_inherit_the_run_but_not_the_machine(void **state)
{
	const struct options *o;

	(void)state;
	takes("-D1 -J g1,ann@g2:2022 -i k -o UserKnownHostsFile=/k -p 99 "
	      "-l me --once -o BatchMode=yes -o HostName=h2 host");
	assert_int_equal(args.server.n_jumps, 2);
	assert_null(args.server.options.proxy_jump);
	assert_false(args.server.may_ask);
	o = &args.server.jumps[0].options;
	assert_string_equal(args.server.jumps[0].host, "g1");
	assert_null(o->user);
	assert_null(o->host_name);
	assert_null(o->proxy_jump);
	assert_int_equal(o->port, 22);
	assert_int_equal(o->identity_files.n, 1);
	assert_string_equal(o->user_known_hosts.item[0], "/k");
	assert_false(args.server.jumps[0].may_ask);
	assert_true(args.server.jumps[0].once);
	o = &args.server.jumps[1].options;
	assert_string_equal(args.server.jumps[1].name, "ann@g2:2022");
	assert_string_equal(args.server.jumps[1].host, "g2");
	assert_string_equal(o->user, "ann");
	assert_int_equal(o->port, 2022);
	run_args_done(&args);
	takes("-D1 -J none host");
	assert_int_equal(args.server.n_jumps, 0);
	run_args_done(&args);
}

static void long_options(void **state)
{
	(void)state;
	takes("-D1 host --json --stats=5 --once --lang fr");
	assert_int_equal(args.stats_s, 5);
	assert_true(args.server.once);
	assert_int_equal(catalog_lang(), LANG_FR);
	catalog_set_lang(LANG_EN);
	run_args_done(&args);
	takes("--help");
	assert_true(args.help);
	run_args_done(&args);
	takes("-D1 -h");
	assert_true(args.help);
	run_args_done(&args);
}

static void nonsense_is_named(void **state)
{
	(void)state;
	refuses("", "Which server?");
	refuses("host", "Nothing to forward");
	refuses("-D1 -f host", "foreground");
	refuses("-D1 -F /etc/x host", "-F /etc/x");
	refuses("-D1 -X host", "sessions");
	refuses("-D1 -Wa:1 host", "-W belongs");
	refuses("-D1 -Z host", "no option -Z");
	refuses("-D1 --jsom host", "--json");
	refuses("-D1 --json=1 host", "takes no value");
	refuses("-D1 host --lang", "needs a value");
	refuses("-D1 host --lang de", "de");
	refuses("-D1 host -p", "-p needs");
	refuses("-D1 host -p 70000", "-p");
	refuses("-D1 host -o Colour=blue", "Colour");
	refuses("-D1 host -L 80", "80");
	refuses("-D1 host uptime", "uptime");
	refuses("-D1 host --stats 5", "--json");
	refuses("-D1 host --json --stats 0", "--stats");
	refuses("-D1 host --json --stats 5x", "--stats");
	refuses("-D1 -J a,,b host", "");
	refuses("-D1 -J a -o ProxyCommand=nc host", "ProxyCommand");
	refuses("-D1 bad;host", "bad;host");
}

static void gateway_ports_widen_what_was_left_out(void **state)
{
	(void)state;
	takes("-L 80:a:80 -D 127.0.0.1:1 -R 81:b:81 host -g");
	assert_string_equal(args.forwards[0].listen.host, "");
	assert_string_equal(args.forwards[1].listen.host, "127.0.0.1");
	assert_string_equal(args.forwards[2].listen.host, "localhost");
	run_args_done(&args);
}

static void configuration_none_is_fine(void **state)
{
	(void)state;
	takes("-F none -D1 host");
	run_args_done(&args);
	takes("-F/dev/null -D1 host");
	run_args_done(&args);
}

static void forwards_are_capped(void **state)
{
	static char flag[] = "-D1", host[] = "host", name[] = "run";
	char *argv[RUN_FORWARDS_MAX + 3];

	(void)state;
	argv[0] = name;
	for (int i = 1; i <= RUN_FORWARDS_MAX + 1; i++)
		argv[i] = flag;
	argv[RUN_FORWARDS_MAX + 2] = host;
	assert_int_equal(
		run_args_parse(RUN_FORWARDS_MAX + 3, argv, &args, error),
		-ERR_INVALID);
	run_args_done(&args);
	argv[RUN_FORWARDS_MAX + 1] = host;
	assert_int_equal(
		run_args_parse(RUN_FORWARDS_MAX + 2, argv, &args, error), 0);
	run_args_done(&args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_on_both_sides),
		cmocka_unit_test(joined_letters),
		cmocka_unit_test(urls_and_flags_that_win),
		cmocka_unit_test(keys_keep_their_paths),
		cmocka_unit_test(forwards_have_names_of_their_own),
		cmocka_unit_test(assigned_forwards),
		cmocka_unit_test(jumps_inherit_the_run_but_not_the_machine),
		cmocka_unit_test(long_options),
		cmocka_unit_test(nonsense_is_named),
		cmocka_unit_test(gateway_ports_widen_what_was_left_out),
		cmocka_unit_test(configuration_none_is_fine),
		cmocka_unit_test(forwards_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
