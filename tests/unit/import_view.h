/*
 * What an import reads, as lines of text to compare with. Header only, so that
 * each test stays one program.
 */
#ifndef TAUPE_TESTS_IMPORT_VIEW_H
#define TAUPE_TESTS_IMPORT_VIEW_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "import/import.h"

static inline void import_view_server(
	struct buf *out, const struct import_server *s)
{
	buf_printf(out, "server %s: ", s->server.name);
	if (s->server.user != NULL)
		buf_printf(out, "%s@", s->server.user);
	buf_printf(out, "%s", s->server.host);
	if (s->server.port != 0)
		buf_printf(out, ":%u", s->server.port);
	if (s->jump != NULL)
		buf_printf(out, " via %s", s->jump);
	buf_printf(out, "\n");
	for (size_t i = 0; i < s->server.options.n; i++)
		buf_printf(out, "  %s\n", s->server.options.item[i]);
}

static inline void import_view_forward(struct buf *out,
	const struct import_set *set, const struct import_forward *f)
{
	char text[1280];

	forward_spec_text(&f->forward.spec, text, sizeof(text));
	buf_printf(out, "%s %s: %s on %s",
		forward_type_name(f->forward.spec.type), f->forward.name, text,
		set->servers[f->server].server.name);
	for (size_t i = 0; i < f->forward.tags.n; i++)
		buf_printf(out, " #%s", f->forward.tags.item[i]);
	buf_printf(out, "\n");
}

/* Skipped rows when `with_skipped`. malloc'ed. */
static inline char *import_view(const struct import_set *set, bool with_skipped)
{
	struct buf out = BUF_INIT;
	char *text;

	for (size_t i = 0; i < set->n_servers; i++)
		import_view_server(&out, &set->servers[i]);
	for (size_t i = 0; i < set->n_forwards; i++)
		import_view_forward(&out, set, &set->forwards[i]);
	for (size_t i = 0; with_skipped && i < set->n_skipped; i++)
		buf_printf(&out, "skipped %u %s: %s\n", set->skipped[i].line,
			set->skipped[i].what,
			trouble_get(&set->skipped[i].why, "detail"));
	text = mem_dup(buf_ptr(&out), buf_len(&out));
	buf_done(&out);
	return text;
}

/* Reads `text` and compares. */
static inline void import_view_is(enum import_format format, const char *text,
	const char *path, const char *expected)
{
	struct import_set set;
	struct trouble t;
	char *view;

	if (import_read(format, text, strlen(text), path, &set, &t) != 0)
		fail_msg("%s", trouble_get(&t, "detail"));
	view = import_view(&set, true);
	assert_string_equal(view, expected);
	free(view);
	import_set_done(&set);
}

/* Reading it fails with the code and these words. */
static inline void import_view_fails(enum import_format format,
	const char *text, size_t n, int code, const char *detail)
{
	struct import_set set;
	struct trouble t;

	assert_int_equal(import_read(format, text, n, NULL, &set, &t), code);
	assert_string_equal(trouble_get(&t, "detail"), detail);
}

#endif
