/*
 * What workers tell, into the views. What still comes of a start that is over
 * (its number is unknown, or the server is stopping) changes no state.
 */
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/clock.h"
#include "daemon/control_private.h"

/* Between two tries of a server that was up and then refused us for good. */
#define RETRY_MIN_MS 30000
#define RETRY_MAX_MS 600000

/* ---- servers ---- */

/* The engine has given up. One that was up before is started over later. */
static uint64_t plan_retry(struct kept_server *s)
{
	uint64_t wait_ms = s->retry_ms;

	if (!s->was_up || s->refused)
		return 0;
	if (wait_ms < RETRY_MIN_MS)
		wait_ms = RETRY_MIN_MS;
	s->retry_at_ms = clock_mono_ms() + wait_ms;
	s->retry_ms = wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
	control_timers_plan(s->control);
	return wait_ms;
}

/* Its forwards hear of it behind it. */
static uint64_t next_try_of(const struct kept_server *s, const struct event *e)
{
	uint64_t now_ms = clock_mono_ms();

	if (e->next_try_ms != 0 || e->state != STATE_ERROR ||
		s->retry_at_ms <= now_ms)
		return e->next_try_ms;
	return s->retry_at_ms - now_ms;
}

static void on_server(
	struct control *c, struct kept_server *s, const struct event *e)
{
	struct control_change change = {
		.state = e->state,
		.why = e->trouble.code != ERR_OK ? &e->trouble : NULL,
		.up_ms = e->up_ms,
		.next_try_ms = e->next_try_ms,
	};

	if (e->state == STATE_CONNECTED) {
		s->was_up = true;
		s->retry_ms = 0;
		s->asked_kinds = 0;
	} else if (e->state == STATE_ERROR) {
		change.next_try_ms = plan_retry(s);
	}
	/* A test, say, may have brought it up before its time. */
	if (e->state != STATE_ERROR)
		s->retry_at_ms = 0;
	if (e->state == STATE_ERROR && change.why != NULL) {
		control_server_failed(c, s, &change);
	} else {
		control_state_server(s, &change);
		if (e->state == STATE_CONNECTED)
			control_tests_up(s);
		else if (change.why != NULL)
			control_tests_failed(s, change.why);
	}
	if (change.why == NULL)
		return;
	control_secrets_refused(s);
	/* What leads to it was edited while it was up. */
	if (s->stale && s->phase == CONTROL_RUNNING)
		control_restart(c, s);
}

/* The first and the last link are the server's state; what is told here is the
 * pool that comes and goes with the load. */
static void write_link(
	struct control *c, struct kept_server *s, const struct event *e)
{
	if (s->n_up == 0 || s->repeats.flaps != 0 ||
		(!e->up && e->trouble.code == ERR_OK))
		return;
	control_write(c,
		&(struct control_row){.kind = "link",
			.level = e->up ? "info" : "warning",
			.state = tunnel_state_name(
				e->up ? STATE_CONNECTED : STATE_DISCONNECTED),
			.code = e->up ? NULL : err_name((int)e->trouble.code),
			.args = e->up ? NULL : &e->trouble,
			.up_ms = e->up_ms,
			.link_no = e->link_no,
			.server = s});
}

static void on_link(
	struct control *c, struct kept_server *s, const struct event *e)
{
	if (e->up)
		control_secrets_accepted(s);
	if (!e->up && s->n_up != 0)
		s->n_up--;
	if (s->phase == CONTROL_RUNNING)
		write_link(c, s, e);
	if (e->up)
		s->n_up++;
	control_stats_ask(s);
}

/* ---- forwards ---- */

static bool is_any(const char *host)
{
	return *host == '\0' || strcmp(host, "0.0.0.0") == 0 ||
	       strcmp(host, "::") == 0;
}

static bool is_localhost(const char *host)
{
	return strcasecmp(host, "localhost") == 0 ||
	       strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

static bool same_place(const struct endpoint *a, const struct endpoint *b)
{
	if (a->path != NULL || b->path != NULL)
		return a->path != NULL && b->path != NULL &&
		       strcmp(a->path, b->path) == 0;
	return is_any(a->host) || is_any(b->host) ||
	       strcasecmp(a->host, b->host) == 0 ||
	       (is_localhost(a->host) && is_localhost(b->host));
}

/* Another forward of ours that listens where `wanted` would, or NULL. */
static const struct kept_forward *holder_of(
	const struct control *c, const struct store_forward *wanted)
{
	for (size_t i = 0; i < c->n_forwards; i++) {
		const struct control_forward *f = c->forward_list[i];
		const struct forward_spec *spec = &f->want.spec;

		if (f->want.id == wanted->id || f->listen[0] == '\0' ||
			spec->type == FORWARD_REMOTE)
			continue;
		if (f->bound_port == wanted->spec.listen.port &&
			same_place(&spec->listen, &wanted->spec.listen))
			return kept_forward(f);
	}
	return NULL;
}

/* /proc would say "taupe", which is of little help to find out which. */
void control_name_holder(const struct control *c,
	const struct store_forward *wanted, struct trouble *t)
{
	const struct kept_forward *holder;

	if (t->code != ERR_PORT_IN_USE)
		return;
	holder = holder_of(c, wanted);
	if (holder != NULL)
		trouble_arg(t, "holder", "taupe: %s", holder->view.want.name);
}

static bool cannot_listen(enum err code)
{
	return code == ERR_PORT_IN_USE || code == ERR_PORT_NOT_PERMITTED ||
	       code == ERR_LISTEN_FAILED;
}

/* A local one listens whatever the server does; a remote one while it is
 * connected. */
static void place_forward(struct kept_forward *f, const struct event *e)
{
	bool remote = f->view.want.spec.type == FORWARD_REMOTE;
	bool listens = remote ? e->state == STATE_CONNECTED
			      : !cannot_listen(e->trouble.code);

	f->view.bound_port = listens ? e->bound_port : 0;
	snprintf(f->view.listen, sizeof(f->view.listen), "%s",
		listens ? e->bound : "");
}

static void on_forward(struct control *c, const struct event *e)
{
	struct kept_forward *f = id_map_get(&c->engines, e->forward_id);
	struct trouble why = e->trouble;
	struct control_change change = {
		.state = e->state,
		.why = why.code != ERR_OK ? &why : NULL,
		.up_ms = e->up_ms,
		.standby = e->standby,
	};

	if (f == NULL || f->engine != e->forward_id)
		return;
	change.next_try_ms = next_try_of(f->server, e);
	control_name_holder(c, &f->view.want, &why);
	place_forward(f, e);
	control_state_forward(c, f, &change);
}

static void on_target(struct control *c, const struct event *e)
{
	struct kept_forward *f = id_map_get(&c->engines, e->forward_id);
	bool same;

	if (f == NULL || f->engine != e->forward_id)
		return;
	/* A client that tries each second is told of once a minute. */
	same = f->view.target.code == e->trouble.code &&
	       e->wall_ms - f->target_told_ms < 60000;
	f->view.target = e->trouble;
	f->view.target_at_ms = e->wall_ms;
	if (!same) {
		f->target_told_ms = e->wall_ms;
		control_write(c, &(struct control_row){.kind = "target",
					 .level = "warning",
					 .code = err_name((int)e->trouble.code),
					 .args = &e->trouble,
					 .forward = f});
	}
	control_tell_forward(c, f);
}

/* ---- words ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
	/* FNV-1a; only to tell what was said from what was not. */
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

/* Each link says the same again: once is enough while the server is up. */
static bool said_before(struct kept_server *s, const struct event *e)
{
	uint64_t hash = hash_text(0xcbf29ce484222325, e->text);

	for (unsigned i = 0; i < e->trouble.n_args; i++)
		hash = hash_text(hash, e->trouble.arg[i].value);
	for (unsigned i = 0; i < CONTROL_NOTICES; i++)
		if (s->notices[i] == hash)
			return true;
	s->notices[s->next_notice++ % CONTROL_NOTICES] = hash;
	return false;
}

static void on_words(
	struct control *c, struct kept_server *s, const struct event *e)
{
	bool banner = e->kind == EVENT_BANNER;
	struct control_row row = {
		.kind = event_kind_name(e->kind),
		.level = "info",
		.code = banner ? "event.banner" : e->text,
		.args = &e->trouble,
		.server = s,
	};
	struct trouble words;

	if (e->text == NULL || said_before(s, e))
		return;
	if (banner) {
		trouble_set(&words, ERR_OK);
		trouble_arg(&words, "text", "%s", e->text);
		row.args = &words;
	}
	control_write(c, &row);
}

/* ---- all ---- */

static void on_stopped(struct control *c, struct kept_server *s)
{
	control_stats_gone(s);
	control_conns_gone(c, s);
	control_prompts_drop(c, s);
	control_secrets_refused(s);
	if (s->phase == CONTROL_STOPPING)
		control_stopped(c, s);
}

void control_on_event(void *arg, const struct event *e)
{
	struct control *c = arg;
	struct kept_server *s = id_map_get(&c->servers, e->server_id);

	if (s == NULL)
		return;
	switch (e->kind) {
	case EVENT_SERVER:
		if (s->phase == CONTROL_RUNNING)
			on_server(c, s, e);
		break;
	case EVENT_LINK:
		on_link(c, s, e);
		break;
	case EVENT_FORWARD:
		on_forward(c, e);
		break;
	case EVENT_TARGET:
		on_target(c, e);
		break;
	case EVENT_PROMPT:
		control_prompt_came(s, e);
		break;
	case EVENT_PROMPT_GONE:
		control_prompt_went(s, e->prompt_id);
		break;
	case EVENT_BANNER:
	case EVENT_NOTICE:
		on_words(c, s, e);
		break;
	case EVENT_STATS:
		control_stats_came(s, e->stats);
		break;
	case EVENT_ACTIVE:
		control_stats_active(s);
		break;
	case EVENT_CONNS:
		control_conns_came(c, s, e->conns);
		break;
	case EVENT_STAGE:
		control_tests_stage(s, e);
		break;
	case EVENT_STOPPED:
		on_stopped(c, s);
		break;
	case EVENT_KIND_COUNT:
		break;
	}
}
