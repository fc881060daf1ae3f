/*
 * What stands between the forwards and their being up. Each kind of check says
 * what is wrong, one finding a thing, or that nothing is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/doctor.h"
#include "base/clock.h"
#include "base/file.h"

#define DAY_MS     (24ull * 60 * 60 * 1000)
#define LOSSES_BAD 3
#define EVENTS_MAX 1000

static const struct doctor_about nothing;

static void well(struct doctor *d, const char *check, const char *key)
{
	doctor_add(d, check, DOCTOR_OK, nothing, key, NULL, NULL, 0);
}

/* ---- forwards and their ports ---- */

/* A port that the forward itself holds is not in the way. */
static bool check_port(struct doctor *d, const struct control_forward *f)
{
	struct doctor_about about = {f->want.server, f->want.id};
	struct trouble trouble = {0};

	if (f->want.wanted || f->want.spec.type == FORWARD_REMOTE)
		return true;
	control_check_port(d->control, &f->want, &trouble);
	if (trouble.code == ERR_OK)
		return true;
	doctor_trouble(
		d, "port", DOCTOR_WARNING, about, f->want.name, &trouble);
	return false;
}

static void check_forwards(struct doctor *d)
{
	bool up = true, ports = true;
	size_t n;
	const struct control_forward *const *f =
		control_forwards(d->control, &n);

	for (size_t i = 0; i < n; i++) {
		struct doctor_about about = {f[i]->want.server, f[i]->want.id};
		enum err code = f[i]->trouble.code;

		if (code != ERR_OK) {
			doctor_trouble(d,
				code == ERR_PORT_IN_USE ? "port" : "forward",
				DOCTOR_FAILED, about, f[i]->want.name,
				&f[i]->trouble);
			ports = ports && code != ERR_PORT_IN_USE;
			up = false;
		} else if (f[i]->target.code != ERR_OK) {
			doctor_trouble(d, "destination", DOCTOR_WARNING, about,
				f[i]->want.name, &f[i]->target);
		}
		ports = check_port(d, f[i]) && ports;
	}
	if (up)
		well(d, "forward", "doctor.forwards_ok");
	if (ports)
		well(d, "port", "doctor.ports_ok");
}

/* ---- servers and their links ---- */

static int count_loss(void *arg, const struct store_event *e)
{
	++*(unsigned *)arg;
	return 0;
}

static unsigned losses(struct doctor *d, uint32_t server)
{
	struct store_event_filter filter = {.server = server,
		.since_ms = clock_wall_ms() - DAY_MS,
		.kind = "link",
		.code = err_name(ERR_LINK_LOST),
		.limit = EVENTS_MAX};
	struct trouble trouble;
	unsigned n = 0;

	if (store_each_event(control_store(d->control), &filter, count_loss, &n,
		    &trouble) != 0)
		return 0;
	return n;
}

static bool check_link(struct doctor *d, const struct control_server *s)
{
	struct doctor_about about = {.server = s->want.id};
	unsigned n = losses(d, s->want.id);
	char number[12];
	struct catalog_arg args[] = {{"name", s->want.name}, {"n", number}};

	if (s->trouble.code != ERR_OK) {
		doctor_trouble(d, "server", DOCTOR_FAILED, about, s->want.name,
			&s->trouble);
		return false;
	}
	if (n < LOSSES_BAD)
		return true;
	snprintf(number, sizeof(number), "%u", n);
	doctor_add(d, "server", DOCTOR_WARNING, about, "doctor.link_losses",
		"doctor.link_losses_offer", args, 2);
	return false;
}

static bool check_keep_alive(struct doctor *d, const struct control_server *s,
	const struct options *o)
{
	struct doctor_about about = {.server = s->want.id};
	struct catalog_arg args[] = {{"name", s->want.name}};

	if (o->alive_interval_s != 0)
		return true;
	doctor_add(d, "keep_alive", DOCTOR_WARNING, about,
		"doctor.keep_alive_off", "doctor.keep_alive_offer", args, 1);
	return false;
}

static bool check_key_files(struct doctor *d, const struct control_server *s,
	const struct options *o)
{
	struct doctor_about about = {.server = s->want.id};
	struct option_tokens tokens = {.host = s->want.host,
		.original_host = s->want.host,
		.user = o->user != NULL ? o->user : "",
		.port = o->port};
	struct trouble trouble;
	bool well = true;
	char *path;

	for (size_t i = 0; i < o->identity_files.n; i++) {
		if (strcmp(o->identity_files.item[i], "none") == 0 ||
			options_expand(o->identity_files.item[i], &tokens,
				&path, &trouble) != 0)
			continue;
		if (access(path, R_OK) != 0) {
			file_trouble(&trouble, ERR_FILE, path, errno);
			doctor_trouble(d, "key_file", DOCTOR_FAILED, about,
				s->want.name, &trouble);
			well = false;
		}
		free(path);
	}
	return well;
}

static void check_servers(struct doctor *d)
{
	bool links = true, alive = true, keys = true;
	size_t n;
	const struct control_server *const *s = control_servers(d->control, &n);

	for (size_t i = 0; i < n; i++) {
		struct options o = {0};

		control_server_options(d->control, &s[i]->want, &o);
		links = check_link(d, s[i]) && links;
		alive = check_keep_alive(d, s[i], &o) && alive;
		keys = check_key_files(d, s[i], &o) && keys;
		options_done(&o);
	}
	if (links)
		well(d, "server", "doctor.links_ok");
	if (alive)
		well(d, "keep_alive", "doctor.keep_alive_ok");
	if (keys)
		well(d, "key_file", "doctor.key_files_ok");
}

/* ---- questions ---- */

static void check_questions(struct doctor *d)
{
	bool asked = false;
	size_t n;
	const struct control_prompt *const *p = control_prompts(d->control, &n);

	for (size_t i = 0; i < n; i++) {
		bool is_key = p[i]->prompt->kind == PROMPT_HOST_KEY;
		struct doctor_about about = {.server = p[i]->server};
		const struct control_server *s =
			control_server(d->control, p[i]->server);
		struct catalog_arg args[] = {
			{"name", s != NULL ? s->want.name : ""},
			{"about", p[i]->prompt->about}};

		doctor_add(d, is_key ? "host_key" : "question", DOCTOR_WARNING,
			about,
			is_key ? "doctor.host_key_asked" : "doctor.asked",
			is_key ? "doctor.host_key_offer" : "doctor.asked_offer",
			args, 2);
		asked = asked || is_key;
	}
	if (!asked)
		well(d, "host_key", "doctor.host_keys_ok");
}

void doctor_tunnels_check(struct doctor *d)
{
	check_forwards(d);
	check_servers(d);
	check_questions(d);
}
