#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES 16384

int file_trouble(struct trouble *trouble, int code, const char *path, int error)
{
	char text[128];

	if (trouble != NULL) {
		trouble_set(trouble, code);
		trouble_arg(trouble, "path", "%s", path);
		trouble_arg(trouble, "detail", "%s",
			strerror_r(error, text, sizeof(text)));
	}
	return -code;
}

int file_refuse(struct trouble *trouble, const char *path, const char *detail)
{
	if (trouble != NULL) {
		trouble_set(trouble, ERR_FILE);
		trouble_arg(trouble, "path", "%s", path);
		trouble_arg(trouble, "detail", "%s", detail);
	}
	return -ERR_FILE;
}

static int read_all(int fd, size_t max_bytes, struct buf *out)
{
	size_t total = 0;
	ssize_t n;

	for (;;) {
		n = pread(fd, buf_reserve(out, CHUNK_BYTES), CHUNK_BYTES,
			(off_t)total);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : 0;
		total += (size_t)n;
		if (total > max_bytes)
			return EFBIG;
		buf_commit(out, (size_t)n);
	}
}

int file_read_fd(int fd, const char *path, size_t max_bytes, struct buf *out,
	struct trouble *trouble)
{
	struct stat st;
	int error;

	if (fstat(fd, &st) != 0)
		return file_trouble(trouble, ERR_FILE, path, errno);
	if (S_ISDIR(st.st_mode))
		return file_trouble(trouble, ERR_FILE, path, EISDIR);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return file_trouble(trouble, ERR_FILE, path, EINVAL);
	error = read_all(fd, max_bytes, out);
	if (error != 0)
		return file_trouble(trouble, ERR_FILE, path, error);
	return 0;
}

int file_read(const char *path, size_t max_bytes, struct buf *out,
	struct trouble *trouble)
{
	int fd, err;

	/* Without O_NONBLOCK, opening a FIFO waits for its writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return file_trouble(trouble, ERR_NOT_FOUND, path, errno);
	if (fd < 0)
		return file_trouble(trouble, ERR_FILE, path, errno);
	err = file_read_fd(fd, path, max_bytes, out, trouble);
	close(fd);
	return err;
}
