#include "api/metrics.h"

#include <inttypes.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void metrics_quote(struct buf *out, const char *text)
{
	buf_put_u8(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			buf_put(out, "\\n", 2);
			continue;
		}
		if (*text == '"' || *text == '\\')
			buf_put_u8(out, '\\');
		buf_put_u8(out, (uint8_t)*text);
	}
	buf_put_u8(out, '"');
}

struct forward_metric {
	const char *name, *type, *help;
	const char *label; /* one more, or NULL */
	uint64_t (*value)(const struct control_forward *f);
};

static uint64_t is_up(const struct control_forward *f)
{
	return f->state == STATE_CONNECTED;
}

static uint64_t is_wanted(const struct control_forward *f)
{
	return f->want.wanted;
}

static uint64_t connections(const struct control_forward *f)
{
	return f->connections;
}

static uint64_t connections_total(const struct control_forward *f)
{
	return f->connections_total;
}

static uint64_t bytes_in(const struct control_forward *f)
{
	return f->bytes_in;
}

static uint64_t bytes_out(const struct control_forward *f)
{
	return f->bytes_out;
}

static uint64_t reconnects(const struct control_forward *f)
{
	return f->reconnects;
}

/* Rows of one name stand together and share its head. Counters begin anew with
 * each start of a forward, as Prometheus expects of a restart. */
static const struct forward_metric forward_metrics[] = {
	{"taupe_forward_up", "gauge", "Whether the forward is connected.", NULL,
		is_up},
	{"taupe_forward_wanted", "gauge",
		"Whether the forward was started and not stopped.", NULL,
		is_wanted},
	{"taupe_forward_connections", "gauge", "Open connections.", NULL,
		connections},
	{"taupe_forward_connections_total", "counter",
		"Connections since the forward was started.", NULL,
		connections_total},
	{"taupe_forward_bytes_total", "counter",
		"Bytes carried since the forward was started.",
		"direction=\"in\"", bytes_in},
	{"taupe_forward_bytes_total", "counter", NULL, "direction=\"out\"",
		bytes_out},
	{"taupe_forward_reconnects_total", "counter",
		"Times that the forward came back since it was started.", NULL,
		reconnects},
};

static void put_head(
	struct buf *out, const char *name, const char *type, const char *help)
{
	if (help != NULL)
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help,
			name, type);
}

static void put_forward(struct buf *out, const struct control *c,
	const struct control_forward *f, const struct forward_metric *m)
{
	const struct control_server *s = control_server(c, f->want.server);

	buf_printf(out, "%s{forward=", m->name);
	metrics_quote(out, f->want.name);
	buf_printf(out, ",server=");
	metrics_quote(out, s != NULL ? s->want.name : "");
	buf_printf(out, ",type=\"%s\"", forward_type_name(f->want.spec.type));
	if (m->label != NULL)
		buf_printf(out, ",%s", m->label);
	buf_printf(out, "} %" PRIu64 "\n", m->value(f));
}

static void put_server(
	struct buf *out, const char *name, const struct control_server *s)
{
	buf_printf(out, "%s{server=", name);
	metrics_quote(out, s->want.name);
	buf_printf(out, "} ");
}

static void put_servers(struct buf *out, const struct control *c)
{
	static const char *const names[] = {"taupe_server_up",
		"taupe_server_links", "taupe_server_rtt_seconds"};
	size_t n;
	const struct control_server *const *s = control_servers(c, &n);

	put_head(out, names[0], "gauge", "Whether a link to the server is up.");
	for (size_t i = 0; i < n; i++) {
		put_server(out, names[0], s[i]);
		buf_printf(out, "%d\n", s[i]->state == STATE_CONNECTED);
	}
	put_head(out, names[1], "gauge", "Links to the server that are up.");
	for (size_t i = 0; i < n; i++) {
		put_server(out, names[1], s[i]);
		buf_printf(out, "%" PRIu32 "\n", s[i]->n_links);
	}
	put_head(out, names[2], "gauge", "Last round trip that was measured.");
	for (size_t i = 0; i < n; i++) {
		if (s[i]->rtt_us == 0)
			continue;
		put_server(out, names[2], s[i]);
		buf_printf(out, "%" PRIu32 ".%06" PRIu32 "\n",
			s[i]->rtt_us / 1000000, s[i]->rtt_us % 1000000);
	}
}

void metrics_write(struct buf *out, const struct control *c)
{
	size_t n;
	const struct control_forward *const *f = control_forwards(c, &n);

	put_head(out, "taupe_build_info", "gauge", "The version that runs.");
	buf_printf(out, "taupe_build_info{version=\"%s\"} 1\n", TAUPE_VERSION);
	for (size_t k = 0; k < COUNT(forward_metrics); k++) {
		const struct forward_metric *m = &forward_metrics[k];

		put_head(out, m->name, m->type, m->help);
		for (size_t i = 0; i < n; i++)
			put_forward(out, c, f[i], m);
	}
	put_servers(out, c);
}
