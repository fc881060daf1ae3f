/*
 * Changing a known_hosts file: append one line, remove one, or replace a host's
 * keys.
 *
 * Writers of ours take turns by flock(2). The lock belongs to the file that was
 * opened, and an update renames a new file into its place; so whoever gets the
 * lock makes sure that the name still leads to the file it locked. ssh takes no
 * lock, but also appends in one write, which O_APPEND keeps whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"
#include "ssh/known_hosts.h"
#include "ssh/known_hosts_line.h"

/* Nobody holds the lock for longer than one small write, unless stopped. */
#define LOCK_TRIES   100
#define LOCK_WAIT_MS 10

static void make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (slash == NULL || slash == path)
		return;
	folder = mem_dup(path, (size_t)(slash - path));
	/* When this fails, open() says why. */
	(void)mkdir(folder, 0700);
	free(folder);
}

/* 0 or an errno. File systems that have no locks do without. */
static int lock(int fd)
{
	const struct timespec wait = {0, LOCK_WAIT_MS * 1000000L};

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		nanosleep(&wait, NULL);
	}
	return EWOULDBLOCK;
}

/* `create`: O_CREAT, or 0. */
static int open_locked(
	const char *path, int create, int *ret_fd, struct trouble *trouble)
{
	struct stat opened, named;
	int fd, error;

	if (create != 0)
		make_folder(path);
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		fd = open(path,
			O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
				create,
			0600);
		if (fd < 0 && errno == ENOENT && create == 0)
			return file_trouble(
				trouble, ERR_NOT_FOUND, path, ENOENT);
		if (fd < 0)
			return file_trouble(trouble, ERR_FILE, path, errno);
		error = lock(fd);
		if (error == 0 && fstat(fd, &opened) != 0)
			error = errno;
		if (error == 0 && stat(path, &named) == 0 &&
			named.st_ino == opened.st_ino &&
			named.st_dev == opened.st_dev) {
			*ret_fd = fd;
			return 0;
		}
		close(fd);
		if (error != 0)
			return file_trouble(trouble, ERR_FILE, path, error);
	}
	return file_trouble(trouble, ERR_FILE, path, EBUSY);
}

/* Whether `name` can stand in a host field as itself. */
static bool is_writable_name(const char *name)
{
	if (name[0] == '\0' || strchr("|@#", name[0]) != NULL)
		return false;
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
			strchr(",*?!", *p) != NULL)
			return false;
	return true;
}

static int put_line(struct buf *out, const char *name, const struct pubkey *key,
	bool hashed, struct trouble *trouble)
{
	struct slice blob = pubkey_plain_blob(key), type;
	struct rd r = rd_slice(blob);

	if (!hashed && !is_writable_name(name))
		return trouble_say(trouble, ERR_INVALID,
			"not a host name that can be recorded: %s", name);
	if (hashed && known_hosts_line_hash(out, name) != 0)
		return trouble_say(trouble, ERR_CRYPTO, "HMAC-SHA1");
	if (!hashed)
		buf_put(out, name, strlen(name));
	type = rd_string(&r);
	buf_put_u8(out, ' ');
	buf_put(out, type.p, type.len);
	buf_put_u8(out, ' ');
	base64_encode(out, blob.p, blob.len);
	buf_put_u8(out, '\n');
	return 0;
}

/* A regular file whose last line was not ended. */
static bool lacks_newline(int fd)
{
	struct stat st;
	char last;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	       pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

static int write_all(int fd, const struct buf *data)
{
	size_t done = 0, n = buf_len(data);
	ssize_t w;

	while (done < n) {
		w = write(fd, buf_ptr(data) + done, n - done);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return errno;
		done += (size_t)w;
	}
	return 0;
}

int known_hosts_append(const char *path, const char *name,
	const struct pubkey *key, bool hashed, struct trouble *trouble)
{
	struct buf line = BUF_INIT, out = BUF_INIT;
	int fd = -1, err, error;

	err = put_line(&line, name, key, hashed, trouble);
	if (err != 0)
		goto out;
	err = open_locked(path, O_CREAT, &fd, trouble);
	if (err != 0)
		goto out;
	if (lacks_newline(fd))
		buf_put_u8(&out, '\n');
	buf_put(&out, buf_ptr(&line), buf_len(&line));
	error = write_all(fd, &out);
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error != 0)
		err = file_trouble(trouble, ERR_FILE, path, error);
out:
	buf_done(&line);
	buf_done(&out);
	return err;
}

/* ---- update ---- */

struct update {
	const char *name;
	const struct pubkey *const *keys;
	size_t n_keys;
	bool *recorded; /* one a key: it has a line */
	unsigned added, removed;
	struct buf text; /* the new file */
};

static bool keeps_line(struct update *u, struct slice text)
{
	struct known_hosts_line line;
	struct pubkey *key;
	bool wanted = false;

	if (!known_hosts_line_parse(text, &line) ||
		line.marker != KNOWN_HOSTS_PLAIN ||
		!known_hosts_line_names(&line, u->name) ||
		pubkey_parse_line(line.key, &key, NULL) != 0)
		return true;
	for (size_t i = 0; i < u->n_keys; i++)
		if (pubkey_equal_plain(key, u->keys[i]))
			wanted = u->recorded[i] = true;
	pubkey_free(key);
	return wanted || !known_hosts_line_names_only(&line, u->name);
}

static int rewrite(struct update *u, struct slice old, bool hashed,
	struct trouble *trouble)
{
	struct slice line;
	int err;

	while (known_hosts_line_next(&old, &line)) {
		if (keeps_line(u, line))
			buf_put(&u->text, line.p, line.len);
		else
			u->removed++;
	}
	for (size_t i = 0; i < u->n_keys; i++) {
		if (u->recorded[i])
			continue;
		if (buf_len(&u->text) != 0 &&
			u->text.data[u->text.tail - 1] != '\n')
			buf_put_u8(&u->text, '\n');
		err = put_line(&u->text, u->name, u->keys[i], hashed, trouble);
		if (err != 0)
			return err;
		u->added++;
		for (size_t j = i; j < u->n_keys; j++)
			if (pubkey_equal_plain(u->keys[i], u->keys[j]))
				u->recorded[j] = true;
	}
	return 0;
}

/* Puts `text` in the place of `path`, with `old`'s mode and owner. 0 or an
 * errno. */
static int replace_file(
	const char *path, const struct stat *old, const struct buf *text)
{
	char *temp = mem_printf("%s.XXXXXX", path);
	int fd, error = 0;

	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		error = errno;
		goto out;
	}
	/* Another owner's file can be given back by root only; for anybody
	 * else the new file is as good as the old. */
	if (fchown(fd, old->st_uid, old->st_gid) != 0)
		errno = 0;
	if (fchmod(fd, old->st_mode & 0777) != 0)
		error = errno;
	if (error == 0)
		error = write_all(fd, text);
	if (error == 0 && fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && rename(temp, path) != 0)
		error = errno;
	if (error != 0)
		(void)unlink(temp);
out:
	free(temp);
	return error;
}

/* A symbolic link keeps pointing at the file that it names. */
static int put_in_place(const char *path, const struct stat *old,
	const struct buf *text, struct trouble *trouble)
{
	char *real = realpath(path, NULL);
	int error = real == NULL ? errno : replace_file(real, old, text);

	free(real);
	return error != 0 ? file_trouble(trouble, ERR_FILE, path, error) : 0;
}

/* With the file open and locked. */
static int update_locked(struct update *u, int fd, const char *path,
	bool hashed, struct trouble *trouble)
{
	struct buf old = BUF_INIT;
	struct stat st;
	int err;

	/* /dev/null, for one, must not be renamed over. */
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	err = file_read_fd(fd, path, KNOWN_HOSTS_FILE_MAX, &old, trouble);
	if (err != 0)
		goto out;
	err = rewrite(u, buf_slice(&old), hashed, trouble);
	if (err != 0 || (u->added == 0 && u->removed == 0))
		goto out;
	err = put_in_place(path, &st, &u->text, trouble);
out:
	buf_done(&old);
	return err;
}

int known_hosts_update(const char *path, const char *name,
	const struct pubkey *const *keys, size_t n_keys, bool hashed,
	unsigned *ret_added, unsigned *ret_removed, struct trouble *trouble)
{
	struct update u = {.name = name, .keys = keys, .n_keys = n_keys};
	int fd = -1, err;

	err = open_locked(path, O_CREAT, &fd, trouble);
	if (err != 0)
		return err;
	u.recorded = mem_zalloc(n_keys, sizeof(*u.recorded));
	err = update_locked(&u, fd, path, hashed, trouble);
	close(fd);
	if (err == 0) {
		*ret_added = u.added;
		*ret_removed = u.removed;
	}
	free(u.recorded);
	buf_done(&u.text);
	return err;
}

/* ---- removal ---- */

static bool holds_key(struct slice text, const char *fingerprint)
{
	char found[PUBKEY_FINGERPRINT_MAX];
	struct known_hosts_line line;
	struct pubkey *key;
	bool plain;

	if (!known_hosts_line_parse(text, &line) ||
		pubkey_parse_line(line.key, &key, NULL) != 0)
		return false;
	plain = !pubkey_is_cert(key);
	pubkey_fingerprint(key, found);
	pubkey_free(key);
	return plain && strcmp(found, fingerprint) == 0;
}

/* What is left of `old`. False: the line is not what it was. */
static bool without_line(struct slice old, unsigned number,
	const char *fingerprint, struct buf *out)
{
	struct slice left = old, line;

	for (unsigned n = 1; known_hosts_line_next(&left, &line); n++) {
		if (n != number)
			continue;
		if (!holds_key(line, fingerprint))
			return false;
		buf_put(out, old.p, (size_t)(line.p - old.p));
		buf_put(out, left.p, left.len);
		return true;
	}
	return false;
}

/* With the file open and locked. */
static int remove_locked(int fd, const char *path, unsigned line,
	const char *fingerprint, struct trouble *trouble)
{
	struct buf old = BUF_INIT, text = BUF_INIT;
	struct stat st;
	int err;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return file_trouble(trouble, ERR_NOT_FOUND, path, ENOENT);
	err = file_read_fd(fd, path, KNOWN_HOSTS_FILE_MAX, &old, trouble);
	if (err == 0 &&
		!without_line(buf_slice(&old), line, fingerprint, &text)) {
		err = trouble_say(trouble, ERR_NOT_FOUND,
			"the line does not hold that key any more");
	}
	if (err == 0)
		err = put_in_place(path, &st, &text, trouble);
	buf_done(&old);
	buf_done(&text);
	return err;
}

int known_hosts_remove(const char *path, unsigned line, const char *fingerprint,
	struct trouble *trouble)
{
	int fd = -1, err;

	err = open_locked(path, 0, &fd, trouble);
	if (err != 0)
		return err;
	err = remove_locked(fd, path, line, fingerprint, trouble);
	close(fd);
	return err;
}
