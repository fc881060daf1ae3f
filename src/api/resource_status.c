/*
 * The daemon itself: how it is, and what it can be told. See docs/api.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/doctor.h"
#include "api/fresh.h"
#include "api/member.h"
#include "api/metrics.h"
#include "api/request.h"
#include "base/clock.h"

struct counts {
	uint64_t servers, forwards, connected, wanted, errors, links;
	uint64_t connections, bytes_in, bytes_out, prompts;
};

static struct counts count(const struct control *c)
{
	struct counts n = {0};
	size_t n_servers, n_forwards, n_prompts;
	const struct control_server *const *s = control_servers(c, &n_servers);
	const struct control_forward *const *f =
		control_forwards(c, &n_forwards);

	control_prompts(c, &n_prompts);
	n.servers = n_servers;
	n.forwards = n_forwards;
	n.prompts = n_prompts;
	for (size_t i = 0; i < n_servers; i++)
		n.links += s[i]->n_links;
	for (size_t i = 0; i < n_forwards; i++) {
		n.connected += f[i]->state == STATE_CONNECTED;
		n.errors += f[i]->state == STATE_ERROR;
		n.wanted += f[i]->want.wanted;
		n.connections += f[i]->connections;
		n.bytes_in += f[i]->bytes_in;
		n.bytes_out += f[i]->bytes_out;
	}
	return n;
}

/* Of this process, resident; 0: unknown. */
static uint64_t memory_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[64] = "", *second;
	unsigned long resident = 0;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL &&
		(second = strchr(line, ' ')) != NULL)
		resident = strtoul(second, NULL, 10);
	fclose(f);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_counts(json_t *o, const struct counts *n)
{
	member_number(o, "servers", n->servers);
	member_number(o, "forwards", n->forwards);
	member_number(o, "connected", n->connected);
	member_number(o, "wanted", n->wanted);
	member_number(o, "errors", n->errors);
	member_number(o, "links", n->links);
	member_number(o, "connections", n->connections);
	member_number(o, "bytes_in", n->bytes_in);
	member_number(o, "bytes_out", n->bytes_out);
	member_number(o, "prompts", n->prompts);
}

static void status_fresh(struct request *r)
{
	const struct api_config *config = api_config(request_api(r));
	struct counts n = count(request_control(r));
	const char *listen = api_listen(request_api(r));
	uint64_t now = clock_wall_ms();
	json_t *o = member_object();

	member_text(o, "version", TAUPE_VERSION);
	member_number(o, "pid", (uint64_t)getpid());
	member_text(o, "state_dir", config->state_dir);
	member_text(o, "socket", config->socket_path);
	member_text(o, "listen", *listen != '\0' ? listen : NULL);
	member_time(o, "started_at", config->started_ms);
	member_number(o, "uptime_s",
		now > config->started_ms ? (now - config->started_ms) / 1000
					 : 0);
	put_counts(o, &n);
	member_number(o, "memory_bytes", memory_bytes());
	request_reply_json(r, 200, o);
}

static void status(struct request *r)
{
	fresh_reply(r, status_fresh);
}

static void metrics_fresh(struct request *r)
{
	struct buf text = BUF_INIT;

	metrics_write(&text, request_control(r));
	request_reply_text(
		r, 200, METRICS_TYPE, buf_ptr(&text), buf_len(&text));
	buf_done(&text);
}

static void metrics(struct request *r)
{
	fresh_reply(r, metrics_fresh);
}

static void health(struct request *r)
{
	request_reply_text(r, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

static void reload(struct request *r)
{
	const struct api_config *config = api_config(request_api(r));

	request_reply_empty(r, 204);
	if (config->on_reload != NULL)
		config->on_reload(config->arg);
}

static void stop(struct request *r)
{
	const struct api_config *config = api_config(request_api(r));

	request_reply_empty(r, 202);
	if (config->on_shutdown != NULL)
		config->on_shutdown(config->arg);
}

const struct route routes_status[] = {
	{"GET", "/api/v1/status", ROUTE_READ, 0, status},
	{"GET", "/api/v1/doctor", ROUTE_READ, 0, doctor_answer},
	{"POST", "/api/v1/reload", ROUTE_WRITE, 0, reload},
	{"POST", "/api/v1/shutdown", ROUTE_WRITE, ROUTE_LOCAL_ONLY, stop},
	{"GET", "/metrics", ROUTE_READ, 0, metrics},
	{"GET", "/healthz", ROUTE_PUBLIC, 0, health},
	{0},
};
