/* tunnel/identity: which keys are offered, in which order, and signing, with a
 * real ssh-agent and with agents that misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/un.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "sandbox.h"
#include "ssh/privkey.h"
#include "tunnel/agent_conn.h"
#include "tunnel/identity.h"

static uv_loop_t loop;
static pid_t agent;
static const struct option_tokens tokens = {
	.host = "h", .original_host = "h", .user = "u", .port = 22};

/* ---- gathering, and saying what came ---- */

static void set_flag(void *arg)
{
	*(bool *)arg = true;
}

static struct identity *gather(const struct options *options)
{
	bool ready = false;
	struct identity *id =
		identity_new(&loop, options, &tokens, set_flag, &ready);

	assert_false(ready);
	while (!ready)
		uv_run(&loop, UV_RUN_ONCE);
	return id;
}

/* "name@file", "name@agent", "name+cert@agent", "name+cert@agent:plain" …; "?"
 * where the key is not known. The comments of our keys are their files' names.
 */
static char *describe(const struct identity *id)
{
	struct buf out = BUF_INIT;
	const struct auth_key *keys;
	char *text;
	size_t n;

	keys = identity_keys(id, &n);
	buf_put(&out, "", 0);
	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(keys[i].comment, '/');

		buf_printf(&out, "%s%s%s%s%s", i ? " " : "",
			slash != NULL ? slash + 1 : keys[i].comment,
			keys[i].key == NULL           ? "?"
			: pubkey_is_cert(keys[i].key) ? "+cert"
						      : "",
			keys[i].path != NULL ? "@file" : "@agent",
			keys[i].agent_key != NULL ? ":plain" : "");
		if (keys[i].agent_key != NULL)
			assert_true(pubkey_equal_plain(
				keys[i].agent_key, keys[i].key));
	}
	text = mem_dup(out.data, buf_len(&out));
	buf_done(&out);
	return text;
}

static void set(struct options *options, const char *assignment)
{
	assert_int_equal(options_set(options, assignment, NULL), 0);
}

/* `assignments` is a NULL-ended list; the number of troubles is `n_troubles`.
 */
static void assert_offers(
	const char *const *assignments, const char *wanted, size_t n_troubles)
{
	struct options options;
	struct identity *id;
	char *got;
	size_t n;

	options_init(&options);
	for (; *assignments != NULL; assignments++)
		set(&options, *assignments);
	id = gather(&options);
	got = describe(id);
	assert_string_equal(got, wanted);
	identity_troubles(id, &n);
	assert_int_equal(n, n_troubles);
	free(got);
	identity_free(id);
	options_done(&options);
}

#define OFFERS(wanted, n_troubles, ...)                                        \
	assert_offers(                                                         \
		(const char *const[]){__VA_ARGS__, NULL}, wanted, n_troubles)

static int drain(void **state)
{
	(void)state;
	/* an agent that was given up leaves nothing behind in the loop */
	return uv_run(&loop, UV_RUN_DEFAULT);
}

/* ---- files ---- */

static void default_files(void **state)
{
	(void)state;
	OFFERS("id_ed25519@file id_ecdsa@file id_rsa?@file", 0,
		"IdentityAgent none");
	OFFERS("id_ed25519@file id_ecdsa@file id_rsa?@file", 0,
		"IdentityAgent none", "IdentitiesOnly yes");
}

static void named_files(void **state)
{
	(void)state;
	OFFERS("pem@file id_ecdsa@file", 0, "IdentityAgent none",
		"IdentityFile pem", "IdentityFile %d/.ssh/id_ecdsa");
	OFFERS("", 0, "IdentityAgent none", "IdentityFile none");
	/* the same one twice */
	OFFERS("pem@file", 0, "IdentityAgent none", "IdentityFile pem",
		"IdentityFile ./pem");
	/* nothing there; no key; a folder; a token that there is not */
	OFFERS("", 4, "IdentityAgent none", "IdentityFile missing",
		"IdentityFile junk", "IdentityFile .ssh", "IdentityFile %%_%y");
	/* the public half, without its private one anywhere */
	OFFERS("", 2, "IdentityAgent none", "IdentityFile lonely",
		"IdentityFile lonely.pub");
	/* a token's key is of no use without the agent */
	OFFERS("", 1, "IdentityAgent none", "IdentityFile token");
}

static void certificates_of_files(void **state)
{
	(void)state;
	OFFERS("work+cert@file work@file", 0, "IdentityAgent none",
		"IdentityFile work");
	OFFERS("work-cert.pub+cert@file id_ecdsa@file work@file", 0,
		"IdentityAgent none", "IdentityFile ~/.ssh/id_ecdsa",
		"IdentityFile work", "CertificateFile work-cert.pub");
	/* the host's; not a certificate; without its private key */
	OFFERS("pem@file", 3, "IdentityAgent none", "IdentityFile pem",
		"CertificateFile host-cert.pub", "CertificateFile work.pub",
		"CertificateFile work-cert.pub");
}

static void a_public_half_that_lies_is_not_believed(void **state)
{
	struct privkey *private;
	struct options options;
	struct identity *id;
	const struct auth_key *keys;
	size_t n;

	(void)state;
	options_init(&options);
	set(&options, "IdentityAgent none");
	set(&options, "IdentityFile stale");
	id = gather(&options);
	keys = identity_keys(id, &n);
	assert_int_equal(n, 1);
	assert_int_equal(privkey_load("stale", NULL, &private, NULL), 0);
	assert_true(pubkey_equal_plain(keys[0].key, privkey_public(private)));
	privkey_free(private);
	identity_free(id);
	options_done(&options);
}

/* ---- a real agent: it holds extra, loose (whose certificate is a file), the
 * default ecdsa key, work and its certificate ---- */

static void agent_and_files(void **state)
{
	(void)state;
	OFFERS("id_ecdsa@agent extra@agent loose@agent work+cert@agent "
	       "work@agent id_ed25519@file id_rsa?@file",
		0, "IdentityAgent agent");
	OFFERS("id_ecdsa@agent id_ed25519@file id_rsa?@file", 0,
		"IdentityAgent agent", "IdentitiesOnly yes");
	OFFERS("work+cert@agent work@agent pem@file", 0, "IdentityAgent agent",
		"IdentitiesOnly yes", "IdentityFile pem", "IdentityFile work");
	/* chosen by its public half alone */
	OFFERS("extra@agent", 0, "IdentityAgent agent", "IdentitiesOnly yes",
		"IdentityFile extra.pub");
}

static void certificates_whose_key_is_in_the_agent(void **state)
{
	(void)state;
	OFFERS("loose+cert@agent:plain loose@agent", 0, "IdentityAgent agent",
		"IdentitiesOnly yes", "IdentityFile loose");
	OFFERS("loose-cert.pub+cert@agent:plain loose@agent", 0,
		"IdentityAgent agent", "IdentitiesOnly yes",
		"IdentityFile none", "CertificateFile loose-cert.pub");
}

static void the_agent_is_found(void **state)
{
	static const char *const named[] = {"SSH_AUTH_SOCK", "$ELSEWHERE",
		"${ELSEWHERE}", "~/agent", "%d/agent"};
	char assignment[64];

	(void)state;
	setenv("SSH_AUTH_SOCK", "agent", 1);
	setenv("ELSEWHERE", "agent", 1);
	OFFERS("extra@agent", 0, "IdentityFile extra.pub",
		"IdentitiesOnly yes");
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		snprintf(assignment, sizeof(assignment), "IdentityAgent %s",
			named[i]);
		OFFERS("extra@agent", 0, "IdentityFile extra.pub",
			"IdentitiesOnly yes", assignment);
	}
	unsetenv("SSH_AUTH_SOCK");
	OFFERS("pem@file", 0, "IdentityFile pem");
	OFFERS("pem@file", 0, "IdentityFile pem", "IdentityAgent $NOT_SET");
}

struct outcome {
	bool came;
	struct buf signature;
	struct identity *to_free;
};

static void keep_signature(void *arg, struct slice signature)
{
	struct outcome *o = arg;

	o->came = true;
	buf_put(&o->signature, signature.p, signature.len);
	identity_free(o->to_free);
}

static size_t sign(struct identity *id, const struct pubkey *key,
	const char *alg, struct outcome *o)
{
	o->came = false;
	buf_clear(&o->signature);
	identity_sign(id, pubkey_blob(key),
		(struct slice){(const uint8_t *)"data", 4}, alg, keep_signature,
		o);
	assert_false(o->came);
	while (!o->came)
		uv_run(&loop, UV_RUN_ONCE);
	return buf_len(&o->signature);
}

static void the_agent_signs(void **state)
{
	struct outcome o = {0};
	struct options options;
	struct identity *id;
	const struct auth_key *keys;
	size_t n, signed_with = 0;

	(void)state;
	options_init(&options);
	set(&options, "IdentityAgent agent");
	id = gather(&options);
	keys = identity_keys(id, &n);
	for (size_t i = 0; i < n; i++) {
		const char *name;

		if (keys[i].path != NULL)
			continue;
		name = pubkey_name(keys[i].key);
		assert_true(sign(id, keys[i].key, name, &o) > 0);
		assert_int_equal(
			pubkey_verify(keys[i].key,
				(struct slice){
					(const uint8_t *)name, strlen(name)},
				(struct slice){buf_ptr(&o.signature),
					buf_len(&o.signature)},
				(struct slice){(const uint8_t *)"data", 4}),
			0);
		signed_with++;
	}
	assert_int_equal(signed_with, 5);
	/* a key that the agent does not have; the callback frees all */
	o.to_free = id;
	assert_int_equal(sign(id, keys[n - 2].key, "ssh-ed25519", &o), 0);
	options_done(&options);
	buf_done(&o.signature);
}

static void a_locked_agent_has_no_keys(void **state)
{
	(void)state;
	assert_int_equal(sandbox_run("SSH_AUTH_SOCK=agent SSH_ASKPASS=./pass "
				     "SSH_ASKPASS_REQUIRE=force ssh-add -x "
				     ">/dev/null 2>&1"),
		0);
	OFFERS("pem@file", 0, "IdentityAgent agent", "IdentityFile pem");
	assert_int_equal(sandbox_run("SSH_AUTH_SOCK=agent SSH_ASKPASS=./pass "
				     "SSH_ASKPASS_REQUIRE=force ssh-add -X "
				     ">/dev/null 2>&1"),
		0);
}

/* ---- agents that misbehave, on the same loop ---- */

struct fake {
	uv_pipe_t server;
	const char *reply; /* NULL: closes at once; "": never answers */
	size_t reply_len;
	unsigned accepted;
};

struct fake_client {
	uv_pipe_t pipe;
	uv_write_t write;
};

static void fake_closed(uv_handle_t *h)
{
	free(h->data);
}

static void fake_room(uv_handle_t *h, size_t n, uv_buf_t *ret_buf)
{
	static char sink[4096];

	*ret_buf = uv_buf_init(sink, sizeof(sink));
}

static void fake_heard(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	if (n < 0)
		uv_close((uv_handle_t *)s, fake_closed);
}

static void fake_accept(uv_stream_t *server, int status)
{
	struct fake *f = server->data;
	struct fake_client *c = mem_zalloc(1, sizeof(*c));
	uv_stream_t *client = (uv_stream_t *)&c->pipe;
	uv_buf_t reply = uv_buf_init((char *)f->reply, (unsigned)f->reply_len);

	assert_int_equal(status, 0);
	f->accepted++;
	uv_pipe_init(&loop, &c->pipe, 0);
	c->pipe.data = c;
	assert_int_equal(uv_accept(server, client), 0);
	if (f->reply == NULL) {
		uv_close((uv_handle_t *)client, fake_closed);
		return;
	}
	uv_read_start(client, fake_room, fake_heard);
	if (f->reply_len > 0)
		uv_write(&c->write, client, &reply, 1, NULL);
}

static void fake_start(struct fake *f, const char *reply, size_t n)
{
	*f = (struct fake){.reply = reply, .reply_len = n};
	uv_pipe_init(&loop, &f->server, 0);
	f->server.data = f;
	unlink("fake");
	assert_int_equal(uv_pipe_bind(&f->server, "fake"), 0);
	assert_int_equal(
		uv_listen((uv_stream_t *)&f->server, 4, fake_accept), 0);
}

static void fake_stop(struct fake *f)
{
	uv_close((uv_handle_t *)&f->server, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void agents_that_fail_are_left_aside(void **state)
{
	static const struct {
		const char *reply;
		size_t len;
	} rows[] = {
		{NULL, 0},
		{"\0\0\0\0", 4},
		{"\xff\xff\xff\xff", 4},
		{"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
		{"\0\0\0\x01\x05", 5},
		{"\0\0\0\x05\x0c\xff\xff\xff\xff", 9},
		{"\0\0\0\x09\x0c\0\0\0\x01\0\0\0\x50", 13},
	};
	struct fake f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_start(&f, rows[i].reply, rows[i].len);
		OFFERS("pem@file", 1, "IdentityAgent fake", "IdentityFile pem");
		assert_int_equal(f.accepted, 1);
		fake_stop(&f);
	}
}

static void agents_that_are_not_there(void **state)
{
	char assignment[256] = "IdentityAgent /tmp/";

	(void)state;
	OFFERS("pem@file", 1, "IdentityAgent no-such", "IdentityFile pem");
	/* not a socket */
	OFFERS("pem@file", 1, "IdentityAgent pem", "IdentityFile pem");
	/* longer than a socket's path can be */
	memset(assignment + strlen(assignment), 'x', 120);
	OFFERS("pem@file", 1, assignment, "IdentityFile pem");
}

static void count(uv_timer_t *timer)
{
	++*(unsigned *)timer->data;
}

static void an_agent_that_never_answers_does_not_hold_the_loop(void **state)
{
	unsigned ticks = 0;
	uv_timer_t timer;
	struct fake f;

	(void)state;
	uv_timer_init(&loop, &timer);
	timer.data = &ticks;
	uv_timer_start(&timer, count, 1, 1);
	/* half a reply, then nothing */
	fake_start(&f, "\0\0", 2);
	OFFERS("pem@file", 1, "IdentityAgent fake", "IdentityFile pem");
	assert_true(ticks > 1);
	uv_close((uv_handle_t *)&timer, NULL);
	fake_stop(&f);
}

static void never(void *arg)
{
	(void)arg;
	fail_msg("called after identity_free");
}

static void never_signed(void *arg, struct slice signature)
{
	(void)signature;
	never(arg);
}

static void freed_while_the_agent_is_asked(void **state)
{
	struct options options;
	struct identity *id;
	struct fake f;

	(void)state;
	fake_start(&f, "", 0);
	options_init(&options);
	set(&options, "IdentityAgent fake");
	identity_free(identity_new(&loop, &options, &tokens, never, NULL));
	id = identity_new(&loop, &options, &tokens, never, NULL);
	while (f.accepted < 2)
		uv_run(&loop, UV_RUN_ONCE);
	identity_free(id);
	fake_stop(&f);

	fake_start(&f, "\0\0\0\x05\x0c\0\0\0\0", 9);
	id = gather(&options);
	f.reply_len = 0;
	identity_sign(id, (struct slice){(const uint8_t *)"k", 1},
		(struct slice){(const uint8_t *)"d", 1}, "ssh-ed25519",
		never_signed, NULL);
	while (f.accepted < 2)
		uv_run(&loop, UV_RUN_ONCE);
	identity_free(id);
	fake_stop(&f);
	options_done(&options);
	identity_free(NULL);
}

static void an_agent_that_goes_signs_nothing(void **state)
{
	struct outcome o = {0};
	struct options options;
	struct identity *id;
	const struct auth_key *keys;
	struct fake f;
	size_t n;

	(void)state;
	fake_start(&f, "\0\0\0\x05\x0c\0\0\0\0", 9);
	options_init(&options);
	set(&options, "IdentityAgent fake");
	set(&options, "IdentityFile pem");
	id = gather(&options);
	keys = identity_keys(id, &n);
	assert_int_equal(n, 1);
	/* answers with a list where a signature is due, then is gone */
	assert_int_equal(sign(id, keys[0].key, "ssh-ed25519", &o), 0);
	fake_stop(&f);
	assert_int_equal(sign(id, keys[0].key, "ssh-ed25519", &o), 0);
	identity_free(id);
	options_done(&options);
	buf_done(&o.signature);
}

/* ---- the files ---- */

/* An OpenSSH key file whose public half is a token's; the rest is never read.
 */
static void write_token_file(void)
{
	struct buf blob = BUF_INIT, file = BUF_INIT, text = BUF_INIT;
	uint8_t point[32] = {7};

	buf_put_cstring(&blob, "sk-ssh-ed25519@openssh.com");
	buf_put_string(&blob, point, sizeof(point));
	buf_put_cstring(&blob, "ssh:");
	buf_put(&file, "openssh-key-v1", 15);
	buf_put_cstring(&file, "none");
	buf_put_cstring(&file, "none");
	buf_put_cstring(&file, "");
	buf_put_u32(&file, 1);
	buf_put_string(&file, buf_ptr(&blob), buf_len(&blob));
	buf_put_string(&file, point, sizeof(point));
	buf_printf(&text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	base64_encode(&text, buf_ptr(&file), buf_len(&file));
	buf_printf(&text, "\n-----END OPENSSH PRIVATE KEY-----\n");
	buf_put_u8(&text, 0);
	sandbox_write("token", (const char *)buf_ptr(&text));
	buf_done(&blob);
	buf_done(&file);
	buf_done(&text);
}

static const char make_files[] =
	"exec >/dev/null 2>&1; umask 077; mkdir .ssh;"
	"keygen() { f=$1; shift; ssh-keygen -q -C ${f##*/} -f $f \"$@\"; };"
	"keygen .ssh/id_ed25519 -t ed25519 -N secret && rm .ssh/*.pub &&"
	"keygen .ssh/id_ecdsa -t ecdsa -N '' &&"
	"keygen .ssh/id_rsa -t rsa -b 2048 -m PEM -N secret &&"
	"rm .ssh/id_rsa.pub && keygen pem -t ecdsa -m PEM -N '' &&"
	"rm pem.pub && keygen ca -t ed25519 -N '' &&"
	"keygen work -t ed25519 -N '' && keygen extra -t ed25519 -N '' &&"
	"keygen loose -t ed25519 -N '' && keygen stale -t ed25519 -N '' &&"
	"keygen lonely -t ed25519 -N '' && rm lonely &&"
	"keygen host -t ed25519 -N '' && cp extra.pub stale.pub &&"
	"ssh-keygen -q -s ca -I id -h -n h host.pub && echo junk >junk &&"
	"ssh-keygen -q -s ca -I id -n u work.pub &&"
	"printf '#!/bin/sh\\necho pass\\n' >pass && chmod 700 pass &&"
	"until test -S agent; do kill -0 %d || exit 1; done;"
	"SSH_AUTH_SOCK=agent ssh-add extra loose .ssh/id_ecdsa work &&"
	"rm extra loose && ssh-keygen -q -s ca -I id -n u loose.pub";

static int setup(void **state)
{
	if (sandbox_setup(state) != 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	setenv("HOME", sandbox_folder, 1);
	unsetenv("SSH_AUTH_SOCK");
	agent = sandbox_start_agent();
	write_token_file();
	return uv_loop_init(&loop) != 0 || sandbox_run(make_files, (int)agent);
}

static int teardown(void **state)
{
	int err = uv_run(&loop, UV_RUN_DEFAULT) != 0 || uv_loop_close(&loop);

	sandbox_stop_agent(agent);
	return sandbox_teardown(state) != 0 || err;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, drain)
	const struct CMUnitTest tests[] = {
		TEST(default_files),
		TEST(named_files),
		TEST(certificates_of_files),
		TEST(a_public_half_that_lies_is_not_believed),
		TEST(agent_and_files),
		TEST(certificates_whose_key_is_in_the_agent),
		TEST(the_agent_is_found),
		TEST(the_agent_signs),
		TEST(a_locked_agent_has_no_keys),
		TEST(agents_that_fail_are_left_aside),
		TEST(agents_that_are_not_there),
		TEST(an_agent_that_never_answers_does_not_hold_the_loop),
		TEST(freed_while_the_agent_is_asked),
		TEST(an_agent_that_goes_signs_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
