/*
 * The words of the live stream.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/member.h"
#include "api/stream_private.h"
#include "base/mem.h"

/* Words that several readers may share; above it the oldest are forgotten. */
#define TEXT_MAX_BYTES (512 * 1024)

static const char *const names[STREAM_KINDS] = {
	[STREAM_FORWARD] = "forward",
	[STREAM_FORWARD_REMOVED] = "forward_removed",
	[STREAM_SERVER] = "server",
	[STREAM_SERVER_REMOVED] = "server_removed",
	[STREAM_EVENT] = "event",
	[STREAM_PROMPT] = "prompt",
	[STREAM_PROMPT_GONE] = "prompt_gone",
	[STREAM_TEST] = "test",
	[STREAM_SETTINGS] = "settings",
};

static json_t *forward(struct stream *s, uint32_t id, enum lang lang)
{
	const struct control_forward *f = control_forward(s->control, id);

	return f != NULL ? json_forward(s->control, f, lang) : NULL;
}

static json_t *server(struct stream *s, uint32_t id, enum lang lang)
{
	const struct control_server *server = control_server(s->control, id);

	return server != NULL ? json_server(s->control, server, lang) : NULL;
}

static json_t *prompt(struct stream *s, uint32_t id, enum lang lang)
{
	size_t n;
	const struct control_prompt *const *p = control_prompts(s->control, &n);

	for (size_t i = 0; i < n; i++)
		if (p[i]->id == id)
			return json_prompt(s->control, p[i], lang);
	return NULL;
}

static json_t *test(struct stream *s, uint32_t id, enum lang lang)
{
	const struct control_test *t = control_test(s->control, id);

	return t != NULL ? json_test(s->control, t, lang) : NULL;
}

static json_t *only_id(uint32_t id)
{
	json_t *object = member_object();

	member_number(object, "id", id);
	return object;
}

/* NULL: there is nothing to say about it any more. */
static json_t *body_of(
	struct stream *s, const struct stream_message *m, enum lang lang)
{
	switch (m->kind) {
	case STREAM_FORWARD:
		return forward(s, m->id, lang);
	case STREAM_SERVER:
		return server(s, m->id, lang);
	case STREAM_EVENT:
		return json_event(s->control, m->event, lang);
	case STREAM_PROMPT:
		return prompt(s, m->id, lang);
	case STREAM_TEST:
		return test(s, m->id, lang);
	case STREAM_SETTINGS:
		return json_settings(s->api);
	default:
		return only_id(m->id);
	}
}

/* JSON in one line, as a line's end would end the data. NULL as body_of. */
static char *words(
	struct stream *s, const struct stream_message *m, enum lang lang)
{
	json_t *body = body_of(s, m, lang);
	char *json, *text;

	if (body == NULL)
		return NULL;
	json = json_dumps(body, JSON_COMPACT);
	text = mem_printf("id: %s-%" PRIu64 "\nevent: %s\ndata: %s\n\n",
		s->epoch, m->seq, names[m->kind], json != NULL ? json : "{}");
	free(json);
	json_decref(body);
	return text;
}

void stream_text_drop(struct stream *s, struct stream_message *m)
{
	for (int l = 0; l < LANG_COUNT; l++)
		if (m->text[l] != NULL) {
			s->text_bytes -= strlen(m->text[l]);
			free(m->text[l]);
			m->text[l] = NULL;
		}
}

static void keep(
	struct stream *s, struct stream_message *m, enum lang lang, char *text)
{
	m->text[lang] = text;
	s->text_bytes += strlen(text);
	if (s->text_from < s->first)
		s->text_from = s->first;
	while (s->text_bytes > TEXT_MAX_BYTES && s->text_from < m->seq)
		stream_text_drop(s, stream_message(s, s->text_from++));
}

void stream_text_message(struct stream *s, struct stream_message *m,
	enum lang lang, struct buf *out)
{
	char *text = m->text[lang];

	if (text == NULL)
		text = words(s, m, lang);
	if (text == NULL)
		return;
	buf_put(out, text, strlen(text));
	if (m->text[lang] != NULL)
		return;
	if (m->seq >= s->text_from)
		keep(s, m, lang, text);
	else
		free(text);
}

/* ---- numbers ---- */

static void row(struct stream *s, const struct control_forward *f,
	const char *comma, struct buf *out)
{
	const struct control_server *server =
		control_server(s->control, f->want.server);

	buf_printf(out,
		"%s[%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		",%" PRIu64 ",%" PRIu64 ",%" PRIu32 "]",
		comma, f->want.id, f->connections, f->connections_total,
		f->bytes_in, f->bytes_out, f->rate_in, f->rate_out,
		server != NULL ? server->rtt_us : 0);
}

static void rows(struct stream *s, uint64_t since, struct buf *out)
{
	const char *comma = "";

	buf_printf(out, "event: traffic\ndata: [");
	for (size_t i = 0; i < s->n_traffic; i++) {
		const struct control_forward *f =
			control_forward(s->control, s->traffic[i].id);

		if (s->traffic[i].tick <= since || f == NULL)
			continue;
		row(s, f, comma, out);
		comma = ",";
	}
	buf_printf(out, "]\n\n");
}

/* Readers that keep up share one text. */
void stream_text_traffic(struct stream *s, uint64_t since, struct buf *out)
{
	struct buf text = BUF_INIT;

	if (since + 1 != s->tick) {
		rows(s, since, out);
		return;
	}
	if (s->tick_text == NULL) {
		rows(s, since, &text);
		buf_put_u8(&text, '\0');
		s->tick_text = (char *)text.data;
	}
	buf_put(out, s->tick_text, strlen(s->tick_text));
}
