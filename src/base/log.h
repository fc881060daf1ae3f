/*
 * Diagnostics for developers and administrators, on stderr: one line each,
 * `taupe: level: message`. What a person must know goes out as an event
 * instead (tunnel/event.h). A function logs an error or returns it, never
 * both. Secrets are never passed here. Any thread.
 */
#ifndef TAUPE_BASE_LOG_H
#define TAUPE_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* Starts at LOG_WARN. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_write(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
/* The arguments are evaluated only when the level is on. */
#define log_debug(...)                                                         \
	do {                                                                   \
		if (log_get_level() >= LOG_DEBUG)                              \
			log_write(LOG_DEBUG, __VA_ARGS__);                     \
	} while (0)

#endif
