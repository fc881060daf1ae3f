/*
 * Words and options of the daemon's commands, and the JSON made of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"

static const struct args_option options[] = {
	{"--flag", 'f', ARGS_FLAG, "flag"},
	{"--no-flag", 0, ARGS_NOT, "flag"},
	{"--text", 't', ARGS_TEXT, "text"},
	{"--count", 'n', ARGS_NUMBER, "count"},
	{"--time", 0, ARGS_SECONDS, "time"},
	{"--size", 0, ARGS_BYTES, "size"},
	{"--tag", 0, ARGS_LIST, "tags"},
	{"--key", 'i', ARGS_PATHS, "keys"},
	{"--agent", 0, ARGS_PATH, "agent"},
	{"--place", 0, ARGS_PLACE, "place"},
	{"--quiet", 'q', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static struct args args;
static char error[TEXT_MAX];

/* Splits at spaces; "_" is the empty word. */
static int parse(const char *line)
{
	static char copy[512];
	static char *argv[32];
	int argc = 0;

	snprintf(copy, sizeof(copy), "cmd %s", line);
	for (char *at = copy, *word; (word = strsep(&at, " ")) != NULL;)
		if (*word != '\0')
			argv[argc++] =
				strcmp(word, "_") == 0 ? (char *)"" : word;
	args_done(&args);
	return args_parse(argc, argv, options, &args, error);
}

static int finish(void **state)
{
	args_done(&args);
	return 0;
}

static void words_and_options_mix(void **state)
{
	assert_int_equal(parse("one -fn 5 two --text=x --json -- -q"), 0);
	assert_int_equal(args.n_words, 3);
	assert_string_equal(args.words[0], "one");
	assert_string_equal(args.words[1], "two");
	assert_string_equal(args.words[2], "-q");
	assert_true(args_has(&args, "--flag"));
	assert_false(args_has(&args, "--quiet"));
	assert_true(args_json(&args));
	assert_string_equal(args_value(&args, "--count"), "5");
	assert_string_equal(args_value(&args, "--text"), "x");
	assert_null(args_value(&args, "--tag"));
	assert_int_equal(parse("-n5 -tx=y -"), 0);
	assert_string_equal(args_value(&args, "--count"), "5");
	assert_string_equal(args_value(&args, "--text"), "x=y");
	assert_string_equal(args.words[0], "-");
	assert_int_equal(parse("--text a --text b"), 0);
	assert_string_equal(args_value(&args, "--text"), "b");
	assert_int_equal(parse("--help --nonsense"), 0);
	assert_true(args.help);
}

static void what_makes_no_sense(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{"--text", "--text needs a value."},
		{"-t", "-t needs a value."},
		{"--flag=1", "--flag takes no value."},
		{"--tex x", "Did you mean --text?"},
		{"--zzzzzzzzzzz", "There is no option --zzzzzzzzzzz."},
		{"-fz", "There is no option -z."},
		{"--lang xx", "xx"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].line), -ERR_INVALID);
		if (strstr(error, rows[i].said) == NULL)
			fail_msg("%s: %s", rows[i].line, error);
	}
}

static void assert_body(const char *line, const char *wanted)
{
	json_t *body = json_object();
	char *text;

	assert_int_equal(parse(line), 0);
	assert_int_equal(args_fields(&args, body, error), 0);
	text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(body);
}

static void options_fill_fields(void **state)
{
	assert_body("-f", "{\"flag\":true}");
	assert_body("-f --no-flag", "{\"flag\":false}");
	assert_body("-q word", "{}");
	assert_body("-t hello -n 7", "{\"count\":7,\"text\":\"hello\"}");
	assert_body("-t _", "{\"text\":null}");
	assert_body(
		"--time 1h30m --size 2M", "{\"size\":2097152,\"time\":5400}");
	assert_body("--tag a --tag b", "{\"tags\":[\"a\",\"b\"]}");
	assert_body("--tag _", "{\"tags\":[]}");
	assert_body("-i /a -i ~/b", "{\"keys\":[\"/a\",\"~/b\"]}");
	assert_body("--agent none", "{\"agent\":\"none\"}");
	assert_body("--agent _", "{\"agent\":null}");
	assert_body("--place 127.0.0.1:80", "{\"place\":\"127.0.0.1:80\"}");
	assert_body("--place /run/x", "{\"place\":\"/run/x\"}");
	assert_body("--place _", "{\"place\":null}");
}

static void paths_are_made_absolute(void **state)
{
	assert_int_equal(chdir("/usr"), 0);
	assert_body("-i key", "{\"keys\":[\"/usr/key\"]}");
	assert_body("--agent ./a", "{\"agent\":\"/usr/a\"}");
	assert_body("--place ./x.sock", "{\"place\":\"/usr/x.sock\"}");
}

static void values_of_the_wrong_kind(void **state)
{
	static const char *const lines[] = {"-n x", "-n _", "-n -1",
		"-n 99999999999999999999", "--time 5y", "--time 1h_",
		"--time h", "--size 1T", "-n 9007199254740993",
		"--time 999999999999999w"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *body = json_object();

		assert_int_equal(parse(lines[i]), 0);
		if (args_fields(&args, body, error) != -ERR_INVALID)
			fail_msg("%s is taken", lines[i]);
		json_decref(body);
	}
	/* Not UTF-8: JSON has no way to say it. */
	assert_int_equal(parse("-t \xff"), 0);
	json_t *body = json_object();
	assert_int_equal(args_fields(&args, body, error), -ERR_INVALID);
	json_decref(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_options_mix),
		cmocka_unit_test(what_makes_no_sense),
		cmocka_unit_test(options_fill_fields),
		cmocka_unit_test(values_of_the_wrong_kind),
		cmocka_unit_test(paths_are_made_absolute),
	};

	setenv("LC_ALL", "C", 1);
	return cmocka_run_group_tests(tests, NULL, finish);
}
