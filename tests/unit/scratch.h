/*
 * For tests: a scratch folder, programs run in it without a shell, files read
 * whole. Anything that fails, fails the test. Header only, so that each test
 * stays one program.
 */
#ifndef TAUPE_TESTS_SCRATCH_H
#define TAUPE_TESTS_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/rd.h"

extern char **environ;

static char scratch_dir[64];
static char *scratch_home; /* where the test started */

static inline int scratch_unlink(
	const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

/* A new folder becomes the current one. A group's setup. */
static inline int scratch_setup(void **state)
{
	scratch_home = getcwd(NULL, 0);
	snprintf(scratch_dir, sizeof(scratch_dir), "/tmp/taupe-test-XXXXXX");
	return scratch_home == NULL || mkdtemp(scratch_dir) == NULL ||
	       chdir(scratch_dir) != 0;
}

static inline int scratch_teardown(void **state)
{
	int r = chdir(scratch_home);

	free(scratch_home);
	return r != 0 ||
	       nftw(scratch_dir, scratch_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* Runs argv[0] from PATH with its output in the file "out"; returns the exit
 * status. */
static inline int scratch_run(const char *const argv[])
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(
		&files, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	assert_int_equal(posix_spawnp(&pid, argv[0], &files, NULL,
				 (char *const *)argv, environ),
		0);
	posix_spawn_file_actions_destroy(&files);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* As scratch_run, of a list of words; must succeed. */
#define scratch_do(...)                                                        \
	assert_int_equal(                                                      \
		scratch_run((const char *const[]){__VA_ARGS__, NULL}), 0)

/* The caller frees with buf_done. */
static inline struct buf scratch_read(const char *path)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read(path, 1 << 20, &b, NULL), 0);
	return b;
}

static inline struct slice scratch_slice(const struct buf *b)
{
	return (struct slice){buf_ptr(b), buf_len(b)};
}

static inline struct slice scratch_text(const char *s)
{
	return (struct slice){(const uint8_t *)s, strlen(s)};
}

static inline void scratch_write(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

#endif
