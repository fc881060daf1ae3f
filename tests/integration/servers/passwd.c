/*
 * Preloaded into the servers under test: gives the user who runs the tests a
 * home folder (TEST_HOME) and a password (TEST_HASH) of the test's own, so that
 * no server reads the real ones. It also gives the server's side names that
 * nobody else knows: all under far.test are 127.0.0.1 there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <pwd.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct passwd *changed(struct passwd *pw)
{
	static char home[256], hash[256], shell[] = "/bin/sh";
	static struct passwd copy;

	if (pw == NULL || pw->pw_uid != getuid())
		return pw;
	copy = *pw;
	if (getenv("TEST_HOME") != NULL) {
		strncpy(home, getenv("TEST_HOME"), sizeof(home) - 1);
		strncpy(hash, getenv("TEST_HASH"), sizeof(hash) - 1);
	}
	copy.pw_dir = home;
	copy.pw_passwd = hash;
	copy.pw_shell = shell;
	return &copy;
}

struct passwd *getpwnam(const char *name)
{
	struct passwd *(*next)(const char *);

	*(void **)&next = dlsym(RTLD_NEXT, "getpwnam");
	return changed(next(name));
}

struct passwd *getpwuid(uid_t uid)
{
	struct passwd *(*next)(uid_t);

	*(void **)&next = dlsym(RTLD_NEXT, "getpwuid");
	return changed(next(uid));
}

/* tinysshd wants no folder above the home that others may write to: /tmp is. */
int stat(const char *path, struct stat *st)
{
	int (*next)(const char *, struct stat *);
	int result;

	*(void **)&next = dlsym(RTLD_NEXT, "stat");
	result = next(path, st);
	if (result == 0 && S_ISDIR(st->st_mode))
		st->st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
	return result;
}

/* No shadow entry: the servers take the hash above. */
struct spwd *getspnam(const char *name)
{
	(void)name;
	return NULL;
}

int getaddrinfo(const char *name, const char *service,
	const struct addrinfo *hints, struct addrinfo **result)
{
	int (*next)(const char *, const char *, const struct addrinfo *,
		struct addrinfo **);
	const char *end = name != NULL ? strstr(name, ".far.test") : NULL;

	*(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
	if (end != NULL && strcmp(end, ".far.test") == 0)
		name = "127.0.0.1";
	return next(name, service, hints, result);
}
