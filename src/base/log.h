/*
 * Diagnostics for developers and administrators, on stderr, one line each. What
 * a person must know goes out as an event instead (tunnel/event.h). A function
 * logs an error or returns it, never both. Secrets are never passed here. Any
 * thread.
 */
#ifndef TAUPE_BASE_LOG_H
#define TAUPE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* Starts at LOG_WARN. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* One step louder (+1) or quieter (-1), as far as there are steps. */
void log_shift_level(int step);

/* "error", "warn", "info", "debug", "trace". */
const char *log_level_name(enum log_level level);
/* False: there is no such level. */
bool log_level_parse(const char *name, enum log_level *ret_level);

enum log_form {
	LOG_FORM_PLAIN, /* taupe: warning: message; at first */
	LOG_FORM_TEXT,  /* 2026-11-23T08:05:13.123Z warning message key=value */
	LOG_FORM_JSON, /* {"time":…,"level":…,"message":…,"key":"value"} */
	/* <4>message key=value: sd-daemon(3); the journal has time and name */
	LOG_FORM_JOURNAL,
};
/* Once, before there are threads. */
void log_set_form(enum log_form form);

/* Once `bytes` more have been written, `on_full` is called, by the thread that
 * wrote them; it may set it anew, and stderr too, but write nothing. */
void log_set_room(size_t bytes, void (*on_full)(void));

void log_write(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* After `message` come pairs of a key (a literal) and its value, ended by NULL;
 * a pair without a value is left out. */
void log_facts(enum log_level level, const char *message, ...)
	__attribute__((sentinel));

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
