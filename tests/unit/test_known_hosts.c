/* ssh/known_hosts: against files that ssh-keygen writes, and its lookups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/base64.h"
#include "sandbox.h"
#include "ssh/known_hosts.h"

#define N_KEYS 16

static struct pubkey *keys[N_KEYS]; /* ed25519, made up */
static char *key_texts[N_KEYS];
static struct pubkey *ecdsa, *rsa, *cert;
static char *ecdsa_text, *rsa_text, *ca_text;

static struct slice text_of(const char *s)
{
	return (struct slice){(const uint8_t *)s, strlen(s)};
}

static struct pubkey *read_key(const char *path, char **ret_text)
{
	struct pubkey *key;

	*ret_text = sandbox_read(path);
	/* without the (empty) comment */
	strchr(strchr(*ret_text, ' ') + 1, ' ')[0] = '\0';
	assert_int_equal(pubkey_parse_line(text_of(*ret_text), &key, NULL), 0);
	return key;
}

static void make_key(size_t i)
{
	struct buf blob = BUF_INIT, text = BUF_INIT;
	uint8_t point[32];

	memset(point, (int)i + 1, sizeof(point));
	buf_put_cstring(&blob, "ssh-ed25519");
	buf_put_string(&blob, point, sizeof(point));
	buf_printf(&text, "ssh-ed25519 ");
	base64_encode(&text, buf_ptr(&blob), buf_len(&blob));
	key_texts[i] = mem_dup(buf_ptr(&text), buf_len(&text));
	assert_int_equal(
		pubkey_parse((struct slice){buf_ptr(&blob), buf_len(&blob)},
			&keys[i]),
		0);
	buf_done(&blob);
	buf_done(&text);
}

static int setup(void **state)
{
	struct pubkey *ca;
	char *cert_text;

	if (sandbox_setup(state) != 0)
		return -1;
	for (size_t i = 0; i < N_KEYS; i++)
		make_key(i);
	if (sandbox_run("exec >/dev/null 2>&1;"
			"ssh-keygen -q -N '' -C '' -t ecdsa -f ecdsa &&"
			"ssh-keygen -q -N '' -C '' -t rsa -b 2048 -f rsa &&"
			"ssh-keygen -q -N '' -C '' -t ed25519 -f ca &&"
			"ssh-keygen -q -s ca -I id -h -n h ecdsa.pub") != 0)
		return -1;
	ecdsa = read_key("ecdsa.pub", &ecdsa_text);
	rsa = read_key("rsa.pub", &rsa_text);
	ca = read_key("ca.pub", &ca_text);
	cert = read_key("ecdsa-cert.pub", &cert_text);
	pubkey_free(ca);
	free(cert_text);
	return 0;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		pubkey_free(keys[i]);
		free(key_texts[i]);
	}
	pubkey_free(ecdsa);
	pubkey_free(rsa);
	pubkey_free(cert);
	free(ecdsa_text);
	free(rsa_text);
	free(ca_text);
	return sandbox_teardown(state);
}

/* "%0" … "%9", "%a" … are keys[0] …; "%E" ecdsa, "%R" rsa, "%C" the CA. */
static char *fill(const char *template)
{
	struct buf out = BUF_INIT;
	char *text;

	for (const char *p = template; *p != '\0'; p++) {
		if (*p != '%') {
			buf_put(&out, p, 1);
			continue;
		}
		p++;
		if (*p == 'E')
			buf_printf(&out, "%s", ecdsa_text);
		else if (*p == 'R')
			buf_printf(&out, "%s", rsa_text);
		else if (*p == 'C')
			buf_printf(&out, "%s", ca_text);
		else
			buf_printf(&out, "%s",
				key_texts[isdigit(*p) ? *p - '0'
						      : *p - 'a' + 10]);
	}
	text = mem_dup(buf_ptr(&out), buf_len(&out));
	buf_done(&out);
	return text;
}

static struct known_hosts *parse(const char *template)
{
	struct known_hosts *kh = known_hosts_new();
	char *text = fill(template);

	known_hosts_parse(kh, text_of(text), "memory");
	free(text);
	return kh;
}

static void write_file(const char *path, const char *template)
{
	char *text = fill(template);

	sandbox_write(path, text);
	free(text);
}

static void assert_file(const char *path, const char *template)
{
	char *wanted = fill(template), *got = sandbox_read(path);

	assert_string_equal(got, wanted);
	free(wanted);
	free(got);
}

static struct known_hosts_answer check(const struct known_hosts *kh,
	const char *name, const struct pubkey *key)
{
	struct known_hosts_answer answer;

	known_hosts_check(kh, name, key, &answer);
	return answer;
}

static void assert_verdict(const char *template, const char *name,
	const struct pubkey *key, enum known_hosts_verdict verdict,
	unsigned line)
{
	struct known_hosts *kh = parse(template);
	struct known_hosts_answer a = check(kh, name, key);

	if (a.verdict != verdict || a.line != line)
		fail_msg("%s: verdict %d, line %u in\n%s", name, a.verdict,
			a.line, template);
	assert_int_equal(a.recorded != NULL, verdict != KNOWN_HOSTS_UNKNOWN);
	if (a.path != NULL)
		assert_string_equal(a.path, "memory");
	known_hosts_free(kh);
}

static void names(void **state)
{
	static const struct {
		const char *host;
		uint16_t port;
		const char *name;
	} rows[] = {
		{"Host.Example.ORG", 22, "host.example.org"},
		{"Host", 2222, "[host]:2222"},
		{"::1", 22, "::1"},
		{"FE80::1", 2022, "[fe80::1]:2022"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *name = known_hosts_name(rows[i].host, rows[i].port);

		assert_string_equal(name, rows[i].name);
		free(name);
	}
}

static void verdicts(void **state)
{
	(void)state;
	assert_verdict("", "h", keys[0], KNOWN_HOSTS_UNKNOWN, 0);
	assert_verdict("h %0\n", "h", keys[0], KNOWN_HOSTS_MATCH, 1);
	assert_verdict("h %0", "h", keys[0], KNOWN_HOSTS_MATCH, 1);
	assert_verdict(
		"\n#c\n \th \t %0 c\r\n", "h", keys[0], KNOWN_HOSTS_MATCH, 3);
	assert_verdict("H %0\n", "h", keys[0], KNOWN_HOSTS_MATCH, 1);
	assert_verdict("h %1\n", "h", keys[0], KNOWN_HOSTS_CHANGED, 1);
	assert_verdict("h %1\nh %0\n", "h", keys[0], KNOWN_HOSTS_MATCH, 2);
	/* another type is recorded */
	assert_verdict("h %0\n", "h", ecdsa, KNOWN_HOSTS_CHANGED, 1);
	/* of several, the one of the same type is shown */
	assert_verdict("h %E\nh %1\nh %R\nh %2\n", "h", keys[0],
		KNOWN_HOSTS_CHANGED, 2);
	assert_verdict("other %0\n", "h", keys[0], KNOWN_HOSTS_UNKNOWN, 0);
	assert_verdict("[h]:2222 %0\n", "h", keys[0], KNOWN_HOSTS_UNKNOWN, 0);
	assert_verdict(
		"[h]:2222 %0\n", "[h]:2222", keys[0], KNOWN_HOSTS_MATCH, 1);
	assert_verdict("*.a,!x.a %0\n", "y.a", keys[0], KNOWN_HOSTS_MATCH, 1);
	assert_verdict("*.a,!x.a %0\n", "x.a", keys[0], KNOWN_HOSTS_UNKNOWN, 0);
}

static void unusable_lines_are_skipped(void **state)
{
	(void)state;
	assert_verdict(
		"h\nh \nh ssh-ed25519\nh ssh-ed25519 AAAA\n"
		"h 1024 35 1234567890\n@weird h %0\n@revoked\n"
		"@cert-authority @revoked h %0\n@ h %0\n"
		"|1|x|y %0\n|2|| %0\n| %0\n|1| %0\n|1|| %0\nh ssh-foo %0\n",
		"h", keys[0], KNOWN_HOSTS_UNKNOWN, 0);
	assert_verdict("h bad\nh %0\n", "h", keys[0], KNOWN_HOSTS_MATCH, 2);
}

static void overlong_lines_are_skipped(void **state)
{
	struct known_hosts *kh = known_hosts_new();
	struct buf text = BUF_INIT;
	char *tail = fill("h %0\nh %1\n");

	(void)state;
	memset(buf_reserve(&text, 70000), 'x', 70000);
	buf_commit(&text, 70000);
	buf_printf(&text, ",%s", tail);
	known_hosts_parse(
		kh, (struct slice){buf_ptr(&text), buf_len(&text)}, "memory");
	assert_int_equal(check(kh, "h", keys[0]).verdict, KNOWN_HOSTS_CHANGED);
	assert_int_equal(check(kh, "h", keys[1]).line, 2);
	known_hosts_free(kh);
	buf_done(&text);
	free(tail);
}

static void revoked_wins(void **state)
{
	(void)state;
	assert_verdict(
		"h %0\n@revoked * %0\n", "h", keys[0], KNOWN_HOSTS_REVOKED, 2);
	assert_verdict("@revoked * %0\n", "h", keys[1], KNOWN_HOSTS_UNKNOWN, 0);
	assert_verdict(
		"@revoked x %0\nh %0\n", "h", keys[0], KNOWN_HOSTS_MATCH, 2);
	/* the CA, or the key inside */
	assert_verdict("@cert-authority h %C\n@revoked h %C\n", "h", cert,
		KNOWN_HOSTS_REVOKED, 2);
	assert_verdict("@cert-authority h %C\n@revoked h %E\n", "h", cert,
		KNOWN_HOSTS_REVOKED, 2);
}

static void certificates(void **state)
{
	struct known_hosts *kh = parse("@cert-authority *.a,h %C\n");
	struct known_hosts_answer a = check(kh, "h", cert);

	(void)state;
	assert_int_equal(a.verdict, KNOWN_HOSTS_MATCH);
	assert_true(a.via_authority);
	/* an authority says nothing about plain keys */
	assert_int_equal(check(kh, "h", ecdsa).verdict, KNOWN_HOSTS_UNKNOWN);
	known_hosts_free(kh);

	kh = parse("@cert-authority h %0\nh %E\n");
	a = check(kh, "h", cert);
	assert_int_equal(a.verdict, KNOWN_HOSTS_MATCH);
	assert_false(a.via_authority);
	known_hosts_free(kh);

	/* the CA's key, but not as an authority */
	assert_verdict("h %C\n", "h", cert, KNOWN_HOSTS_CHANGED, 1);
	assert_verdict(
		"@cert-authority h %0\n", "h", cert, KNOWN_HOSTS_UNKNOWN, 0);
	assert_verdict("@cert-authority h %C\n@cert-authority h %0\nh %1\n",
		"h", cert, KNOWN_HOSTS_MATCH, 1);
}

static void several_files(void **state)
{
	struct known_hosts *kh = known_hosts_new();
	struct known_hosts_answer a;
	struct trouble t;

	(void)state;
	write_file("one", "h %0\n");
	write_file("two", "h %1\n@revoked * %2\n");
	assert_int_equal(known_hosts_load(kh, "one", &t), 0);
	assert_int_equal(known_hosts_load(kh, "two", &t), 0);
	assert_int_equal(known_hosts_load(kh, "missing", &t), 0);
	assert_int_equal(known_hosts_load(kh, "/dev/null", &t), 0);
	assert_int_equal(known_hosts_load(kh, ".", &t), -ERR_FILE);
	assert_int_equal(sandbox_run("mkfifo fifo"), 0);
	assert_int_equal(known_hosts_load(kh, "fifo", &t), -ERR_FILE);
	assert_string_equal(trouble_get(&t, "path"), "fifo");
	a = check(kh, "h", keys[1]);
	assert_int_equal(a.verdict, KNOWN_HOSTS_MATCH);
	assert_string_equal(a.path, "two");
	assert_int_equal(check(kh, "h", keys[2]).verdict, KNOWN_HOSTS_REVOKED);
	assert_string_equal(check(kh, "h", keys[3]).path, "one");
	known_hosts_free(kh);
}

static void too_large_a_file_is_refused(void **state)
{
	struct known_hosts *kh = known_hosts_new();
	struct trouble t;

	(void)state;
	assert_int_equal(sandbox_run("truncate -s 17M large"), 0);
	assert_int_equal(known_hosts_load(kh, "large", &t), -ERR_FILE);
	known_hosts_free(kh);
}

/* Every key stands on one line only, so that what ssh-keygen -F finds can be
 * told from outside: exactly those lines' keys are known for the name. */
static void assert_agrees_with_keygen(const char *path)
{
	static const char *const hosts[] = {"h", "h.a", "x.a", "y.x.a", "host",
		"[h]:2222", "[h]:2223", "[x.a]:22", "192.168.0.7",
		"192.168.0.77", "::1", "fe80::1", "nowhere", "hh"};
	struct known_hosts *kh = known_hosts_new();

	assert_int_equal(known_hosts_load(kh, path, NULL), 0);
	for (size_t h = 0; h < sizeof(hosts) / sizeof(hosts[0]); h++) {
		char *found;

		(void)sandbox_run("ssh-keygen -F '%s' -f %s >found 2>/dev/null",
			hosts[h], path);
		found = sandbox_read("found");
		for (size_t k = 0; k < N_KEYS; k++) {
			bool theirs = strstr(found, key_texts[k]) != NULL;
			bool ours = check(kh, hosts[h], keys[k]).verdict ==
				    KNOWN_HOSTS_MATCH;

			if (theirs != ours)
				fail_msg("%s: key %zu: ssh-keygen %d, we %d",
					hosts[h], k, theirs, ours);
		}
		free(found);
	}
	known_hosts_free(kh);
}

static void lookups_agree_with_keygen(void **state)
{
	(void)state;
	write_file("kh", "# a comment\nh %0 one\nh.a,x.a %1\n*.a %2\n"
			 "*.a,!*.x.a %3\n[h]:2222 %4\n[h]:* %5\nh? %6\n"
			 "192.168.0.? %7\n::1,fe80::* %8\n* %9\n!h,* %a\n"
			 "HOST %b\n[*]:22 %c\n\t h   %d\t  with comment\n"
			 "!nowhere %e\nhost,,h %f");
	assert_agrees_with_keygen("kh");
	assert_int_equal(sandbox_run("ssh-keygen -H -f kh >/dev/null 2>&1"), 0);
	assert_int_equal(sandbox_run("grep -q '^|1|' kh"), 0);
	assert_agrees_with_keygen("kh");
}

static void algorithms_are_ordered(void **state)
{
	static const char defaults[] =
		"ssh-ed25519-cert-v01@openssh.com,"
		"rsa-sha2-512-cert-v01@openssh.com,ssh-ed25519,"
		"ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,rsa-sha2-512,"
		"rsa-sha2-256";
	static const struct {
		const char *file, *order;
	} rows[] = {
		{"", "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
		     "rsa-sha2-512,rsa-sha2-256,"
		     "ssh-ed25519-cert-v01@openssh.com,"
		     "rsa-sha2-512-cert-v01@openssh.com"},
		{"h %R\n@revoked h %E\n",
			"rsa-sha2-512,rsa-sha2-256,ssh-ed25519,"
			"ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
			"ssh-ed25519-cert-v01@openssh.com,"
			"rsa-sha2-512-cert-v01@openssh.com"},
		{"@cert-authority * %C\nh %E\n",
			"ssh-ed25519-cert-v01@openssh.com,"
			"rsa-sha2-512-cert-v01@openssh.com,"
			"ecdsa-sha2-nistp256,ssh-ed25519,ecdsa-sha2-nistp384,"
			"rsa-sha2-512,rsa-sha2-256"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct known_hosts *kh = parse(rows[i].file);
		char *list = known_hosts_order_algs(kh, "h", defaults);

		assert_string_equal(list, rows[i].order);
		free(list);
		list = known_hosts_order_algs(kh, "h", "");
		assert_string_equal(list, "");
		free(list);
		known_hosts_free(kh);
	}
}

/* ---- writing ---- */

static void append_creates_folder_and_file(void **state)
{
	struct stat st;

	(void)state;
	umask(022);
	assert_int_equal(
		known_hosts_append("new/kh", "h", keys[0], false, NULL), 0);
	assert_int_equal(stat("new", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat("new/kh", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_file("new/kh", "h %0\n");
	assert_int_equal(
		known_hosts_append("no/such/folder", "h", keys[0], false, NULL),
		-ERR_FILE);
	assert_int_equal(
		known_hosts_append("/dev/null", "h", keys[0], false, NULL), 0);
}

static void append_ends_the_last_line_first(void **state)
{
	(void)state;
	write_file("tail", "a %0");
	assert_int_equal(
		known_hosts_append("tail", "[h]:2222", keys[1], false, NULL),
		0);
	assert_int_equal(
		known_hosts_append("tail", "h", ecdsa, false, NULL), 0);
	assert_file("tail", "a %0\n[h]:2222 %1\nh %E\n");
}

static void append_records_a_certificate_as_its_key(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(
		known_hosts_append("plain", "h", cert, false, NULL), 0);
	text = sandbox_read("plain");
	text[strlen(text) - 1] = '\0';
	assert_memory_equal(text + 2, ecdsa_text, strlen(text + 2));
	free(text);
}

static void append_hashed_is_found_by_keygen(void **state)
{
	char *found, *raw;

	(void)state;
	assert_int_equal(
		known_hosts_append("hashed", "[h]:2222", keys[0], true, NULL),
		0);
	assert_int_equal(
		known_hosts_append("hashed", "[h]:2222", keys[1], true, NULL),
		0);
	assert_int_equal(sandbox_run("ssh-keygen -F '[h]:2222' -f hashed "
				     ">found"),
		0);
	found = sandbox_read("found");
	assert_non_null(strstr(found, key_texts[0]));
	assert_non_null(strstr(found, key_texts[1]));
	raw = sandbox_read("hashed");
	assert_null(strstr(raw, "2222"));
	/* a fresh salt each time */
	assert_memory_not_equal(raw, strchr(raw, '\n') + 1, 31);
	free(found);
	free(raw);
}

static void append_refuses_names_that_are_syntax(void **state)
{
	static const char *const bad[] = {"", "a b", "a\nb", "a,b", "*", "a?",
		"!a", "|1|a|b", "@revoked", "#a", "a\tb", "a\rb", "a\x7f"};
	struct trouble t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(known_hosts_append(
					 "refused", bad[i], keys[0], false, &t),
			-ERR_INVALID);
	assert_int_equal(access("refused", F_OK), -1);
}

static void append_many(char letter)
{
	char name[32];

	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "%c%u", letter, i);
		if (known_hosts_append("both", name, keys[0], i % 2, NULL) != 0)
			_exit(1);
	}
	_exit(0);
}

static void concurrent_appenders_keep_whole_lines(void **state)
{
	struct known_hosts *kh = known_hosts_new();
	unsigned added, removed;
	int status;

	(void)state;
	write_file("both", "start %1\ngone %1");
	for (unsigned i = 0; i < 2; i++)
		if (fork() == 0)
			append_many("ab"[i]);
	/* an update between them renames the file under their feet */
	for (unsigned i = 0; i < 50; i++) {
		const struct pubkey *now = keys[2 + i % 2];

		assert_int_equal(known_hosts_update("both", "gone", &now, 1,
					 false, &added, &removed, NULL),
			0);
		assert_int_equal(added, 1);
		assert_int_equal(removed, 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(known_hosts_load(kh, "both", NULL), 0);
	for (unsigned i = 0; i < 400; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%c%u", "ab"[i % 2], i / 2);
		assert_int_equal(
			check(kh, name, keys[0]).verdict, KNOWN_HOSTS_MATCH);
	}
	assert_int_equal(check(kh, "start", keys[1]).line, 1);
	assert_int_equal(check(kh, "gone", keys[3]).verdict, KNOWN_HOSTS_MATCH);
	assert_int_equal(sandbox_run("test $(wc -l <both) = 402"), 0);
	known_hosts_free(kh);
}

static void update(const char *path, const struct pubkey *const *now, size_t n,
	unsigned want_added, unsigned want_removed)
{
	unsigned added, removed;

	assert_int_equal(known_hosts_update(path, "h", now, n, false, &added,
				 &removed, NULL),
		0);
	assert_int_equal(added, want_added);
	assert_int_equal(removed, want_removed);
}

static void update_replaces_only_the_hosts_plain_lines(void **state)
{
	const struct pubkey *now[] = {keys[1], keys[5], rsa, keys[5]};
	struct stat before, after;

	(void)state;
	write_file("up", "# first\nh %0 old\nother %0\n\n  h %1 kept\n"
			 "h,10.0.0.1 %2\nh* %3\n@cert-authority h %4\n"
			 "@revoked h %6\nh junk\n# last\nh %7");
	assert_int_equal(chmod("up", 0640), 0);
	update("up", now, 4, 2, 2);
	assert_file("up", "# first\nother %0\n\n  h %1 kept\nh,10.0.0.1 %2\n"
			  "h* %3\n@cert-authority h %4\n@revoked h %6\nh junk\n"
			  "# last\nh %5\nh %R\n");
	assert_int_equal(stat("up", &before), 0);
	assert_int_equal(before.st_mode & 07777, 0640);
	/* nothing to change: the file is left alone */
	update("up", now, 4, 0, 0);
	assert_int_equal(stat("up", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void update_knows_hashed_lines(void **state)
{
	const struct pubkey *now[] = {keys[2]};

	(void)state;
	write_file("uph", "h %0\n[h]:23 %1\n");
	assert_int_equal(
		sandbox_run("ssh-keygen -H -f uph >/dev/null 2>&1"), 0);
	update("uph", now, 1, 1, 1);
	assert_int_equal(
		sandbox_run("ssh-keygen -F h -f uph >found &&"
			    "ssh-keygen -F '[h]:23' -f uph >/dev/null"),
		0);
	assert_int_equal(sandbox_run("test $(wc -l <uph) = 2"), 0);
}

static void update_adds_a_key_once_and_counts_patterns(void **state)
{
	const struct pubkey *now[] = {keys[3], keys[2]};

	(void)state;
	write_file("upp", "h,10.0.0.1 %2\nh* %3");
	update("upp", now, 2, 0, 0);
	assert_file("upp", "h,10.0.0.1 %2\nh* %3");
}

static void update_follows_links_and_spares_devices(void **state)
{
	const struct pubkey *now[] = {keys[1]};
	struct stat st;

	(void)state;
	write_file("real", "h %0");
	assert_int_equal(symlink("real", "link"), 0);
	update("link", now, 1, 1, 1);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_file("real", "h %1\n");
	update("/dev/null", now, 1, 0, 0);
	assert_int_equal(lstat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	update("fresh", now, 1, 1, 0);
	assert_file("fresh", "h %1\n");
	assert_int_equal(sandbox_run("! ls | grep -q '\\.......$'"), 0);
}

/* One line an entry: what people see of it. */
static void put_entry(void *arg, const struct known_hosts_entry *e)
{
	char fingerprint[PUBKEY_FINGERPRINT_MAX];
	size_t key = 0;

	pubkey_fingerprint(e->key, fingerprint);
	while (key < N_KEYS && !pubkey_equal_plain(keys[key], e->key))
		key++;
	assert_string_not_equal(fingerprint, "");
	buf_printf(arg, "%s:%u|%s|%s|%zu|%s%s\n", e->path, e->line, e->marker,
		e->hashed ? "#" : e->names, key, e->comment,
		known_hosts_entry_is_for(e, "h") ? "|h" : "");
}

static void entries_are_listed(void **state)
{
	struct known_hosts *kh = known_hosts_new();
	struct buf out = BUF_INIT;
	struct trouble t;

	(void)state;
	write_file("list", "# first\nh %0 an  old one \nother,10.* %1\n\n"
			   "\t@revoked  h\t%2\t x\r\nh junk\n@what h %3\n"
			   "@cert-authority *,!h %4\n[h]:2222 %5");
	write_file("list2", "h %6\n");
	assert_int_equal(
		sandbox_run("ssh-keygen -H -f list2 >/dev/null 2>&1"), 0);
	assert_int_equal(known_hosts_load(kh, "list", &t), 0);
	assert_int_equal(known_hosts_load(kh, "list2", &t), 0);
	known_hosts_each(kh, put_entry, &out);
	buf_put_u8(&out, 0);
	assert_string_equal((char *)buf_ptr(&out),
		"list:2||h|0|an  old one|h\n"
		"list:3||other,10.*|1|\n"
		"list:5|@revoked|h|2|x|h\n"
		"list:8|@cert-authority|*,!h|4|\n"
		"list:9||[h]:2222|5|\n"
		"list2:1||#|6||h\n");
	buf_done(&out);
	known_hosts_free(kh);
}

static int remove_key(const char *path, unsigned line, size_t key)
{
	char fingerprint[PUBKEY_FINGERPRINT_MAX];
	struct trouble t;
	int err;

	pubkey_fingerprint(keys[key], fingerprint);
	err = known_hosts_remove(path, line, fingerprint, &t);
	assert_int_equal(err != 0 ? t.code : ERR_OK, -err);
	return err;
}

static void remove_takes_one_line(void **state)
{
	struct stat st;

	(void)state;
	write_file("rm", "# first\r\n h %0 \nh %1\n\njunk\n|1|x|y %2\nh %3");
	assert_int_equal(chmod("rm", 0640), 0);
	assert_int_equal(symlink("rm", "rm-link"), 0);
	assert_int_equal(remove_key("rm-link", 3, 1), 0);
	assert_file("rm", "# first\r\n h %0 \n\njunk\n|1|x|y %2\nh %3");
	assert_int_equal(lstat("rm-link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat("rm", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* the last one, that no newline ends, and the first */
	assert_int_equal(remove_key("rm", 6, 3), 0);
	assert_int_equal(remove_key("rm", 2, 0), 0);
	assert_file("rm", "# first\r\n\njunk\n|1|x|y %2\n");
	assert_int_equal(remove_key("rm", 4, 2), 0);
	assert_file("rm", "# first\r\n\njunk\n");
}

static void remove_wants_the_very_key(void **state)
{
	struct stat before, after;

	(void)state;
	write_file("rm2", "# first\nh %0\nh %1\nh junk\n");
	assert_int_equal(stat("rm2", &before), 0);
	assert_int_equal(remove_key("rm2", 2, 1), -ERR_NOT_FOUND);
	assert_int_equal(remove_key("rm2", 3, 0), -ERR_NOT_FOUND);
	assert_int_equal(remove_key("rm2", 0, 0), -ERR_NOT_FOUND);
	assert_int_equal(remove_key("rm2", 1, 0), -ERR_NOT_FOUND);
	assert_int_equal(remove_key("rm2", 4, 0), -ERR_NOT_FOUND);
	assert_int_equal(remove_key("rm2", 5, 0), -ERR_NOT_FOUND);
	assert_int_equal(
		known_hosts_remove("rm2", 2, "", NULL), -ERR_NOT_FOUND);
	assert_file("rm2", "# first\nh %0\nh %1\nh junk\n");
	assert_int_equal(stat("rm2", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(remove_key("no-such", 1, 0), -ERR_NOT_FOUND);
	assert_int_equal(remove_key("no-such/file", 1, 0), -ERR_NOT_FOUND);
	assert_int_equal(remove_key("/dev/null", 1, 0), -ERR_NOT_FOUND);
	assert_int_equal(stat("no-such", &after), -1);
	assert_int_equal(remove_key(".", 1, 0), -ERR_FILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(unusable_lines_are_skipped),
		cmocka_unit_test(overlong_lines_are_skipped),
		cmocka_unit_test(revoked_wins),
		cmocka_unit_test(certificates),
		cmocka_unit_test(several_files),
		cmocka_unit_test(too_large_a_file_is_refused),
		cmocka_unit_test(lookups_agree_with_keygen),
		cmocka_unit_test(algorithms_are_ordered),
		cmocka_unit_test(append_creates_folder_and_file),
		cmocka_unit_test(append_ends_the_last_line_first),
		cmocka_unit_test(append_records_a_certificate_as_its_key),
		cmocka_unit_test(append_hashed_is_found_by_keygen),
		cmocka_unit_test(append_refuses_names_that_are_syntax),
		cmocka_unit_test(concurrent_appenders_keep_whole_lines),
		cmocka_unit_test(update_replaces_only_the_hosts_plain_lines),
		cmocka_unit_test(update_knows_hashed_lines),
		cmocka_unit_test(update_adds_a_key_once_and_counts_patterns),
		cmocka_unit_test(update_follows_links_and_spares_devices),
		cmocka_unit_test(entries_are_listed),
		cmocka_unit_test(remove_takes_one_line),
		cmocka_unit_test(remove_wants_the_very_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
