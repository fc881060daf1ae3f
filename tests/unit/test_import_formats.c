/* PuTTY's sessions, boring's and mole's TOML, marix's JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "import_view.h"

/* ---- PuTTY ---- */

#define REG_HEAD "Windows Registry Editor Version 5.00\r\n\r\n"
#define SESSIONS "[HKEY_CURRENT_USER\\Software\\SimonTatham\\PuTTY\\Sessions\\"

static void putty_s_registry(void **state)
{
	import_view_is(IMPORT_PUTTY,
		REG_HEAD
		"[HKEY_CURRENT_USER\\Software\\SimonTatham\\PuTTY]\r\n"
		"\r\n" SESSIONS "Default%20Settings]\r\n"
		"\"HostName\"=\"\"\r\n\"Protocol\"=\"ssh\"\r\n\r\n" SESSIONS
		"My%20VPS]\r\n\"Present\"=dword:00000001\r\n"
		"\"HostName\"=\"me@vps.example\"\r\n"
		"\"PortNumber\"=dword:000008ae\r\n\"Protocol\"=\"ssh\"\r\n"
		"\"PingInterval\"=dword:00000001\r\n"
		"\"PingIntervalSecs\"=dword:0000001e\r\n"
		"\"PublicKeyFile\"=\"C:\\\\keys\\\\a.ppk\"\r\n"
		"\"ProxyMethod\"=dword:00000000\r\n"
		"\"PortForwardings\"=\"L3307=127.0.0.1:3306,"
		"4R8080=localhost:3000,D1080=,6L[::1]:5=[fe80::1]:6,X1\"\r\n"
		"\r\n" SESSIONS "old]\r\n\"HostName\"=\"h\"\r\n"
		"\"Protocol\"=\"telnet\"\r\n",
		NULL,
		"server My VPS: me@vps.example:2222\n"
		"  ServerAliveInterval=90\n"
		"local My VPS 3307: 3307:127.0.0.1:3306 on My VPS\n"
		"remote My VPS R 8080: 8080:localhost:3000 on My VPS\n"
		"dynamic My VPS SOCKS 1080: 1080 on My VPS\n"
		"local My VPS 5: [::1]:5:[fe80::1]:6 on My VPS\n"
		"skipped 9 C:\\keys\\a.ppk: a kind of key that taupe does not "
		"know\n"
		"skipped 9 X1: it can't be understood\n"
		"skipped 20 old: it is no SSH session\n");
}

static void putty_s_files(void **state)
{
	import_view_is(IMPORT_PUTTY,
		"HostName=h\nPortNumber=22\nUserName=me\nProtocol=ssh\n"
		"LocalPortAcceptAll=1\nRemotePortAcceptAll=1\n"
		"PortForwardings=D1080,L127.0.0.1:1=a:2,R3=b:4\n"
		"ProxyMethod=3\nPublicKeyFile=\n",
		"/home/me/.putty/sessions/A%20b%",
		"server A b%: me@h\n"
		"dynamic A b% SOCKS 1080: *:1080 on A b%\n"
		"local A b% 1: 127.0.0.1:1:a:2 on A b%\n"
		"remote A b% R 3: *:3:b:4 on A b%\n"
		"skipped 1 ProxyMethod: taupe can't do that\n");
}

/* As regedit saves it. */
static void putty_in_utf16(void **state)
{
	static const char text[] =
		REG_HEAD SESSIONS "caf\xe9]\r\n\"HostName\"=\"h\"\r\n";
	char wide[2 * sizeof(text)] = "\xff\xfe", *view;
	struct import_set set;
	struct trouble t;
	size_t n = 2;

	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		wide[n++] = text[i];
		wide[n++] = '\0';
	}
	assert_int_equal(import_read(IMPORT_PUTTY, wide, n, NULL, &set, &t), 0);
	view = import_view(&set, true);
	assert_string_equal(view, "server caf\xc3\xa9: h\n");
	free(view);
	import_set_done(&set);
}

static void putty_in_pieces(void **state)
{
	import_view_fails(IMPORT_PUTTY, "HostName=\n", 10, -ERR_INVALID,
		"it names no session of SSH");
	import_view_is(IMPORT_PUTTY,
		"[\\Sessions\\a\n\"HostName\n\"HostName\"\"HostName\"=\"\n"
		"\"HostName\"=\"x\\\n[\n]\n[\\Sessions\\]\nHostName=y\n"
		"PortNumber=70000\n%\nPortForwardings=,,L,R=,D,\n",
		NULL,
		"server y: y\n"
		"skipped 1 x\\: is not a host\n"
		"skipped 7 70000: is not a port\n"
		"skipped 7 : -L \"\": it is empty (it takes: "
		"[bind:]port:host:port, or a socket's path for either side)\n"
		"skipped 7 : -R \"\": it is empty (it takes: "
		"[bind:]port:host:port, or [bind:]port for a SOCKS proxy)\n"
		"skipped 7 : -D \"\": it is empty (it takes: [bind:]port)\n");
}

/* ---- boring ---- */

static void boring_s_modes(void **state)
{
	import_view_is(IMPORT_BORING,
		"# mine\nkeep_alive = 120\n\n[[tunnels]]\nname = \"db\"\n"
		"local = \"3307\"\nremote = '127.0.0.1:3306'\nhost = \"vps\"\n"
		"user = \"me\"\nport = 2222\nidentity = \"~/my keys/id\"\n"
		"group = \"work, home\"\n\n"
		"[[ tunnels ]] # two\nname = \"dev\"\nlocal = 3000\n"
		"remote = \"0.0.0.0:8080\"\nhost = \"vps\"\nmode = \"remote\"\n"
		"user=\"me\"\nport=2222\nidentity=\"~/my keys/id\"\n"
		"[[tunnels]]\nname = \"proxy\"\nlocal = \"1080\"\n"
		"host = \"other\"\nmode = \"socks\"\nkeep_alive = 5\n"
		"[[tunnels]]\nname = \"back\"\nremote = \"1081\"\n"
		"host = \"other\"\nmode = \"socks-remote\"\nkeep_alive = 5\n"
		"[[tunnels]]\nname = \"sock\"\nlocal = \"/tmp/a.sock\"\n"
		"remote = \"/run/b.sock\"\nhost = \"other\"\n",
		NULL,
		"server vps: me@vps:2222\n"
		"  IdentityFile=\"~/my keys/id\"\n"
		"  ServerAliveInterval=120\n"
		"server other: other\n"
		"  ServerAliveInterval=5\n"
		"server other 2: other\n"
		"  ServerAliveInterval=120\n"
		"local db: 127.0.0.1:3307:127.0.0.1:3306 on vps #work--home\n"
		"remote dev: 0.0.0.0:8080:127.0.0.1:3000 on vps\n"
		"dynamic proxy: 127.0.0.1:1080 on other\n"
		"remote back: 127.0.0.1:1081 on other\n"
		"local sock: /tmp/a.sock:/run/b.sock on other 2\n");
}

static void boring_s_mistakes(void **state)
{
	import_view_is(IMPORT_BORING,
		"[[tunnels]]\nname = \"a\"\nlocal = \"1\"\n"
		"[[tunnels]]\nhost = \"h\"\nlocal = \"1\"\nremote = \"2\"\n"
		"mode = \"up\"\n"
		"[[tunnels]]\nhost = \"h\"\nlocal = \"1\"\nremote = \"2\"\n"
		"colour = \"red\"\nport = \"x\"\n"
		"[other]\nname = \"\"\"x\"\"\"\n",
		NULL,
		"server h: h\n"
		"local h 1: 127.0.0.1:1:127.0.0.1:2 on h\n"
		"skipped 1 a: something that it needs is missing\n"
		"skipped 4 up: there is no such mode\n"
		"skipped 13 colour: unknown option\n"
		"skipped 9 x: is not a port\n"
		"skipped 15 other: unknown option\n"
		"skipped 16 name = \"\"\"x\"\"\": it can't be understood\n");
	import_view_fails(IMPORT_BORING, "x = 1\n", 6, -ERR_INVALID,
		"it names no tunnel");
}

/* ---- mole ---- */

static void mole_s_aliases(void **state)
{
	import_view_is(IMPORT_MOLE,
		"name = \"db\"\ntype = \"local\"\nverbose = false\n"
		"source = [\":3307\", \"127.0.0.1:3308\"]\n"
		"destination = [\n  \":3306\", # first\n  "
		"\"10.0.0.1:3306\",\n]\n"
		"server = \"me@vps:2222\"\nkey = \"/home/me/.ssh/id\"\n"
		"keep-alive-interval = \"1m30s\"\ntimeout = \"3s\"\n",
		"/home/me/.mole/ignored.toml",
		"server vps: me@vps:2222\n"
		"  IdentityFile=/home/me/.ssh/id\n"
		"  ServerAliveInterval=1m30s\n"
		"  ConnectTimeout=3s\n"
		"local db: 127.0.0.1:3307:127.0.0.1:3306 on vps\n"
		"local db 2: 127.0.0.1:3308:10.0.0.1:3306 on vps\n");
	import_view_is(IMPORT_MOLE,
		"type = \"dynamic\"\nsource = []\nserver = \"h\"\n",
		"/home/me/.mole/web.toml",
		"server h: h\n"
		"dynamic web: 127.0.0.1:0 on h\n");
}

static void mole_s_list(void **state)
{
	import_view_is(IMPORT_MOLE,
		"[aliases]\n  [aliases.web]\n  type = \"dynamic\"\n"
		"  source = [\"1080\"]\n  server = \"h\"\n"
		"  keep-alive-interval = \"0s\"\n"
		"  [aliases.\"a b\"]\n  type = \"remote\"\n"
		"  source = [\":8080\"]\n  destination = [\":3000\"]\n"
		"  server = \"h\"\n"
		"  [aliases.bad]\n  type = \"local\"\n  server = \"a;b\"\n"
		"  [aliases.half]\n  server = \"h\"\n  source = [\":1\"]\n"
		"  [aliases.one]\n  type = \"local\"\n  server = \"h\"\n"
		"  source = [\":1\"]\n",
		NULL,
		"server h: h\n"
		"dynamic web: 127.0.0.1:1080 on h\n"
		"remote a b: 127.0.0.1:8080:127.0.0.1:3000 on h\n"
		"skipped 12 a;b: \"ssh://a;b\": the host has characters that "
		"no host name has\n"
		"skipped 15 half: something that it needs is missing\n"
		"skipped 18 127.0.0.1:1: something that it needs is missing\n");
}

/* ---- marix ---- */

static void marix_s_backup(void **state)
{
	import_view_is(IMPORT_MARIX,
		"{\"servers\": [{\"id\": \"s1\", \"name\": \"My VPS\", "
		"\"host\": \"vps\", \"port\": 2222, \"username\": \"me\", "
		"\"password\": \"secret\", \"privateKeyPath\": \"~/k y\"},"
		"{\"id\": \"s2\", \"host\": \"h\", \"port\": \"22\"},"
		"{\"id\": \"s3\", \"name\": \"no\"}],"
		"\"portForwards\": [{\"name\": \"MySQL vers localhost\", "
		"\"type\": \"local\", \"serverId\": \"s1\", "
		"\"localHost\": \"127.0.0.1\", \"localPort\": 3307, "
		"\"remoteHost\": \"127.0.0.1\", \"remotePort\": \"3306\"},"
		"{\"type\": \"remote\", \"serverId\": \"s1\", "
		"\"localHost\": \"127.0.0.1\", \"localPort\": 3000, "
		"\"remoteHost\": \"0.0.0.0\", \"remotePort\": 8080},"
		"{\"name\": \"p\", \"type\": \"dynamic\", \"serverId\": \"s2\","
		" \"localPort\": 1080},"
		"{\"name\": \"lost\", \"serverId\": \"s9\"},"
		"{\"name\": \"nowhere\", \"serverId\": \"s2\"}]}",
		NULL,
		"server My VPS: me@vps:2222\n"
		"  IdentityFile=\"~/k y\"\n"
		"server h: h\n"
		"local MySQL vers localhost: 127.0.0.1:3307:127.0.0.1:3306 on "
		"My VPS\n"
		"remote My VPS R 8080: 0.0.0.0:8080:127.0.0.1:3000 on My VPS\n"
		"dynamic p: 127.0.0.1:1080 on h\n"
		"skipped 0 servers: the host is missing\n"
		"skipped 0 lost: its server is not in the list\n"
		"skipped 0 [127.0.0.1]:0 [127.0.0.1]:0: -L "
		"\"[127.0.0.1]:0 [127.0.0.1]:0\": port 0 can't be a "
		"destination (it takes: [bind:]port:host:port, or a socket's "
		"path for either side)\n");
}

static void marix_in_pieces(void **state)
{
	char deep[10000];

	import_view_fails(IMPORT_MARIX, "{\"servers\": [", 13, -ERR_INVALID,
		"it is no JSON (1:13)");
	import_view_fails(IMPORT_MARIX, "{\"encrypted\": \"x\"}", 18,
		-ERR_INVALID, "it is encrypted");
	import_view_fails(
		IMPORT_MARIX, "[1]", 3, -ERR_INVALID, "it names no server");
	import_view_fails(IMPORT_MARIX, "{\"servers\": {\"a\": 1}}", 21,
		-ERR_INVALID, "it names no server");
	memset(deep, '[', sizeof(deep));
	import_view_fails(IMPORT_MARIX, deep, sizeof(deep), -ERR_INVALID,
		"it is no JSON (1:2049)");
}

/* ---- all ---- */

static void names_are_names(void **state)
{
	for (int i = 0; i < IMPORT_FORMAT_COUNT; i++)
		assert_int_equal(import_format_of(import_format_name(
					 (enum import_format)i)),
			i);
	assert_int_equal(import_format_of("x"), IMPORT_FORMAT_COUNT);
}

static void hostile_ones_end(void **state)
{
	static const enum import_format toml[] = {IMPORT_BORING, IMPORT_MOLE};
	struct buf big = BUF_INIT;

	for (int i = 0; i <= IMPORT_ITEMS_MAX; i++)
		buf_printf(&big,
			"[[tunnels]]\nhost='h'\nport=%d\nlocal='%d'\n"
			"remote='2'\n",
			i + 1, i + 1);
	import_view_fails(IMPORT_BORING, (const char *)buf_ptr(&big),
		buf_len(&big), -ERR_LIMIT, "too many entries");
	buf_clear(&big);
	for (int i = 0; i <= IMPORT_ITEMS_MAX; i++)
		buf_printf(&big, "[\\Sessions\\x]\nHostName=h\n");
	import_view_fails(IMPORT_PUTTY, (const char *)buf_ptr(&big),
		buf_len(&big), -ERR_LIMIT, "too many entries");
	buf_clear(&big);
	for (int i = 0; i < 100000; i++)
		buf_printf(&big, "a=[1,\n");
	for (size_t i = 0; i < 2; i++)
		import_view_fails(toml[i], (const char *)buf_ptr(&big),
			buf_len(&big), -ERR_INVALID, "it names no tunnel");
	buf_done(&big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(putty_s_registry),
		cmocka_unit_test(putty_s_files),
		cmocka_unit_test(putty_in_utf16),
		cmocka_unit_test(putty_in_pieces),
		cmocka_unit_test(boring_s_modes),
		cmocka_unit_test(boring_s_mistakes),
		cmocka_unit_test(mole_s_aliases),
		cmocka_unit_test(mole_s_list),
		cmocka_unit_test(marix_s_backup),
		cmocka_unit_test(marix_in_pieces),
		cmocka_unit_test(names_are_names),
		cmocka_unit_test(hostile_ones_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
