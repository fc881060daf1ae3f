#include "daemon/places.h"

#include <assert.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static_assert(
	sizeof(((struct sockaddr_un *)0)->sun_path) == PLACES_SOCKET_MAX + 1,
	"a path and its NUL");

/* NULL when it says nothing. */
static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static const char *xdg_folder(const char *name)
{
	const char *value = environment(name);

	return value != NULL && *value == '/' ? value : NULL;
}

static char *absolute(const char *path)
{
	char *here, *whole;

	if (*path == '/')
		return mem_strdup(path);
	here = getcwd(NULL, 0);
	if (here == NULL)
		return mem_strdup(path);
	whole = mem_printf("%s/%s", here, path);
	free(here);
	return whole;
}

/* ---- the state folder ---- */

static char *named_state(const char *state)
{
	const char *list;

	if (state == NULL || *state == '\0')
		state = environment("TAUPE_STATE");
	if (state != NULL)
		return absolute(state);
	list = environment("STATE_DIRECTORY");
	return list == NULL ? NULL : mem_dup(list, strcspn(list, ":"));
}

static char *home_state(void)
{
	const char *folder = xdg_folder("XDG_STATE_HOME");
	const struct passwd *user;

	if (folder != NULL)
		return mem_printf("%s/taupe", folder);
	folder = xdg_folder("HOME");
	if (folder == NULL) {
		user = getpwuid(getuid());
		if (user == NULL || user->pw_dir[0] != '/')
			return NULL;
		folder = user->pw_dir;
	}
	return mem_printf("%s/.local/state/taupe", folder);
}

/* ---- the socket ---- */

/* After su(1), XDG_RUNTIME_DIR may still be the other user's. */
static bool is_ours(const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid();
}

static char *default_socket(const char *state_dir, bool named)
{
	const char *folder = xdg_folder("XDG_RUNTIME_DIR");

	if (named || folder == NULL || !is_ours(folder))
		return mem_printf("%s/taupe.sock", state_dir);
	return mem_printf("%s/taupe/taupe.sock", folder);
}

int places_resolve(const char *state, const char *socket, struct places *ret,
	struct trouble *trouble)
{
	struct places p;
	bool named;
	int err;

	p.state_dir = named_state(state);
	named = p.state_dir != NULL;
	if (!named)
		p.state_dir = home_state();
	if (p.state_dir == NULL)
		return file_refuse(trouble, "HOME", "there is no home folder");
	if (socket == NULL || *socket == '\0')
		socket = environment("TAUPE_SOCKET");
	p.socket_path = socket != NULL ? absolute(socket)
				       : default_socket(p.state_dir, named);
	if (strlen(p.socket_path) > PLACES_SOCKET_MAX) {
		err = file_refuse(trouble, p.socket_path,
			"longer than the 107 bytes of a socket");
		places_done(&p);
		return err;
	}
	*ret = p;
	return 0;
}

void places_done(struct places *p)
{
	free(p->state_dir);
	free(p->socket_path);
	*p = (struct places){0};
}

/* ---- making them ---- */

static int make_folder(const char *path, struct trouble *trouble)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return file_trouble(trouble, ERR_FILE, path, errno);
}

/* `path`, and what is missing above it. */
static int make_folders(const char *path, struct trouble *trouble)
{
	char *part = mem_strdup(path), *slash = part;
	struct stat st;
	int err = 0;

	while (err == 0 && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (stat(part, &st) != 0)
			err = make_folder(part, trouble);
		*slash = '/';
	}
	if (err == 0)
		err = make_folder(path, trouble);
	free(part);
	return err;
}

static int check_state(const char *path, struct trouble *trouble)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return file_trouble(trouble, ERR_FILE, path, errno);
	if (!S_ISDIR(st.st_mode))
		return file_trouble(trouble, ERR_FILE, path, ENOTDIR);
	if (st.st_uid != geteuid())
		return file_refuse(trouble, path, "it belongs to another user");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return file_refuse(
			trouble, path, "others can write in it: chmod 700");
	return 0;
}

static int make_socket_folder(const char *path, struct trouble *trouble)
{
	char *folder = mem_dup(path, (size_t)(strrchr(path, '/') - path));
	int err = *folder == '\0' ? 0 : make_folders(folder, trouble);

	free(folder);
	return err;
}

int places_make(const struct places *p, struct trouble *trouble)
{
	int err = make_folders(p->state_dir, trouble);

	if (err == 0)
		err = check_state(p->state_dir, trouble);
	if (err == 0)
		err = make_socket_folder(p->socket_path, trouble);
	return err;
}
