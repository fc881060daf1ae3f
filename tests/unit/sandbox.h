/*
 * For unit tests that drive Debian's ssh tools through the shell: a private
 * folder under /tmp, the working directory while the tests run; commands run in
 * it; text files read and written whole. Header only, so that each test stays
 * one program.
 */
#ifndef TAUPE_TESTS_SANDBOX_H
#define TAUPE_TESTS_SANDBOX_H

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static char sandbox_folder[] = "/tmp/taupe-test-XXXXXX";

/* As cmocka's group setup. The folder becomes the working directory. */
static inline int sandbox_setup(void **state)
{
	(void)state;
	return mkdtemp(sandbox_folder) == NULL || chdir(sandbox_folder) != 0;
}

static inline int sandbox_teardown(void **state)
{
	char *command = mem_printf("rm -rf %s", sandbox_folder);
	int status;

	(void)state;
	status = chdir("/") != 0 || system(command) != 0;
	free(command);
	return status;
}

/* The shell's exit status. */
static inline int sandbox_run(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
static inline int sandbox_run(const char *fmt, ...)
{
	va_list ap;
	char *command = NULL;
	int status = -1;

	va_start(ap, fmt);
	if (vasprintf(&command, fmt, ap) >= 0)
		status = system(command);
	va_end(ap);
	free(command);
	return status;
}

static inline void sandbox_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* NUL-ended; free() releases. */
static inline char *sandbox_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text;
	long size;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
		abort();
	rewind(f);
	text = mem_alloc((size_t)size + 1);
	text[fread(text, 1, (size_t)size, f)] = '\0';
	fclose(f);
	return text;
}

/* An ssh-agent on the socket "agent"; it ends with the test, however that ends.
 * Its pid. */
static inline pid_t sandbox_start_agent(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (freopen("/dev/null", "w", stdout) != NULL)
		execlp("ssh-agent", "ssh-agent", "-D", "-a", "agent", NULL);
	_exit(127);
}

static inline void sandbox_stop_agent(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
}

#endif
