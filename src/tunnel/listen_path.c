#include "tunnel/listen_path.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tunnel/listen_port.h"
#include "tunnel/listen_trouble.h"

enum occupant {
	OCCUPANT_NONE, /* it has gone meanwhile */
	OCCUPANT_LIVE,
	OCCUPANT_DEAD,
	OCCUPANT_FILE, /* not a socket */
};

/* Only a connection attempt tells a dead socket from a live one. */
static enum occupant probe(const struct sockaddr_un *address)
{
	enum occupant found = OCCUPANT_LIVE;
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) != 0)
		return errno == ENOENT ? OCCUPANT_NONE : OCCUPANT_FILE;
	if (!S_ISSOCK(st.st_mode))
		return OCCUPANT_FILE;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return OCCUPANT_LIVE;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) !=
		0) {
		if (errno == ECONNREFUSED)
			found = OCCUPANT_DEAD;
		else if (errno == ENOENT)
			found = OCCUPANT_NONE;
	}
	close(fd);
	return found;
}

static int explain(
	const char *path, enum occupant occupant, struct trouble *trouble)
{
	static const char *const keys[] = {
		[OCCUPANT_NONE] = "listen.path_busy",
		[OCCUPANT_LIVE] = "listen.socket_live",
		[OCCUPANT_DEAD] = "listen.socket_dead",
		[OCCUPANT_FILE] = "listen.not_a_socket",
	};

	return listen_trouble_path(trouble, path, keys[occupant]);
}

/* Binds, after making way when that is allowed. */
static int bind_path(int fd, const struct sockaddr_un *address, bool replace,
	struct trouble *trouble)
{
	const char *path = address->sun_path;
	enum occupant occupant;

	for (int tries = 0; tries < 2; tries++) {
		if (bind(fd, (const struct sockaddr *)address,
			    sizeof(*address)) == 0)
			return 0;
		if (errno != EADDRINUSE)
			return listen_trouble_failed(trouble, path, errno);
		occupant = probe(address);
		if (tries != 0 ||
			(occupant != OCCUPANT_NONE &&
				(occupant != OCCUPANT_DEAD || !replace)))
			return explain(path, occupant, trouble);
		if (occupant == OCCUPANT_DEAD && unlink(path) != 0 &&
			errno != ENOENT)
			return listen_trouble_failed(trouble, path, errno);
	}
	return explain(path, OCCUPANT_NONE, trouble);
}

int listen_path_open(const char *path, unsigned mask, bool replace,
	struct listen_path *ret_socket, struct trouble *trouble)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct listen_path made;
	struct stat st;
	int err;

	if (strlen(path) >= sizeof(address.sun_path))
		return listen_trouble_failed(trouble, path, ENAMETOOLONG);
	memcpy(address.sun_path, path, strlen(path) + 1);
	made.fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made.fd < 0)
		return listen_trouble_failed(trouble, path, errno);
	err = bind_path(made.fd, &address, replace, trouble);
	if (err != 0)
		goto close;
	/* Before listen, every connect is refused: the umask's mode, which may
	 * be wider than wanted, lets nobody in. */
	if (chmod(path, 0777 & ~mask) != 0 || lstat(path, &st) != 0 ||
		listen(made.fd, LISTEN_BACKLOG) != 0) {
		err = listen_trouble_failed(trouble, path, errno);
		goto remove;
	}
	made.device = st.st_dev;
	made.inode = st.st_ino;
	*ret_socket = made;
	return 0;
remove:
	unlink(path);
close:
	close(made.fd);
	return err;
}

void listen_path_remove(const char *path, const struct listen_path *socket)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == socket->device &&
		st.st_ino == socket->inode)
		unlink(path);
}
