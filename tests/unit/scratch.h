/*
 * For unit tests that need files and Debian's ssh tools: a private folder under
 * /tmp that goes with the test program, commands run in it, whole files.
 */
#ifndef TAUPE_TESTS_SCRATCH_H
#define TAUPE_TESTS_SCRATCH_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static char scratch_folder[] = "/tmp/taupe-test-XXXXXX";

/* As cmocka's group setup. The folder becomes the working directory. */
static inline int scratch_setup(void **state)
{
	(void)state;
	return mkdtemp(scratch_folder) == NULL || chdir(scratch_folder) != 0;
}

static inline int scratch_teardown(void **state)
{
	char *command = mem_printf("rm -rf %s", scratch_folder);
	int status;

	(void)state;
	status = chdir("/") != 0 || system(command) != 0;
	free(command);
	return status;
}

/* The shell's exit status. */
static inline int scratch_run(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
static inline int scratch_run(const char *fmt, ...)
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

static inline void scratch_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* NUL-ended; free() releases. */
static inline char *scratch_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (f == NULL)
		abort();
	if (getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = mem_strdup("");
	}
	fclose(f);
	return text;
}

#endif
