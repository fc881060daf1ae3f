/*
 * For the tests of the publickey method: keys of ssh-keygen in a folder of
 * their own, which is the current one while they run; what the server gets.
 */
#ifndef TAUPE_TESTS_FAKE_AUTH_KEYS_H
#define TAUPE_TESTS_FAKE_AUTH_KEYS_H

#include "fake_auth.h"

#include <unistd.h>

#include "base/file.h"
#include "ssh/privkey.h"

static struct {
	struct pubkey *ed, *locked, *rsa, *ed_cert, *rsa_cert, *ecdsa;
	struct privkey *agent_ed; /* what the agent would sign with */
} keys;

static char folder[] = "/tmp/taupe-auth-XXXXXX";

static inline struct pubkey *read_public(const char *path)
{
	struct buf line = BUF_INIT;
	struct pubkey *key;

	assert_int_equal(file_read(path, 1 << 20, &line, NULL), 0);
	assert_int_equal(pubkey_parse_line(
				 (struct slice){buf_ptr(&line), buf_len(&line)},
				 &key, NULL),
		0);
	buf_done(&line);
	return key;
}

static inline int make_keys(void)
{
	return system("q='ssh-keygen -q -N'; $q '' -t ed25519 -f ed && "
		      "$q '' -t ed25519 -f ca && "
		      "$q '' -t ecdsa -b 384 -f ecdsa && "
		      "$q '' -t rsa -b 2048 -f rsa && "
		      "$q moles -a 1 -t ed25519 -f locked && "
		      "$q moles -t ecdsa -m PKCS8 -f hidden && "
		      "ssh-keygen -q -s ca -I id ed.pub rsa.pub && "
		      "cp ed open");
}

static inline int setup_keys(void **state)
{
	const struct secret none = SECRET_INIT;

	if (mkdtemp(folder) == NULL || chdir(folder) != 0 || make_keys() != 0)
		return -1;
	keys.ed = read_public("ed.pub");
	keys.locked = read_public("locked.pub");
	keys.rsa = read_public("rsa.pub");
	keys.ecdsa = read_public("ecdsa.pub");
	keys.ed_cert = read_public("ed-cert.pub");
	keys.rsa_cert = read_public("rsa-cert.pub");
	return privkey_load("ed", &none, &keys.agent_ed, NULL);
}

static inline int teardown_keys(void **state)
{
	char command[64];

	pubkey_free(keys.ed);
	pubkey_free(keys.locked);
	pubkey_free(keys.rsa);
	pubkey_free(keys.ecdsa);
	pubkey_free(keys.ed_cert);
	pubkey_free(keys.rsa_cert);
	privkey_free(keys.agent_ed);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") != 0 || system(command) != 0;
}

static inline void begin(const struct auth_key *list, size_t n)
{
	fake.config.keys = list;
	fake.config.n_keys = n;
	fake_start();
	say_failure("publickey", false);
}

static inline void expect_query(const struct pubkey *key, const char *alg)
{
	struct rd r = sent_request("publickey");

	assert_false(rd_bool(&r));
	assert_true(slice_is(rd_string(&r), alg));
	assert_true(slice_equal(rd_string(&r), pubkey_blob(key)));
	assert_true(rd_end(&r));
}

/* The signature must be over RFC 4252 §7's data, put together here anew. */
static inline void expect_signed(const struct pubkey *key, const char *alg)
{
	struct rd r = sent_request("publickey");
	struct slice blob = pubkey_blob(key), signature;
	struct buf data = BUF_INIT;

	assert_true(rd_bool(&r));
	assert_true(slice_is(rd_string(&r), alg));
	assert_true(slice_equal(rd_string(&r), blob));
	signature = rd_string(&r);
	assert_true(rd_end(&r));
	buf_put_cstring(&data, SESSION_ID);
	buf_put_u8(&data, 50);
	buf_put_cstring(&data, "ada");
	buf_put_cstring(&data, "ssh-connection");
	buf_put_cstring(&data, "publickey");
	buf_put_bool(&data, true);
	buf_put_cstring(&data, alg);
	buf_put_string(&data, blob.p, blob.len);
	assert_int_equal(
		pubkey_verify(key, slice_of(alg), signature,
			(struct slice){buf_ptr(&data), buf_len(&data)}),
		0);
	buf_done(&data);
}

static inline int say_pk_ok(const struct pubkey *key, const char *alg)
{
	struct slice blob = pubkey_blob(key);
	struct buf b = BUF_INIT;

	buf_put_u8(&b, 60);
	buf_put_cstring(&b, alg);
	buf_put_string(&b, blob.p, blob.len);
	return feed(&b);
}

#endif
