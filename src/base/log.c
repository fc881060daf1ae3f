#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"

#define TEXT_MAX_BYTES 1024 /* of a message or a value */
/* A message fits whole, with each byte escaped; values that don't are left out.
 */
#define LINE_MAX_BYTES 4096

static _Atomic int current_level = LOG_WARN;
static enum log_form current_form = LOG_FORM_PLAIN;

static _Atomic int64_t room;
static void (*_Atomic on_full)(void);

static const struct {
	const char *word;   /* in lines */
	const char *name;   /* in settings and JSON */
	const char *prefix; /* syslog(3)'s number */
} levels[] = {
	[LOG_ERROR] = {"error", "error", "<3>"},
	[LOG_WARN] = {"warning", "warn", "<4>"},
	[LOG_INFO] = {"info", "info", "<6>"},
	[LOG_DEBUG] = {"debug", "debug", "<7>"},
	[LOG_TRACE] = {"trace", "trace", "<7>"},
};
static_assert(
	sizeof(levels) / sizeof(levels[0]) == LOG_TRACE + 1, "a row a level");

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(
		&current_level, memory_order_relaxed);
}

void log_shift_level(int step)
{
	int level = (int)log_get_level() + step;

	if (level >= LOG_ERROR && level <= LOG_TRACE)
		log_set_level((enum log_level)level);
}

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

bool log_level_parse(const char *name, enum log_level *ret_level)
{
	for (int i = LOG_ERROR; i <= LOG_TRACE; i++)
		if (strcmp(name, levels[i].name) == 0 ||
			strcmp(name, levels[i].word) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	return false;
}

void log_set_form(enum log_form form)
{
	current_form = form;
}

void log_set_room(size_t bytes, void (*fn)(void))
{
	on_full = fn;
	room = (int64_t)bytes;
}

/* ---- a line under construction ---- */

struct line {
	char text[LINE_MAX_BYTES];
	size_t n;
};

static void put(struct line *l, const char *text, size_t n)
{
	assert(n <= sizeof(l->text) - l->n);
	memcpy(l->text + l->n, text, n);
	l->n += n;
}

static void put_text(struct line *l, const char *text)
{
	put(l, text, strlen(text));
}

static void put_quoted(struct line *l, const char *text)
{
	put(l, "\"", 1);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			put(l, "\\", 1);
		put(l, text, 1);
	}
	put(l, "\"", 1);
}

static void put_time(struct line *l)
{
	uint64_t now_ms = clock_wall_ms();
	time_t now = (time_t)(now_ms / 1000);
	char text[40], whole[48];
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(whole, sizeof(whole), "%s.%03uZ", text,
		(unsigned)(now_ms % 1000));
	put_text(l, whole);
}

static void put_head(struct line *l, enum log_level level)
{
	switch (current_form) {
	case LOG_FORM_PLAIN:
		put_text(l, "taupe: ");
		put_text(l, levels[level].word);
		put_text(l, ": ");
		break;
	case LOG_FORM_TEXT:
		put_time(l);
		put_text(l, " ");
		put_text(l, levels[level].word);
		put_text(l, " ");
		break;
	case LOG_FORM_JSON:
		put_text(l, "{\"time\":\"");
		put_time(l);
		put_text(l, "\",\"level\":\"");
		put_text(l, levels[level].name);
		put_text(l, "\",\"message\":");
		break;
	case LOG_FORM_JOURNAL:
		put_text(l, levels[level].prefix);
		break;
	}
}

static void put_message(struct line *l, const char *message)
{
	char text[TEXT_MAX_BYTES];

	clean_line(text, sizeof(text), message, strlen(message));
	if (current_form == LOG_FORM_JSON)
		put_quoted(l, text);
	else
		put_text(l, text);
}

static void put_fact(struct line *l, const char *key, const char *value)
{
	char text[TEXT_MAX_BYTES];
	bool json = current_form == LOG_FORM_JSON;

	clean_line(text, sizeof(text), value, strlen(value));
	if (l->n + strlen(key) + 2 * strlen(text) + 8 > sizeof(l->text))
		return;
	put_text(l, json ? ",\"" : " ");
	put_text(l, key);
	put_text(l, json ? "\":" : "=");
	if (json || *text == '\0' || strpbrk(text, " \"\\=") != NULL)
		put_quoted(l, text);
	else
		put_text(l, text);
}

static void send(struct line *l)
{
	int64_t left;

	put_text(l, current_form == LOG_FORM_JSON ? "}\n" : "\n");
	if (write(STDERR_FILENO, l->text, l->n) < 0) {
		/* There is nowhere left to say it. */
	}
	if (on_full == NULL)
		return;
	/* One thread is the one that makes it full. */
	left = atomic_fetch_sub(&room, (int64_t)l->n);
	if (left > 0 && left <= (int64_t)l->n)
		on_full();
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char message[TEXT_MAX_BYTES];
	struct line l = {.n = 0};
	int saved = errno;
	va_list ap;

	if (level > log_get_level())
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	put_head(&l, level);
	put_message(&l, message);
	send(&l);
	errno = saved;
}

void log_facts(enum log_level level, const char *message, ...)
{
	struct line l = {.n = 0};
	const char *key, *value;
	int saved = errno;
	va_list ap;

	if (level > log_get_level())
		return;
	put_head(&l, level);
	put_message(&l, message);
	va_start(ap, message);
	while ((key = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		if (value != NULL)
			put_fact(&l, key, value);
	}
	va_end(ap);
	send(&l);
	errno = saved;
}
