/* tunnel/options: ssh_config's words, with ssh -G as the judge where it can be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/match.h"
#include "ssh/kexdh.h"
#include "ssh/namelist.h"
#include "ssh/pubkey.h"
#include "ssh/sealer.h"
#include "tunnel/option_passive.h"
#include "tunnel/options.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void set(struct options *o, const char *assignment)
{
	struct trouble trouble = {0};

	if (options_set(o, assignment, &trouble) != 0)
		fail_msg("%s: %s", assignment, trouble_get(&trouble, "detail"));
}

static void refused(struct options *o, const char *assignment, const char *why)
{
	struct trouble trouble = {0};
	const char *detail;

	if (options_set(o, assignment, &trouble) != -ERR_INVALID)
		fail_msg("%s was taken", assignment);
	detail = trouble_get(&trouble, "detail");
	if (strstr(detail, why) == NULL)
		fail_msg("%s: %s", assignment, detail);
}

static void defaults(void **state)
{
	struct options o;

	(void)state;
	options_init(&o);
	assert_int_equal(o.port, 22);
	assert_null(o.host_name);
	assert_null(o.user);
	assert_int_equal(o.address_family, AF_UNSPEC);
	assert_int_equal(o.identity_files.n, 0);
	assert_string_equal(
		o.preferred_auths, "publickey,keyboard-interactive,password");
	assert_true(o.pubkey_auth && o.password_auth && o.kbdint_auth);
	assert_int_equal(o.password_prompts, 3);
	assert_int_equal(o.host_key_policy, HOST_KEY_ASK);
	assert_int_equal(o.user_known_hosts.n, 2);
	assert_string_equal(o.user_known_hosts.item[0], "~/.ssh/known_hosts");
	assert_int_equal(o.global_known_hosts.n, 2);
	assert_int_equal(o.update_host_keys, 1);
	assert_null(o.ciphers);
	assert_int_equal(o.alive_interval_s, 15);
	assert_int_equal(o.alive_count_max, 3);
	assert_int_equal(o.connect_timeout_s, 30);
	assert_int_equal(o.connection_attempts, 1);
	assert_true(o.tcp_keepalive);
	assert_int_equal(o.rekey_bytes, 0);
	assert_int_equal(o.stream_local_mask, 0177);
	assert_int_equal(o.pool_max, 4);
	options_done(&o);
}

static void every_way_to_write_it(void **state)
{
	static const char *const ways[] = {"Port=2222", "port=2222",
		"PORT = 2222", "Port 2222", " Port  2222 ", "Port= \"2222\"",
		"Port\t=\t2222"};
	struct options o;

	(void)state;
	for (size_t i = 0; i < ROWS(ways); i++) {
		options_init(&o);
		set(&o, ways[i]);
		assert_int_equal(o.port, 2222);
		options_done(&o);
	}
}

static void the_last_one_wins_and_lists_grow(void **state)
{
	struct options o;

	(void)state;
	options_init(&o);
	set(&o, "User=one");
	set(&o, "User=two");
	assert_string_equal(o.user, "two");
	set(&o, "IdentityFile=~/.ssh/a");
	set(&o, "IdentityFile=\"/with a space/b\"");
	set(&o, "IdentityFile=/with\\ a/c");
	assert_int_equal(o.identity_files.n, 3);
	assert_string_equal(o.identity_files.item[0], "~/.ssh/a");
	assert_string_equal(o.identity_files.item[1], "/with a space/b");
	assert_string_equal(o.identity_files.item[2], "/with a/c");
	set(&o, "UserKnownHostsFile=/a \"/b c\" '/d e'");
	assert_int_equal(o.user_known_hosts.n, 3);
	assert_string_equal(o.user_known_hosts.item[1], "/b c");
	assert_string_equal(o.user_known_hosts.item[2], "/d e");
	set(&o, "UserKnownHostsFile=/dev/null");
	assert_int_equal(o.user_known_hosts.n, 1);
	set(&o, "LocalForward=80 a:90");
	set(&o, "LocalForward 81 a:91");
	set(&o, "LocalForward = \"/a b\" \"a:92\"");
	refused(&o, "LocalForward \"80 a:90", "can't be");
	set(&o, "RemoteForward=8080");
	set(&o, "DynamicForward=*:1080");
	assert_int_equal(o.local_forwards.n, 3);
	assert_string_equal(o.local_forwards.item[1], "81 a:91");
	assert_string_equal(o.local_forwards.item[2], "/a\\ b a:92");
	assert_string_equal(o.remote_forwards.item[0], "8080");
	assert_string_equal(o.dynamic_forwards.item[0], "*:1080");
	options_done(&o);
}

static void a_failed_setting_changes_nothing(void **state)
{
	static const char *const bad[] = {"Port=0", "Port=x", "User=a b",
		"UserKnownHostsFile=/a \"/b", "RekeyLimit=1G x", "Ciphers=none",
		"IdentityFile=\"/a", "StrictHostKeyChecking=maybe",
		"StreamLocalBindMask=8"};
	struct options o;

	(void)state;
	options_init(&o);
	set(&o, "Port=7");
	set(&o, "User=me");
	set(&o, "UserKnownHostsFile=/k");
	set(&o, "RekeyLimit=2G 1h");
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_int_equal(options_set(&o, bad[i], NULL), -ERR_INVALID);
	assert_int_equal(o.port, 7);
	assert_string_equal(o.user, "me");
	assert_string_equal(o.user_known_hosts.item[0], "/k");
	assert_int_equal(o.rekey_bytes, (uint64_t)2 << 30);
	assert_int_equal(o.rekey_s, 3600);
	assert_null(o.ciphers);
	assert_int_equal(o.identity_files.n, 0);
	assert_int_equal(o.stream_local_mask, 0177);
	options_done(&o);
}

static void words(void **state)
{
	static const struct {
		const char *word;
		enum host_key_policy policy;
	} policies[] = {{"yes", HOST_KEY_STRICT}, {"no", HOST_KEY_OFF},
		{"off", HOST_KEY_OFF}, {"ask", HOST_KEY_ASK},
		{"Accept-New", HOST_KEY_ACCEPT_NEW}};
	char text[64];
	struct options o;

	(void)state;
	options_init(&o);
	for (size_t i = 0; i < ROWS(policies); i++) {
		snprintf(text, sizeof(text), "StrictHostKeyChecking=%s",
			policies[i].word);
		set(&o, text);
		assert_int_equal(o.host_key_policy, policies[i].policy);
	}
	set(&o, "AddressFamily=inet6");
	assert_int_equal(o.address_family, AF_INET6);
	set(&o, "UpdateHostKeys=ask");
	assert_int_equal(o.update_host_keys, 2);
	set(&o, "PubkeyAuthentication=no");
	assert_false(o.pubkey_auth);
	set(&o, "PubkeyAuthentication=host-bound");
	assert_true(o.pubkey_auth);
	set(&o, "ChallengeResponseAuthentication=no");
	assert_false(o.kbdint_auth);
	set(&o, "BatchMode=true");
	assert_true(o.batch_mode);
	set(&o, "StreamLocalBindMask=0117");
	assert_int_equal(o.stream_local_mask, 0117);
	set(&o, "IdentityAgent=none");
	assert_string_equal(o.identity_agent, "none");
	set(&o, "IdentityAgent=SSH_AUTH_SOCK");
	assert_null(o.identity_agent);
	options_done(&o);
}

static void none_resets(void **state)
{
	struct options o;

	(void)state;
	options_init(&o);
	set(&o, "ProxyCommand=nc -X 5 %h  %p \"x\"");
	assert_string_equal(o.proxy_command, "nc -X 5 %h  %p \"x\"");
	set(&o, "ProxyCommand=none");
	assert_null(o.proxy_command);
	set(&o, "ProxyJump=me@a:22,b");
	assert_string_equal(o.proxy_jump, "me@a:22,b");
	refused(&o, "ProxyJump=-oX", "host");
	assert_string_equal(o.proxy_jump, "me@a:22,b");
	set(&o, "ProxyJump=%r@a");
	set(&o, "ProxyJump=none");
	assert_null(o.proxy_jump);
	set(&o, "BindAddress=127.0.0.1");
	set(&o, "BindAddress=none");
	assert_null(o.bind_address);
	options_done(&o);
}

static void copies_own_their_strings(void **state)
{
	struct options o, copy = {0};

	(void)state;
	options_init(&o);
	set(&o, "User=me");
	set(&o, "IdentityFile=/a");
	options_copy(&copy, &o);
	options_copy(&copy, &o);
	set(&o, "User=you");
	set(&o, "IdentityFile=/b");
	assert_string_equal(copy.user, "me");
	assert_int_equal(copy.identity_files.n, 1);
	options_done(&o);
	options_copy(&copy, &copy);
	assert_string_equal(copy.identity_files.item[0], "/a");
	options_done(&copy);
}

static void unknown_names_get_a_suggestion(void **state)
{
	struct options o;

	(void)state;
	options_init(&o);
	refused(&o, "ServerAliveIntervall=3", "mean: ServerAliveInterval?");
	refused(&o, "StrictHostkeyCheck=no", "mean: StrictHostKeyChecking?");
	refused(&o, "Prot=22", "mean: Port?");
	refused(&o, "Loglevle=x", "mean: LogLevel?");
	refused(&o, "Xyzzy=1", "unknown option \"Xyzzy\"");
	refused(&o, "=1", "not Name=value");
	refused(&o, "", "not Name=value");
	refused(&o, "Port", "Port: it has no value");
	refused(&o, "Port=", "Port: it has no value");
	refused(&o, "Port-x=1", "not Name=value");
	refused(&o, "AnOptionWithANameThatIsLongerThanAnythingSshEverHad=1",
		"so long a name");
	set(&o, "IgnoreUnknown=Xyz*,Foo");
	set(&o, "Xyzzy=1");
	refused(&o, "Bar=1", "unknown option");
	options_done(&o);
}

static void what_a_tunnel_has_no_use_for(void **state)
{
	static const char *const fine[] = {"RequestTTY=no", "LogLevel=DEBUG3",
		"ControlMaster=auto", "ControlPath=/tmp/%C", "Compression=yes",
		"GSSAPIAuthentication=no", "Tunnel=no", "Protocol=2",
		"sendenv LANG LC_*", "CanonicalizeHostname=no",
		"ForkAfterAuthentication=no", "HostbasedKeyTypes=x",
		"RevokedHostKeys=none"};
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"GSSAPIAuthentication=yes", "GSSAPI is not supported"},
		{"Tunnel=ethernet", "tun"},
		{"Host=x", "configuration file"},
		{"Match=all", "configuration file"},
		{"Include=/etc/x", "configuration files"},
		{"PermitLocalCommand=yes", "no local command"},
		{"RevokedHostKeys=/etc/revoked", "@revoked"},
		{"KnownHostsCommand=/bin/x", "UserKnownHostsFile"},
		{"PermitRemoteOpen=a:1", "can't be limited"},
		{"PKCS11Provider=/lib/x.so", "agent"},
		{"Protocol=1", "version 2"},
		{"LogLevel", "has no value"},
	};
	const struct option_passive *p;
	struct options o;

	(void)state;
	options_init(&o);
	for (size_t i = 0; i < ROWS(fine); i++)
		set(&o, fine[i]);
	for (size_t i = 0; i < ROWS(bad); i++)
		refused(&o, bad[i].text, bad[i].why);
	for (size_t i = 0; (p = option_passive_at(i)) != NULL; i++) {
		assert_int_equal(p->harmless != NULL, p->why != NULL);
		assert_ptr_equal(option_passive_find(p->name), p);
	}
	options_done(&o);
}

/* ---- with ssh as the judge ---- */

/* What `ssh -G -o assignment` prints after `key`, or NULL when it refuses;
 * free() releases. */
static char *ask_ssh(const char *assignment, const char *key)
{
	char *line = NULL, *found = NULL;
	size_t room = 0, n = strlen(key);
	int out[2], status;
	FILE *f;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], 1);
		close(2);
		execlp("ssh", "ssh", "-F", "none", "-G", "-o", assignment,
			"host", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	while (getline(&line, &room, f) > 0)
		if (strncmp(line, key, n) == 0 && line[n] == ' ') {
			line[strcspn(line, "\n")] = '\0';
			found = strdup(line + n + 1);
		}
	free(line);
	fclose(f);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		skip();
	return found;
}

static void rekey_limit_is_ssh_s(void **state)
{
	static const char *const values[] = {"1G", "1G 1h", "default 90m",
		"4K none", "16", "1.5G", "1k", "2T", "1G 1h30m", "default none",
		"1G 0", "1", "x", "1X", "1G 1x", "-1", "1G -1", "1G 1h 2h"};
	char text[64], want[64];

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		struct options o;
		char *said;

		options_init(&o);
		snprintf(text, sizeof(text), "RekeyLimit=%s", values[i]);
		said = ask_ssh(text, "rekeylimit");
		if (said == NULL) {
			refused(&o, text, "RekeyLimit");
		} else {
			set(&o, text);
			snprintf(want, sizeof(want), "%llu %u",
				(unsigned long long)o.rekey_bytes, o.rekey_s);
			assert_string_equal(want, said);
		}
		free(said);
		options_done(&o);
	}
}

static void times_are_ssh_s(void **state)
{
	static const char *const values[] = {"0", "90", "1h30m", "1w2d3h4m5s",
		"10S", "2147483647", "2147483648", "99999999999999999999", "1x",
		"-1", "h", "1h1", "none", "3551w"};
	char text[64], want[16];

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		struct options o;
		char *said;

		options_init(&o);
		snprintf(text, sizeof(text), "ServerAliveInterval=%s",
			values[i]);
		said = ask_ssh(text, "serveraliveinterval");
		if (said == NULL) {
			refused(&o, text, "a time is wanted");
		} else {
			set(&o, text);
			snprintf(want, sizeof(want), "%u", o.alive_interval_s);
			assert_string_equal(want, said);
		}
		free(said);
		options_done(&o);
	}
}

/* ssh's defaults are others than ours, so what it does to them is compared in
 * what can be said of both. */
static void algorithm_prefixes_are_ssh_s(void **state)
{
	char *front = ask_ssh("Ciphers=^aes256-ctr", "ciphers");
	char *without = ask_ssh("Ciphers=-aes*", "ciphers");
	struct slice name, list;
	struct options o;

	(void)state;
	options_init(&o);
	set(&o, "Ciphers=^aes256-ctr");
	assert_memory_equal(front, "aes256-ctr,", 11);
	assert_memory_equal(o.ciphers, "aes256-ctr,", 11);
	assert_int_equal(strlen(o.ciphers), strlen(cipher_alg_default_list()));
	set(&o, "Ciphers=-aes*");
	assert_string_equal(o.ciphers, without);
	assert_string_equal(o.ciphers, "chacha20-poly1305@openssh.com");
	set(&o, "Ciphers=aes128-ctr,aes256-gcm@openssh.com,aes128-ctr");
	assert_string_equal(o.ciphers, "aes128-ctr,aes256-gcm@openssh.com");
	set(&o, "Ciphers=+aes128-ctr");
	assert_string_equal(o.ciphers, cipher_alg_default_list());
	set(&o, "Ciphers=aes*-ctr");
	list = slice_of(o.ciphers);
	while (namelist_next(&list, &name))
		assert_true(match_pattern(name, slice_of("aes*-ctr")));
	set(&o, "KexAlgorithms=^diffie*");
	assert_memory_equal(o.kex, "diffie-hellman-", 15);
	assert_int_equal(strlen(o.kex), strlen(kexdh_alg_default_list()));
	set(&o, "MACs=hmac-sha2-512");
	assert_string_equal(o.macs, "hmac-sha2-512");
	set(&o, "HostKeyAlgorithms=-*cert*,*ecdsa*");
	assert_null(strstr(o.host_key_algs, "cert"));
	assert_null(strstr(o.host_key_algs, "ecdsa"));
	assert_non_null(strstr(o.host_key_algs, "ssh-ed25519"));
	set(&o, "PubkeyAcceptedKeyTypes=ssh-ed25519");
	assert_string_equal(o.pubkey_accepted, "ssh-ed25519");
	refused(&o, "Ciphers=+nonsense", "does not do \"nonsense\"");
	refused(&o, "Ciphers=aes128-cbc", "does not do \"aes128-cbc\"");
	refused(&o, "HostKeyAlgorithms=+ssh-dss", "does not do \"ssh-dss\"");
	refused(&o, "Ciphers=-*", "leaves no algorithm");
	refused(&o, "Ciphers=,", "leaves no algorithm");
	set(&o, "Ciphers=-nonsense");
	assert_string_equal(o.ciphers, cipher_alg_default_list());
	free(front);
	free(without);
	options_done(&o);
}

/* Every option that this ssh prints is one that we know. */
static void no_option_of_ssh_is_unknown(void **state)
{
	FILE *f = popen("ssh -F none -G host 2>/dev/null", "r");
	char *line = NULL;
	size_t room = 0;
	struct options o;
	struct trouble trouble;

	(void)state;
	options_init(&o);
	while (getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		/* "host" is how newer ones print the argument. */
		if (strncmp(line, "host ", 5) != 0 &&
			options_set(&o, line, &trouble) != 0 &&
			strstr(trouble_get(&trouble, "detail"), "unknown"))
			fail_msg("%s", line);
	}
	free(line);
	pclose(f);
	options_done(&o);
}

/* ---- tokens ---- */

static void tokens_are_expanded(void **state)
{
	static const struct option_tokens tokens = {
		.host = "10.0.0.1",
		.original_host = "prod",
		.user = "me",
		.port = 2222,
	};
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"nc %h %p", "nc 10.0.0.1 2222"},
		{"%r@%n:%%", "me@prod:%"},
		{"%k", "prod"},
		{"~/x", "/home/tester/x"},
		{"~", "/home/tester"},
		{"a~", "a~"},
		{"%d/.ssh", "/home/tester/.ssh"},
		{"${TAUPE_TEST}/$x", "value/$x"},
		{"~root/x", "/root/x"},
		{"", ""},
	};
	static const char *const bad[] = {"%", "%z", "a%", "${TAUPE_NONE}",
		"${", "${}", "~no-such-user-here/x"};
	char *text;

	(void)state;
	setenv("HOME", "/home/tester", 1);
	setenv("TAUPE_TEST", "value", 1);
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_int_equal(
			options_expand(rows[i].text, &tokens, &text, NULL), 0);
		assert_string_equal(text, rows[i].want);
		free(text);
	}
	for (size_t i = 0; i < ROWS(bad); i++) {
		struct trouble trouble;

		assert_int_equal(
			options_expand(bad[i], &tokens, &text, &trouble),
			-ERR_INVALID);
		assert_non_null(strstr(
			trouble_get(&trouble, "detail"), "stands for nothing"));
	}
	assert_int_equal(options_expand("%C", &tokens, &text, NULL), 0);
	assert_int_equal(strspn(text, "0123456789abcdef"), 40);
	assert_int_equal(strlen(text), 40);
	free(text);
	assert_int_equal(
		options_expand("%i-%u-%l-%L", &tokens, &text, NULL), 0);
	assert_int_equal(strtoul(text, NULL, 10), getuid());
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_way_to_write_it),
		cmocka_unit_test(the_last_one_wins_and_lists_grow),
		cmocka_unit_test(a_failed_setting_changes_nothing),
		cmocka_unit_test(words),
		cmocka_unit_test(none_resets),
		cmocka_unit_test(copies_own_their_strings),
		cmocka_unit_test(unknown_names_get_a_suggestion),
		cmocka_unit_test(what_a_tunnel_has_no_use_for),
		cmocka_unit_test(rekey_limit_is_ssh_s),
		cmocka_unit_test(times_are_ssh_s),
		cmocka_unit_test(algorithm_prefixes_are_ssh_s),
		cmocka_unit_test(no_option_of_ssh_is_unknown),
		cmocka_unit_test(tokens_are_expanded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
