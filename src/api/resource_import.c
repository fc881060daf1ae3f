/*
 * /api/v1/import and /api/v1/export, see docs/api.md.
 */
#include "api/export.h"
#include "api/query.h"
#include "api/request.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

static void reply_text(struct request *r,
	void (*write)(struct buf *out, const struct control *c),
	const char *disposition)
{
	struct buf text = BUF_INIT;

	write(&text, request_control(r));
	request_add_header(r, "Content-Disposition", disposition);
	request_reply_text(r, 200, TEXT_TYPE, buf_ptr(&text), buf_len(&text));
	buf_done(&text);
}

static void export(struct request *r)
{
	static const char *const words[] = {
		"ssh", "ssh-commands", "json", NULL};
	struct control_fields fields = {0};
	const char *format = query_word(r, "format", words, &fields);

	if (query_is_wrong(r, &fields))
		return;
	if (format == words[0]) {
		reply_text(r, export_ssh_config,
			"attachment; filename=\"taupe.ssh_config\"");
	} else if (format == words[1]) {
		reply_text(r, export_ssh_commands,
			"attachment; filename=\"taupe.sh\"");
	} else {
		request_add_header(r, "Content-Disposition",
			"attachment; filename=\"taupe.json\"");
		request_reply_json(r, 200, export_json(request_control(r)));
	}
}

const struct route routes_import[] = {
	{"GET", "/api/v1/export", ROUTE_READ, 0, export},
	{0},
};
