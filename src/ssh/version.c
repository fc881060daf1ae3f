/*
 * Protocol version exchange, RFC 4253 §4.2. Lines before the version line are
 * passed over, within bounds.
 */
#include "ssh/session_private.h"

#include <stdio.h>

#define LINE_MAX_BYTES 8192
#define LINES_BEFORE   1024

const char *version_ours(void)
{
	return "SSH-2.0-taupe_" TAUPE_VERSION;
}

void version_send(struct session *s)
{
	char line[VERSION_MAX];
	int n = snprintf(line, sizeof(line), "%s\r\n", version_ours());

	packet_send_raw(s->packet, line, (size_t)n);
}

static bool accept_line(struct session *s, struct slice line)
{
	if (line.len >= VERSION_MAX) {
		session_protocol_error(s, "the version line is too long");
		return false;
	}
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] < 0x20 || line.p[i] > 0x7e) {
			session_protocol_error(
				s, "the version line is not text");
			return false;
		}
	memcpy(s->version, line.p, line.len);
	s->version[line.len] = '\0';
	if (s->pre_version_lines == 0)
		s->said[0] = '\0';
	if (strncmp(s->version, "SSH-2.0-", 8) == 0 ||
		strncmp(s->version, "SSH-1.99-", 9) == 0)
		return true;
	session_protocol_error(
		s, "the server speaks an old version: %.40s", s->version);
	return false;
}

/* Whoever is no SSH server, or will not be one now, says so in its first line.
 */
static void note_said(struct session *s, struct slice line)
{
	size_t n = line.len < SAID_MAX - 1 ? line.len : SAID_MAX - 1;

	if (s->pre_version_lines != 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (line.p[i] < 0x20 && line.p[i] != '\t')
			return;
	memcpy(s->said, line.p, n);
	s->said[n] = '\0';
}

static bool is_web(const struct session *s)
{
	return strncmp(s->said, "HTTP/", 5) == 0;
}

bool version_input(struct session *s)
{
	for (;;) {
		struct slice raw = packet_in_raw(s->packet), line = raw;
		const uint8_t *end =
			raw.len != 0 ? memchr(raw.p, '\n', raw.len) : NULL;

		if ((end == NULL && raw.len > LINE_MAX_BYTES) ||
			(end != NULL && end - raw.p > LINE_MAX_BYTES)) {
			session_protocol_error(
				s, "not an SSH server: a line without end");
			return false;
		}
		if (end == NULL) {
			note_said(s, raw);
			return false;
		}
		line.len = (size_t)(end - raw.p);
		packet_in_skip(s->packet, line.len + 1);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		note_said(s, line);
		if (line.len >= 4 && memcmp(line.p, "SSH-", 4) == 0)
			return accept_line(s, line);
		if (is_web(s)) {
			session_protocol_error(
				s, "not an SSH server: %s", s->said);
			return false;
		}
		if (++s->pre_version_lines > LINES_BEFORE) {
			session_protocol_error(
				s, "not an SSH server: no version line");
			return false;
		}
	}
}
