/*
 * ssh_config, read by ourselves and with ssh's help: what does not hang on a
 * Match comes out the same, and where hosts lead is what `ssh -G` says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/ssh_dump.h"
#include "import_view.h"
#include "scratch.h"

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool has_ssh(void)
{
	return access("/usr/bin/ssh", X_OK) == 0;
}

/* Where ssh would connect to with that file. */
static void ssh_agrees(const char *path, const struct import_set *set)
{
	for (size_t i = 0; i < set->n_servers; i++) {
		const struct store_server *s = &set->servers[i].server;
		struct ssh_dump dump;
		char port[8];

		snprintf(port, sizeof(port), "%u", s->port != 0 ? s->port : 22);
		assert_true(ssh_dump_read(path, s->name, &dump));
		assert_true(ssh_dump_has(&dump, "hostname", s->host));
		assert_true(ssh_dump_has(&dump, "port", port));
		if (s->user != NULL)
			assert_true(ssh_dump_has(&dump, "user", s->user));
		ssh_dump_done(&dump);
	}
}

/* Without a path nothing is run and nothing included. */
static void is(const char *text, const char *expected)
{
	struct import_set set;
	struct trouble t;
	char *view;

	import_view_is(IMPORT_SSH_CONFIG, text, NULL, expected);
	if (!has_ssh())
		return;
	write_file("config", text);
	assert_int_equal(import_read(IMPORT_SSH_CONFIG, text, strlen(text),
				 "config", &set, &t),
		0);
	view = import_view(&set, true);
	assert_string_equal(view, expected);
	ssh_agrees("config", &set);
	free(view);
	import_set_done(&set);
}

static void a_host_is_a_server(void **state)
{
	is("# mine\n\nHost vps\n\tHostName vps.example\n  Port = 2222\n"
	   "user=me\nIdentityFile \"~/my keys/id\"\n"
	   "IdentityFile ~/.ssh/two # the other\n"
	   "LocalForward 3307 127.0.0.1:3306\r\n"
	   "RemoteForward 8080 localhost:3000\n"
	   "DynamicForward 1080\n",
		"server vps: me@vps.example:2222\n"
		"  IdentityFile=\"~/my keys/id\"\n"
		"  IdentityFile=~/.ssh/two\n"
		"local vps 3307: 3307:127.0.0.1:3306 on vps\n"
		"remote vps R 8080: 8080:localhost:3000 on vps\n"
		"dynamic vps SOCKS 1080: 1080 on vps\n");
}

static void every_form_of_a_forward(void **state)
{
	is("Host h\nLocalForward *:1 db:2\nLocalForward [::1]:3 [fe80::1]:4\n"
	   "LocalForward /tmp/a.sock /tmp/b.sock\n"
	   "LocalForward 127.0.0.1:5 /var/run/x.sock\n"
	   "RemoteForward 6\nRemoteForward *:7\nRemoteForward 0 localhost:8\n"
	   "RemoteForward /tmp/c.sock localhost:9\nDynamicForward [::]:10\n",
		"server h: h\n"
		"local h 1: *:1:db:2 on h\n"
		"local h 3: [::1]:3:[fe80::1]:4 on h\n"
		"local h a.sock: /tmp/a.sock:/tmp/b.sock on h\n"
		"local h 5: 127.0.0.1:5:/var/run/x.sock on h\n"
		"remote h R 6: 6 on h\n"
		"remote h R 7: *:7 on h\n"
		"remote h R 0: 0:localhost:8 on h\n"
		"remote h R c.sock: /tmp/c.sock:localhost:9 on h\n"
		"dynamic h SOCKS 10: [::]:10 on h\n");
}

static void patterns_decide(void **state)
{
	is("User first\nHost a b !c\nPort 1\nHost *.example !bad.example\n"
	   "HostName %h.net\nUser second\nHost good.example bad.example\n"
	   "Port 2\nHost ? \"d\"\nServerAliveInterval 5\nHost *\nPort 3\n"
	   "ServerAliveInterval 7\nIdentityFile x\nHost d\nIdentityFile y\n"
	   "HostName 100%%h\n",
		"server a: first@a:1\n  ServerAliveInterval=5\n"
		"  IdentityFile=x\n"
		"server b: first@b:1\n  ServerAliveInterval=5\n"
		"  IdentityFile=x\n"
		"server good.example: first@good.example.net:2\n"
		"  ServerAliveInterval=7\n  IdentityFile=x\n"
		"server bad.example: first@bad.example:2\n"
		"  ServerAliveInterval=7\n  IdentityFile=x\n"
		"server d: first@100%h:3\n  ServerAliveInterval=5\n"
		"  IdentityFile=x\n  IdentityFile=y\n");
}

static void explicit_defaults_stay(void **state)
{
	is("Host h\nServerAliveInterval 0\nStrictHostKeyChecking ask\n"
	   "Ciphers +aes128-ctr\nUserKnownHostsFile ~/.a \"~/b c\"\n"
	   "ForwardX11 yes\nSendEnv LANG\nGatewayPorts yes\n"
	   "PasswordAuthentication no\n",
		"server h: h\n"
		"  ServerAliveInterval=0\n"
		"  StrictHostKeyChecking=ask\n"
		"  Ciphers=+aes128-ctr\n"
		"  UserKnownHostsFile=~/.a \"~/b c\"\n"
		"  GatewayPorts=yes\n"
		"  PasswordAuthentication=no\n");
}

static void jumps_are_hosts_of_the_file(void **state)
{
	is("Host bastion\nHostName b.example\nUser jump\nPort 2200\n"
	   "Host inner\nProxyJump bastion\n"
	   "Host deep\nProxyJump root@bastion,inner,else\n"
	   "Host cmd\nProxyCommand nc # %h %p\n"
	   "Host out\nProxyJump elsewhere\nHost *\nProxyJump bastion\n",
		"server bastion: jump@b.example:2200\n"
		"server inner: inner via bastion\n"
		"server deep: deep\n"
		"  ProxyJump=root@b.example:2200,inner,else\n"
		"server cmd: cmd\n"
		"  ProxyCommand=nc # %h %p\n"
		"server out: out\n"
		"  ProxyJump=elsewhere\n");
}

static void a_match_is_told_or_decided(void **state)
{
	static const char text[] =
		"Host a\nPort 1\nMatch host a,b\nUser me\nCiphers aes128-ctr\n"
		"LocalForward /tmp/x.sock /run/y.sock\n"
		"RemoteForward 6\nMatch all\nIdentityFile k\n";

	import_view_is(IMPORT_SSH_CONFIG, text, NULL,
		"server a: a:1\n  IdentityFile=k\n"
		"skipped 3 Match: its conditions are not decided here\n");
	if (!has_ssh())
		return;
	write_file("match", text);
	import_view_is(IMPORT_SSH_CONFIG, text, "match",
		"server a: me@a:1\n  Ciphers=aes128-ctr\n  IdentityFile=k\n"
		"local a x.sock: /tmp/x.sock:/run/y.sock on a\n"
		"remote a R 6: 6 on a\n");
}

/* It would be run by whoever asks what applies. */
static void commands_are_not_run(void **state)
{
	static const char text[] =
		"Host a\nMatch exec \"touch proof\"\nPort 2\n";

	write_file("exec", text);
	import_view_is(IMPORT_SSH_CONFIG, text, "exec",
		"server a: a\n"
		"skipped 2 Match: its conditions are not decided here\n");
	assert_int_equal(access("proof", F_OK), -1);
}

static void files_are_included(void **state)
{
	char text[512];

	snprintf(text, sizeof(text),
		"Include %s/one.conf\nHost a\nInclude %s/sub*.conf none.conf\n"
		"Port 9\n",
		scratch_dir, scratch_dir);
	write_file("one.conf", "User all\nHost one\nPort 1\n");
	write_file("sub1.conf", "IdentityFile k\nHost *\nUser inner\n"
				"HostName in.example\nHost b\nPort 7\n");
	write_file("main", text);
	import_view_is(IMPORT_SSH_CONFIG, text, "main",
		"server one: all@one:1\n"
		"server a: all@in.example:9\n"
		"  IdentityFile=k\n"
		"server b: all@b\n");
	import_view_is(IMPORT_SSH_CONFIG, text, NULL, "server a: a:9\n");
}

static void circles_end(void **state)
{
	struct import_set set;
	struct trouble t;
	char text[512];

	snprintf(text, sizeof(text), "Include %s/self %s/other\nHost a\n",
		scratch_dir, scratch_dir);
	write_file("self", text);
	write_file("other", text);
	assert_int_equal(import_read(IMPORT_SSH_CONFIG, text, strlen(text),
				 "self", &set, &t),
		-ERR_LIMIT);
	assert_string_equal(
		trouble_get(&t, "detail"), "files include each other");
}

static void wrong_lines_are_told(void **state)
{
	import_view_is(IMPORT_SSH_CONFIG,
		"Host a\nPort none\nLocalForward x\n"
		"ServerAliveInterval x\nHost b;c\nHost 12\nHost x\nUser -x\n",
		NULL,
		"server a: a\n"
		"server ssh 12: 12\n"
		"skipped 1 none: is not a port\n"
		"skipped 3 x: -L \"x\": \"x\" is not a port (it takes: "
		"[bind:]port:host:port, or a socket's path for either side)\n"
		"skipped 4 ServerAliveInterval=x: ServerAliveInterval: a time "
		"is "
		"wanted (such as 90 or 1h30m), not \"x\"\n"
		"skipped 5 b;c: is not a host\n"
		"skipped 7 -x: the user name is empty or has unsafe "
		"characters\n");
}

static void hostile_ones_end(void **state)
{
	struct buf big = BUF_INIT;

	import_view_fails(
		IMPORT_SSH_CONFIG, "", 0, -ERR_INVALID, "it names no host");
	import_view_fails(IMPORT_SSH_CONFIG, "Host *\n", 7, -ERR_INVALID,
		"it names no host");
	import_view_fails(IMPORT_SSH_CONFIG, "\xff\xfe\x01\x02\xd8", 5,
		-ERR_INVALID, "it names no host");
	for (int i = 0; i < 20001; i++)
		buf_printf(&big, "Port %d\n", i);
	import_view_fails(IMPORT_SSH_CONFIG, (const char *)buf_ptr(&big),
		buf_len(&big), -ERR_LIMIT, "too many entries");
	buf_clear(&big);
	buf_printf(&big, "Host");
	for (int i = 0; i < 5001; i++)
		buf_printf(&big, " h%d", i);
	import_view_fails(IMPORT_SSH_CONFIG, (const char *)buf_ptr(&big),
		buf_len(&big), -ERR_LIMIT, "too many entries");
	buf_done(&big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_a_server),
		cmocka_unit_test(every_form_of_a_forward),
		cmocka_unit_test(patterns_decide),
		cmocka_unit_test(explicit_defaults_stay),
		cmocka_unit_test(jumps_are_hosts_of_the_file),
		cmocka_unit_test(a_match_is_told_or_decided),
		cmocka_unit_test(commands_are_not_run),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(circles_end),
		cmocka_unit_test(wrong_lines_are_told),
		cmocka_unit_test(hostile_ones_end),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
