/*
 * What was tried, for people: "publickey (SHA256:… agent key 'x',
 * ~/.ssh/id_rsa: key_passphrase), password". It must fit a trouble's argument,
 * so the names of keys get their part of it, and the rest are counted: "+3".
 */
#include "ssh/auth_private.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_MAX_BYTES 130
/* As much of "SHA256:…" as tells keys apart. */
#define FINGERPRINT_CUT 19

void auth_tried_done(struct auth *a)
{
	buf_done(&a->tried.keys);
}

static void put_name(const struct auth_key *k, struct buf *b)
{
	const char *home = getenv("HOME");
	size_t n = home != NULL ? strlen(home) : 0;
	char fingerprint[PUBKEY_FINGERPRINT_MAX];

	if (k->path == NULL) {
		pubkey_fingerprint(k->key, fingerprint);
		buf_printf(b, "%.*s… agent key '%s'", FINGERPRINT_CUT,
			fingerprint, k->comment != NULL ? k->comment : "");
	} else if (n > 1 && strncmp(k->path, home, n) == 0 &&
		   k->path[n] == '/') {
		buf_printf(b, "~%s", k->path + n);
	} else {
		buf_printf(b, "%s", k->path);
	}
}

void auth_tried_key(struct auth *a, const struct auth_key *k, int err)
{
	struct auth_tried *t = &a->tried;
	struct buf name = BUF_INIT;

	t->method[AUTH_PUBKEY] = true;
	if (buf_len(&t->keys) != 0)
		buf_printf(&name, ", ");
	put_name(k, &name);
	if (err != 0)
		buf_printf(&name, ": %s", err_name(err));
	if (buf_len(&t->keys) + buf_len(&name) > KEYS_MAX_BYTES)
		t->more_keys++;
	else
		buf_put(&t->keys, buf_ptr(&name), buf_len(&name));
	buf_done(&name);
}

void auth_tried_method(struct auth *a, enum auth_method_id id)
{
	a->tried.method[id] = true;
}

static void put_keys(const struct auth_tried *t, struct buf *b)
{
	bool any = buf_len(&t->keys) != 0;

	if (!any && t->more_keys == 0)
		return;
	buf_printf(b, " (");
	if (any)
		buf_put(b, buf_ptr(&t->keys), buf_len(&t->keys));
	if (t->more_keys != 0)
		buf_printf(b, "%s+%u", any ? ", " : "", t->more_keys);
	buf_printf(b, ")");
}

void auth_tried_put(const struct auth *a, struct buf *b)
{
	const char *comma = "";

	for (unsigned i = 0; i < AUTH_METHOD_COUNT; i++) {
		if (!a->tried.method[i])
			continue;
		buf_printf(b, "%s%s", comma, auth_methods[i]->name);
		comma = ", ";
		if (i == AUTH_PUBKEY)
			put_keys(&a->tried, b);
	}
	if (*comma == '\0')
		buf_printf(b, "none");
}
