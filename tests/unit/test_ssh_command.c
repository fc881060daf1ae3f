/*
 * ssh's line for a forward: what a shell makes of it is what ssh must get.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ssh_command.h"
#include "base/mem.h"
#include "store/store_list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct store_server server(
	const char *host, uint16_t port, const char *user)
{
	return (struct store_server){.name = mem_strdup("s"),
		.host = mem_strdup(host),
		.port = port,
		.user = user != NULL ? mem_strdup(user) : NULL};
}

static struct store_forward forward(enum forward_type type, const char *text)
{
	struct store_forward f = {0};
	struct trouble trouble;

	if (forward_spec_parse(type, text, &f.spec, &trouble) != 0)
		fail_msg("%s: %s", text, trouble_get(&trouble, "detail"));
	return f;
}

static void is(const struct ssh_command *c, const char *line)
{
	struct buf out = BUF_INIT;

	ssh_command_write(&out, c);
	buf_put_u8(&out, 0);
	assert_string_equal((const char *)buf_ptr(&out), line);
	buf_done(&out);
}

static void forwards_have_their_flags(void **state)
{
	static const struct {
		enum forward_type type;
		const char *spec, *line;
	} rows[] = {
		{FORWARD_LOCAL, "127.0.0.1:3307:127.0.0.1:3306",
			"ssh -N -L 127.0.0.1:3307:127.0.0.1:3306 me@vps"},
		{FORWARD_LOCAL, "3307:db:3306",
			"ssh -N -L 3307:db:3306 me@vps"},
		{FORWARD_LOCAL, "*:80:[::1]:80",
			"ssh -N -L '*:80:[::1]:80' me@vps"},
		{FORWARD_LOCAL, "/tmp/a\\ b.sock:/run/x",
			"ssh -N -L '/tmp/a\\ b.sock:/run/x' me@vps"},
		{FORWARD_REMOTE, "0.0.0.0:8080:127.0.0.1:3000",
			"ssh -N -R 0.0.0.0:8080:127.0.0.1:3000 me@vps"},
		{FORWARD_REMOTE, "1080", "ssh -N -R 1080 me@vps"},
		{FORWARD_DYNAMIC, "127.0.0.1:1080",
			"ssh -N -D 127.0.0.1:1080 me@vps"},
	};
	struct store_server s = server("vps", 0, "me");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store_forward f = forward(rows[i].type, rows[i].spec);
		struct ssh_command c = {.server = &s, .forward = &f};

		is(&c, rows[i].line);
		store_forward_done(&f);
	}
	store_server_done(&s);
}

static void a_picked_port_is_said(void **state)
{
	struct store_server s = server("vps", 22, NULL);
	struct store_forward f = forward(FORWARD_DYNAMIC, "127.0.0.1:0");
	struct ssh_command c = {
		.server = &s, .forward = &f, .bound_port = 40123};

	is(&c, "ssh -N -D 127.0.0.1:40123 vps");
	store_forward_done(&f);
	store_server_done(&s);
}

static void servers_have_their_options(void **state)
{
	struct store_server s = server("vps.example", 2222, "me");
	struct store_forward f = forward(FORWARD_DYNAMIC, "1080");
	struct ssh_command c = {.server = &s, .forward = &f};

	store_list_add(&s.options, "IdentityFile=\"~/my keys/id\"");
	store_list_add(&s.options, "ProxyJump=gate,me@inner:2200");
	store_list_add(&s.options, "TaupePool=8");
	store_list_add(&s.options, "ServerAliveInterval=30");
	store_list_add(&s.options, "ProxyCommand=nc $HOST 'x' %p");
	is(&c, "ssh -N -D 1080 -p 2222 -J gate,me@inner:2200 "
	       "-i '~/my keys/id' -o ServerAliveInterval=30 "
	       "-o 'ProxyCommand=nc $HOST '\\''x'\\'' %p' me@vps.example");
	store_forward_done(&f);
	store_server_done(&s);
}

static void jump_servers_are_hops(void **state)
{
	struct store_server s = server("2001:db8::1", 0, "me");
	struct store_server first = server("gate", 2200, "g"),
			    second = server("fe80::1", 22, NULL);
	const struct store_server *way[] = {&first, &second};
	struct store_forward f = forward(FORWARD_DYNAMIC, "1080");
	struct ssh_command c = {
		.server = &s, .forward = &f, .way = way, .n_way = 2};

	store_list_add(&s.options, "ProxyJump=elsewhere");
	is(&c, "ssh -N -D 1080 -J 'g@gate:2200,[fe80::1]' me@2001:db8::1");
	store_forward_done(&f);
	store_server_done(&s);
	store_server_done(&first);
	store_server_done(&second);
}

/* A shell gives each word back. */
static void words_survive_a_shell(void **state)
{
	static const char *const words[] = {"", "a", "a b", "it's", "''",
		"$HOME", "`id`", "a\\b", "\"", "*", "~", "#x", "a\nb", "é",
		";&|<>(){}!"};
	struct buf line = BUF_INIT, back = BUF_INIT;
	FILE *shell;

	buf_printf(&line, "printf '%%s\\0'");
	for (size_t i = 0; i < COUNT(words); i++) {
		buf_put_u8(&line, ' ');
		ssh_command_quote(&line, words[i]);
	}
	buf_put_u8(&line, 0);
	shell = popen((const char *)buf_ptr(&line), "r");
	assert_non_null(shell);
	buf_commit(&back, fread(buf_reserve(&back, 4096), 1, 4096, shell));
	assert_int_equal(pclose(shell), 0);
	for (size_t i = 0; i < COUNT(words); i++) {
		assert_string_equal((const char *)buf_ptr(&back), words[i]);
		buf_consume(&back, strlen(words[i]) + 1);
	}
	assert_int_equal(buf_len(&back), 0);
	buf_done(&line);
	buf_done(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards_have_their_flags),
		cmocka_unit_test(a_picked_port_is_said),
		cmocka_unit_test(servers_have_their_options),
		cmocka_unit_test(jump_servers_are_hops),
		cmocka_unit_test(words_survive_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
