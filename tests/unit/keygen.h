/* For tests: our word on a public key against ssh-keygen's. */
#ifndef TAUPE_TESTS_KEYGEN_H
#define TAUPE_TESTS_KEYGEN_H

#include <stdio.h>

#include "scratch.h"
#include "ssh/pubkey.h"

/* What ssh-keygen -lf says is what we say. */
static inline void assert_ssh_keygen_agrees(
	const struct pubkey *k, const char *path)
{
	char ours[128], fingerprint[PUBKEY_FINGERPRINT_MAX];
	struct buf theirs;

	pubkey_fingerprint(k, fingerprint);
	snprintf(ours, sizeof(ours), "%u %s ", pubkey_bits(k), fingerprint);
	scratch_do("ssh-keygen", "-l", "-f", path);
	theirs = scratch_read("out");
	assert_true(buf_len(&theirs) > strlen(ours));
	assert_memory_equal(buf_ptr(&theirs), ours, strlen(ours));
	snprintf(ours, sizeof(ours), "(%s)\n", pubkey_label(k));
	assert_memory_equal(buf_ptr(&theirs) + buf_len(&theirs) - strlen(ours),
		ours, strlen(ours));
	buf_done(&theirs);
}

#endif
