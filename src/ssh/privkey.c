#include "ssh/privkey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/mem.h"
#include "ssh/pkey.h"
#include "ssh/privkey_impl.h"
#include "ssh/sigalg.h"

static int parse_pem(
	struct slice text, const struct secret *passphrase, struct privkey *k)
{
	struct buf blob = BUF_INIT;
	int err;

	err = privkey_pem_parse(text, passphrase, &k->pkey);
	if (err == 0)
		err = pkey_export_public(k->pkey, &blob);
	if (err == 0)
		err = pubkey_parse_plain(buf_slice(&blob), &k->public);
	buf_done(&blob);
	return err;
}

int privkey_parse(struct slice text, const struct secret *passphrase,
	struct privkey **ret_key)
{
	struct privkey *k;
	int err;

	if (text.len == 0 || text.len > PRIVKEY_TEXT_MAX)
		return -ERR_KEY_FORMAT;
	k = mem_zalloc(1, sizeof(*k));
	if (privkey_openssh_is(text))
		err = privkey_openssh_parse(text, passphrase, k);
	else
		err = parse_pem(text, passphrase, k);
	ERR_clear_error();
	if (err != 0) {
		privkey_free(k);
		return err;
	}
	*ret_key = k;
	return 0;
}

/* As ssh does: what isn't ours, others answer for. */
static int check_permissions(int fd, const char *path, struct trouble *trouble)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return file_trouble(trouble, ERR_FILE, path, errno);
	if (st.st_uid != getuid() || (st.st_mode & 077) == 0)
		return 0;
	if (trouble != NULL) {
		trouble_set(trouble, ERR_KEY_PERMISSIONS);
		trouble_arg(trouble, "path", "%s", path);
		trouble_arg(trouble, "detail", "%04o",
			(unsigned)(st.st_mode & 07777));
	}
	return -ERR_KEY_PERMISSIONS;
}

static int read_file(const char *path, struct buf *out, struct trouble *trouble)
{
	/* Without O_NONBLOCK, opening a FIFO waits for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return file_trouble(trouble, ERR_NOT_FOUND, path, errno);
	if (fd < 0)
		return file_trouble(trouble, ERR_FILE, path, errno);
	err = check_permissions(fd, path, trouble);
	if (err == 0)
		err = file_read_fd(fd, path, PRIVKEY_TEXT_MAX, out, trouble);
	close(fd);
	return err;
}

int privkey_load(const char *path, const struct secret *passphrase,
	struct privkey **ret_key, struct trouble *trouble)
{
	struct buf text = BUF_INIT;
	int err;

	err = read_file(path, &text, trouble);
	if (err != 0)
		goto out;
	err = privkey_parse(buf_slice(&text), passphrase, ret_key);
	if (err != 0 && trouble != NULL) {
		trouble_set(trouble, err);
		trouble_arg(trouble, "path", "%s", path);
	}
out:
	buf_wipe_done(&text);
	return err;
}

void privkey_free(struct privkey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	pubkey_free(k->public);
	free(k);
}

const struct pubkey *privkey_public(const struct privkey *k)
{
	return k->public;
}

int privkey_sign(const struct privkey *k, const char *alg, struct slice data,
	struct buf *out)
{
	const struct slice name = slice_of(alg);
	const struct sigalg *row;
	bool is_cert = false;
	int err;

	row = sigalg_find(name, &is_cert);
	if (row == NULL || is_cert || row->type != pubkey_type(k->public))
		return -ERR_INVALID;
	err = sigalg_sign(row, k->pkey, data, out);
	ERR_clear_error();
	return err;
}

int privkey_peek_public(struct slice text, struct pubkey **ret_key)
{
	if (text.len > PRIVKEY_TEXT_MAX || !privkey_openssh_is(text))
		return -ERR_KEY_FORMAT;
	return privkey_openssh_peek(text, ret_key);
}
