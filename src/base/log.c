#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clean.h"

static _Atomic int current_level = LOG_WARN;

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
	[LOG_TRACE] = "trace",
};

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(
		&current_level, memory_order_relaxed);
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	int saved = errno, head, n;
	size_t len;
	va_list ap;

	if (level > log_get_level())
		return;
	head = snprintf(line, sizeof(line), "taupe: %s: ", level_names[level]);
	va_start(ap, fmt);
	n = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	len = (size_t)head + (size_t)n;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	len = clean_line(line, sizeof(line) - 1, line, len);
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0) {
		/* There is nowhere left to say it. */
	}
	errno = saved;
}
