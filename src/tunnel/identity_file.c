#include "tunnel/identity_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "ssh/privkey.h"

#define KEY_FILE_MAX (1024 * 1024)

static int key_trouble(struct trouble *trouble, int err, const char *path)
{
	trouble_set(trouble, err);
	trouble_arg(trouble, "path", "%s", path);
	trouble_arg(trouble, "detail", "%s",
		err == -ERR_KEY_UNSUPPORTED ? "a kind of key that is not done"
					    : "not a key");
	return err;
}

/* The first line, as in a .pub file. */
static int parse_public(const struct buf *text, struct pubkey **ret_key)
{
	struct slice line = buf_slice(text);
	const uint8_t *nl =
		line.p != NULL ? memchr(line.p, '\n', line.len) : NULL;

	if (nl != NULL)
		line.len = (size_t)(nl - line.p);
	return pubkey_parse_line(line, ret_key, NULL);
}

static int load_public(
	const char *path, struct pubkey **ret_key, struct trouble *trouble)
{
	struct buf text = BUF_INIT;
	int err;

	err = file_read(path, KEY_FILE_MAX, &text, trouble);
	if (err == 0) {
		err = parse_public(&text, ret_key);
		if (err != 0)
			key_trouble(trouble, err, path);
	}
	buf_done(&text);
	return err;
}

/* `text` of `file->path` is there. */
static int parse_file(const struct buf *text, struct identity_file *file)
{
	struct privkey *private;
	int err;

	file->has_private = true;
	if (privkey_peek_public(buf_slice(text), &file->key) == 0)
		return 0;
	if (parse_public(text, &file->key) == 0) {
		file->has_private = false;
		return 0;
	}
	err = privkey_parse(buf_slice(text), NULL, &private);
	if (err == 0) {
		err = pubkey_parse(
			pubkey_blob(privkey_public(private)), &file->key);
		privkey_free(private);
	}
	return err;
}

int identity_file_load(const char *path, struct identity_file *ret_file,
	struct trouble *trouble)
{
	struct identity_file file = {.path = mem_strdup(path)};
	char *public = mem_printf("%s.pub", path);
	struct buf text = BUF_INIT;
	struct trouble ignored;
	int err;

	err = file_read(path, KEY_FILE_MAX, &text, trouble);
	if (err == 0) {
		err = parse_file(&text, &file);
		if (err != 0)
			key_trouble(trouble, err, path);
	}
	buf_wipe_done(&text);
	/* The private key may be in the agent only, or encrypted as a whole. */
	if (err != 0) {
		int public_err = load_public(public, &file.key, &ignored);

		if (public_err == 0 || err == -ERR_KEY_PASSPHRASE)
			err = 0;
	}
	free(public);
	if (err != 0)
		identity_file_done(&file);
	else
		*ret_file = file;
	return err;
}

int identity_file_load_cert(
	const char *path, struct pubkey **ret_cert, struct trouble *trouble)
{
	struct pubkey *cert;
	int err;

	err = load_public(path, &cert, trouble);
	if (err != 0)
		return err;
	if (!pubkey_is_cert(cert) || pubkey_cert(cert)->type != CERT_USER) {
		pubkey_free(cert);
		trouble_set(trouble, ERR_KEY_FORMAT);
		trouble_arg(trouble, "path", "%s", path);
		trouble_arg(trouble, "detail", "not a user certificate");
		return -ERR_KEY_FORMAT;
	}
	*ret_cert = cert;
	return 0;
}

void identity_file_add_cert(struct identity_file *file)
{
	char *path = mem_printf("%s-cert.pub", file->path);
	struct trouble ignored;

	if (identity_file_load_cert(path, &file->cert, &ignored) == 0 &&
		file->key != NULL &&
		!pubkey_equal_plain(file->key, file->cert)) {
		pubkey_free(file->cert);
		file->cert = NULL;
	}
	free(path);
}

void identity_file_done(struct identity_file *file)
{
	free(file->path);
	pubkey_free(file->key);
	pubkey_free(file->cert);
	*file = (struct identity_file){0};
}
