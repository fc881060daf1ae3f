#include "cli/sse.h"

#include <stdio.h>
#include <string.h>

#define EVENT_MAX (16u << 20)

static void dispatch(struct sse *s, sse_fn *on_event, void *arg)
{
	size_t n = buf_len(&s->data);

	if (n != 0) {
		/* Each data line has ended in a newline; the last one goes. */
		buf_ptr(&s->data)[n - 1] = '\0';
		on_event(arg, *s->event != '\0' ? s->event : "message",
			(const char *)buf_ptr(&s->data), n - 1);
	}
	buf_clear(&s->data);
	s->event[0] = '\0';
}

static void on_line(struct sse *s, char *line, sse_fn *on_event, void *arg)
{
	char *value;

	if (*line == '\0') {
		dispatch(s, on_event, arg);
		return;
	}
	value = strchr(line, ':');
	if (value == line)
		return; /* a comment */
	if (value != NULL) {
		*value++ = '\0';
		value += *value == ' ';
	} else {
		value = line + strlen(line);
	}
	if (strcmp(line, "event") == 0) {
		snprintf(s->event, sizeof(s->event), "%s", value);
	} else if (strcmp(line, "data") == 0) {
		buf_put(&s->data, value, strlen(value));
		buf_put(&s->data, "\n", 1);
	}
}

int sse_feed(
	struct sse *s, const void *p, size_t n, sse_fn *on_event, void *arg)
{
	const char *at = p, *end = at + n, *nl;

	while (at < end) {
		nl = memchr(at, '\n', (size_t)(end - at));
		buf_put(&s->line, at, (size_t)((nl != NULL ? nl : end) - at));
		if (buf_len(&s->line) + buf_len(&s->data) > EVENT_MAX)
			return -1;
		if (nl == NULL)
			break;
		at = nl + 1;
		if (buf_len(&s->line) != 0 &&
			s->line.data[s->line.tail - 1] == '\r')
			s->line.tail--;
		buf_put_u8(&s->line, 0);
		on_line(s, (char *)buf_ptr(&s->line), on_event, arg);
		buf_clear(&s->line);
	}
	return 0;
}

void sse_done(struct sse *s)
{
	buf_done(&s->line);
	buf_done(&s->data);
}
