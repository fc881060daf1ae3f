#include "cli/socks_auth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define PART_MAX 255 /* of user and of password: RFC 1929's length byte */
/* "user:password" with any line end. */
#define FILE_MAX (2 * PART_MAX + 3)

static int refuse(char ret_error[TEXT_MAX], const char *key, const char *path,
	const char *detail)
{
	text_format(
		ret_error, TEXT_MAX, key, "file", path, "detail", detail, NULL);
	return -ERR_INVALID;
}

static int check_mode(int fd, const char *path, char ret_error[TEXT_MAX])
{
	struct stat st;
	char mode[16];

	if (fstat(fd, &st) != 0)
		return refuse(ret_error, "run.socks_auth_unreadable", path,
			strerror(errno));
	if ((st.st_mode & 077) == 0)
		return 0;
	snprintf(mode, sizeof(mode), "%04o", (unsigned)st.st_mode & 07777);
	return refuse(ret_error, "run.socks_auth_open", path, mode);
}

/* `out` gets the file's content and a NUL. */
static int read_login(
	const char *path, struct buf *out, char ret_error[TEXT_MAX])
{
	/* Without O_NONBLOCK, opening a FIFO waits for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct trouble t = {0};
	int err;

	if (fd < 0)
		return refuse(ret_error, "run.socks_auth_unreadable", path,
			strerror(errno));
	err = check_mode(fd, path, ret_error);
	if (err == 0 && file_read_fd(fd, path, FILE_MAX, out, &t) < 0)
		err = refuse(ret_error, "run.socks_auth_unreadable", path,
			trouble_get(&t, "detail"));
	close(fd);
	buf_put_u8(out, 0);
	return err;
}

/* Ends the user's name and the password with a NUL, in place. False: this is
 * not one line "user:password". */
static bool split(struct buf *content, char **ret_user, char **ret_password)
{
	char *user = (char *)buf_ptr(content), *colon;
	size_t n = buf_len(content) - 1;

	if (strlen(user) != n)
		return false;
	if (n != 0 && user[n - 1] == '\n')
		user[--n] = '\0';
	if (n != 0 && user[n - 1] == '\r')
		user[--n] = '\0';
	colon = strchr(user, ':');
	if (strchr(user, '\n') != NULL || colon == NULL || colon == user ||
		colon - user > PART_MAX || colon[1] == '\0' ||
		strlen(colon + 1) > PART_MAX)
		return false;
	*colon = '\0';
	*ret_user = user;
	*ret_password = colon + 1;
	return true;
}

static bool is_proxy(const struct forward_spec *f)
{
	return f->type == FORWARD_DYNAMIC || f->reverse_dynamic;
}

int socks_auth_apply(const char *path, struct forward_spec *forwards, size_t n,
	char ret_error[TEXT_MAX])
{
	struct buf content = BUF_INIT;
	char *user, *password;
	size_t proxies = 0;
	int err;

	for (size_t i = 0; i < n; i++)
		proxies += is_proxy(&forwards[i]);
	if (proxies == 0)
		return refuse(ret_error, "run.socks_auth_idle", path, "");
	err = read_login(path, &content, ret_error);
	if (err == 0 && !split(&content, &user, &password))
		err = refuse(ret_error, "run.socks_auth_format", path, "");
	for (size_t i = 0; err == 0 && i < n; i++) {
		if (!is_proxy(&forwards[i]))
			continue;
		forwards[i].socks_user = mem_strdup(user);
		forwards[i].socks_password = mem_strdup(password);
	}
	buf_wipe_done(&content);
	return err;
}
