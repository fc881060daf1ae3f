/* Pasted ssh command lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "import_view.h"

static void is(const char *text, const char *expected)
{
	import_view_is(IMPORT_COMMAND, text, NULL, expected);
}

static void a_line_is_a_server_and_its_forwards(void **state)
{
	is("ssh -N -L 3307:127.0.0.1:3306 me@vps",
		"server vps: me@vps\n"
		"local vps 3307: 3307:127.0.0.1:3306 on vps\n");
	is("ssh -NfL3307:db:3306 -R '*:8080:localhost:3000' -D1080 vps -p 2222",
		"server vps: vps:2222\n"
		"local vps 3307: 3307:db:3306 on vps\n"
		"remote vps R 8080: *:8080:localhost:3000 on vps\n"
		"dynamic vps SOCKS 1080: 1080 on vps\n");
	is("ssh -L /tmp/my.sock:/run/their.sock ssh://me@[::1]:2200",
		"server ::1: me@::1:2200\n"
		"local ::1 my.sock: /tmp/my.sock:/run/their.sock on ::1\n");
	is("ssh -L [::1]:80:[2001:db8::1]:8080 -R 9000 h",
		"server h: h\n"
		"local h 80: [::1]:80:[2001:db8::1]:8080 on h\n"
		"remote h R 9000: 9000 on h\n");
}

static void options_are_the_server_s(void **state)
{
	is("ssh -i '~/my keys/id' -J a@b:2200,c -b 192.0.2.1 -4 -g -c "
	   "aes128-ctr "
	   "-m hmac-sha2-256 -L 1:h:2 vps",
		"server vps: vps\n"
		"  IdentityFile=\"~/my keys/id\"\n"
		"  ProxyJump=a@b:2200,c\n"
		"  BindAddress=192.0.2.1\n"
		"  AddressFamily=inet\n"
		"  GatewayPorts=yes\n"
		"  Ciphers=aes128-ctr\n"
		"  MACs=hmac-sha2-256\n"
		"local vps 1: 1:h:2 on vps\n");
	is("ssh -o ServerAliveInterval=30 -oStrictHostKeyChecking=accept-new "
	   "-o 'ProxyCommand nc -x p %h %p' -o LogLevel=QUIET "
	   "-o RequestTTY=no -D 1 h",
		"server h: h\n"
		"  ServerAliveInterval=30\n"
		"  StrictHostKeyChecking=accept-new\n"
		"  ProxyCommand=nc -x p %h %p\n"
		"dynamic h SOCKS 1: 1 on h\n");
}

static void forwards_may_be_options(void **state)
{
	is("ssh -o 'LocalForward 3307 127.0.0.1:3306' "
	   "-o RemoteForward='8080 localhost:3000' "
	   "-odynamicforward=1080 vps",
		"server vps: vps\n"
		"local vps 3307: 3307:127.0.0.1:3306 on vps\n"
		"remote vps R 8080: 8080:localhost:3000 on vps\n"
		"dynamic vps SOCKS 1080: 1080 on vps\n");
}

/* As ssh has it: the first that is given counts, flags before destination. */
static void the_first_counts(void **state)
{
	is("ssh -p 1 -p 2 -o Port=3 -l a -o User=b "
	   "-o ConnectTimeout=1 -o connecttimeout=2 -i x -i y -D 1 c@h",
		"server h: a@h:1\n"
		"  ConnectTimeout=1\n"
		"  IdentityFile=x\n"
		"  IdentityFile=y\n"
		"dynamic h SOCKS 1: 1 on h\n");
	is("ssh -o HostName=10.0.0.1 -oPort=2200 -D 1 vps",
		"server vps: 10.0.0.1:2200\n"
		"dynamic vps SOCKS 1: 1 on vps\n");
}

static void what_stands_around_is_passed_over(void **state)
{
	is("$ AUTOSSH_POLL=60 autossh -M 0 -f -N -D 1 h > /dev/null 2>&1 &",
		"server h: h\n"
		"dynamic h SOCKS 1: 1 on h\n");
	is("autossh -M20000:7 -qTnND 1 h", "server h: h\n"
					   "dynamic h SOCKS 1: 1 on h\n");
	is("sudo /usr/bin/ssh -D 1 -E log -S none -O exit h # mine",
		"server h: h\n"
		"dynamic h SOCKS 1: 1 on h\n");
	is("ssh.exe \\\n  -N \\\n  -L 1:h:2 \\\n  vps",
		"server vps: vps\n"
		"local vps 1: 1:h:2 on vps\n");
}

static void several_lines_are_several(void **state)
{
	is("# tunnels\nssh -L 1:h:2 me@vps; ssh -L 3:h:4 me@vps\n\n"
	   "ssh -p 2222 -L 5:h:6 me@vps && ssh -D 7 other\n",
		"server vps: me@vps\n"
		"server vps 2: me@vps:2222\n"
		"server other: other\n"
		"local vps 1: 1:h:2 on vps\n"
		"local vps 3: 3:h:4 on vps\n"
		"local vps 2 5: 5:h:6 on vps 2\n"
		"dynamic other SOCKS 7: 7 on other\n");
	is("ssh -D 1 h\nssh -D 1 h\n", "server h: h\n"
				       "dynamic h SOCKS 1: 1 on h\n"
				       "skipped 2 1: it is there twice\n");
}

static void what_can_t_be_taken_is_told(void **state)
{
	is("ls\nssh -D 1 h uptime -v\nssh\nssh -L nonsense h\n"
	   "ssh -F other -w 0:0 -Z -D x h\nssh -D",
		"server h: h\n"
		"dynamic h SOCKS 1: 1 on h\n"
		"skipped 1 ls: it is no ssh command\n"
		"skipped 2 uptime: taupe runs no command on the server\n"
		"skipped 3 ssh: the host is missing\n"
		"skipped 4 nonsense: -L \"nonsense\": \"nonsense\" is not a "
		"port (it takes: [bind:]port:host:port, or a socket's path for "
		"either side)\n"
		"skipped 5 -Z: unknown option\n"
		"skipped 5 -F other: taupe can't do that\n"
		"skipped 5 -w 0:0: taupe can't do that\n"
		"skipped 5 x: -D \"x\": \"x\" is not a port (it takes: "
		"[bind:]port)\n"
		"skipped 6 -D: it has no value\n"
		"skipped 6 ssh -D: the host is missing\n");
	is("ssh -p 99999 -o Nonsense=1 -o BatchMode -D 1 h",
		"server h: h\n"
		"dynamic h SOCKS 1: 1 on h\n"
		"skipped 1 99999: is not a port\n"
		"skipped 1 Nonsense=1: unknown option \"Nonsense\"\n"
		"skipped 1 BatchMode=: BatchMode: it has no value\n");
}

static void quotes_have_ends(void **state)
{
	is("ssh -D 1 h\nssh -D '2 h", "server h: h\n"
				      "dynamic h SOCKS 1: 1 on h\n"
				      "skipped 2 ssh -D '2 h: a quote is not "
				      "closed\n");
	is("ssh -D 1 \"h\"\\\n.example", "server h.example: h.example\n"
					 "dynamic h.example SOCKS 1: 1 on "
					 "h.example\n");
}

static void hostile_ones_are_refused(void **state)
{
	struct import_set set;
	struct trouble t;
	char *big = mem_alloc(IMPORT_TEXT_MAX + 1);
	static const char zero[] = "ssh\0-D 1 h";

	import_view_fails(
		IMPORT_COMMAND, "", 0, -ERR_INVALID, "it is no ssh command");
	import_view_fails(IMPORT_COMMAND, zero, sizeof(zero), -ERR_INVALID,
		"the text is not a text");
	memset(big, ' ', IMPORT_TEXT_MAX + 1);
	import_view_fails(IMPORT_COMMAND, big, IMPORT_TEXT_MAX + 1, -ERR_LIMIT,
		"the text is too long");
	for (size_t i = 0; i + 7 < IMPORT_TEXT_MAX; i += 6)
		memcpy(big + i, "ssh a\n", 6);
	assert_int_equal(import_read(IMPORT_COMMAND, big, IMPORT_TEXT_MAX, NULL,
				 &set, &t),
		0);
	assert_int_equal(set.n_servers, 1);
	import_set_done(&set);
	for (size_t i = 0; i + 17 < 17 * (IMPORT_ITEMS_MAX + 2); i += 17) {
		char line[32];

		snprintf(line, sizeof(line), "ssh -p %-5zu abc\n", i / 17 + 1);
		memcpy(big + i, line, 17);
	}
	import_view_fails(IMPORT_COMMAND, big, 17 * (IMPORT_ITEMS_MAX + 1),
		-ERR_LIMIT, "too many entries");
	is("ssh -D 1 -- '-oProxyCommand=x'\nssh -D 1 'a;b'\nssh -D 1 'a b@c'\n"
	   "ssh -D 1 h",
		"server h: h\n"
		"dynamic h SOCKS 1: 1 on h\n"
		"skipped 1 -oProxyCommand=x: \"-oProxyCommand=x\": the host "
		"has characters that no host name has\n"
		"skipped 2 a;b: \"a;b\": the host has characters that no host "
		"name has\n"
		"skipped 3 a b@c: \"a b@c\": the user name is empty or has "
		"unsafe characters\n");
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_server_and_its_forwards),
		cmocka_unit_test(options_are_the_server_s),
		cmocka_unit_test(forwards_may_be_options),
		cmocka_unit_test(the_first_counts),
		cmocka_unit_test(what_stands_around_is_passed_over),
		cmocka_unit_test(several_lines_are_several),
		cmocka_unit_test(what_can_t_be_taken_is_told),
		cmocka_unit_test(quotes_have_ends),
		cmocka_unit_test(hostile_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
