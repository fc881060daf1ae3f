/*
 * The public side of the key files that the options name. For identity.c only.
 * Blocks for as long as the disk does.
 */
#ifndef TAUPE_TUNNEL_IDENTITY_FILE_H
#define TAUPE_TUNNEL_IDENTITY_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/trouble.h"
#include "ssh/pubkey.h"

struct identity_file {
	char *path;
	/* NULL: `path` is encrypted and does not show it. Or a certificate's
	 * file without the key. */
	struct pubkey *key;
	struct pubkey *cert; /* or NULL */
	bool has_private;    /* `path` seems to hold the private key */
};

/* `path` is copied. The key comes from `path` itself, in whichever format, or
 * from <path>.pub. -ERR_NOT_FOUND: neither is there; -ERR_FILE,
 * -ERR_KEY_FORMAT, -ERR_KEY_UNSUPPORTED. */
int identity_file_load(const char *path, struct identity_file *ret_file,
	struct trouble *trouble) WARN_UNUSED;

/* A user certificate; the same errors. */
int identity_file_load_cert(const char *path, struct pubkey **ret_cert,
	struct trouble *trouble) WARN_UNUSED;

/* <path>-cert.pub, when it is there and is of this key. */
void identity_file_add_cert(struct identity_file *file);

void identity_file_done(struct identity_file *file);

#endif
