/*
 * From the store into memory, and what is kept there: made, sorted, dropped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/control_private.h"

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"

/* ---- what is kept ---- */

const char *control_server_owner(uint32_t id, char ret[CONTROL_OWNER_TEXT])
{
	snprintf(ret, CONTROL_OWNER_TEXT, "server:%u", id);
	return ret;
}

const char *control_forward_owner(uint32_t id, char ret[CONTROL_OWNER_TEXT])
{
	snprintf(ret, CONTROL_OWNER_TEXT, "forward:%u", id);
	return ret;
}

struct kept_server *control_keep_server(
	struct control *c, const struct store_server *want)
{
	struct kept_server *s = mem_zalloc(1, sizeof(*s));

	store_server_copy(&s->view.want, want);
	s->control = c;
	s->view.since_ms = clock_wall_ms();
	STAILQ_INIT(&s->memory);
	STAILQ_INIT(&s->given);
	id_map_put(&c->servers, want->id, s);
	c->server_list = mem_realloc(
		c->server_list, c->n_servers + 1, sizeof(*c->server_list));
	c->server_list[c->n_servers++] = &s->view;
	return s;
}

struct kept_forward *control_keep_forward(
	struct control *c, const struct store_forward *want)
{
	struct kept_forward *f = mem_zalloc(1, sizeof(*f));

	store_forward_copy(&f->view.want, want);
	f->server = id_map_get(&c->servers, want->server);
	f->view.since_ms = clock_wall_ms();
	f->server->view.n_forwards++;
	f->server->view.n_wanted += want->wanted;
	id_map_put(&c->forwards, want->id, f);
	c->forward_list = mem_realloc(
		c->forward_list, c->n_forwards + 1, sizeof(*c->forward_list));
	c->forward_list[c->n_forwards++] = &f->view;
	return f;
}

/* The row of `what` goes out of an array of pointers. */
static void take_out(void **list, size_t *n, const void *what)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i] == what) {
			memmove(&list[i], &list[i + 1],
				(--*n - i) * sizeof(*list));
			return;
		}
}

void control_free_server(struct control *c, struct kept_server *s)
{
	control_prompts_drop(c, s);
	control_secrets_done(s);
	store_server_done(&s->view.want);
	free(s->trace);
	free(s);
}

void control_free_forward(struct kept_forward *f)
{
	store_forward_done(&f->view.want);
	free(f->minutes);
	free(f);
}

void control_drop_server(struct control *c, struct kept_server *s)
{
	take_out((void **)c->server_list, &c->n_servers, &s->view);
	s->gone = true;
	if (s->phase != CONTROL_ABSENT) {
		control_reconcile(c, s);
		return;
	}
	id_map_remove(&c->servers, s->view.want.id);
	control_free_server(c, s);
}

void control_drop_forward(struct control *c, struct kept_forward *f)
{
	take_out((void **)c->forward_list, &c->n_forwards, &f->view);
	id_map_remove(&c->forwards, f->view.want.id);
	if (f->now.engine != 0)
		id_map_remove(&c->engines, f->now.engine);
	if (f->before.engine != 0)
		id_map_remove(&c->engines, f->before.engine);
	f->server->view.n_forwards--;
	f->server->view.n_wanted -= f->view.want.wanted;
	control_free_forward(f);
}

static int by_name(const void *a, const void *b)
{
	const struct control_server *x = *(void *const *)a,
				    *y = *(void *const *)b;
	int order = strcasecmp(x->want.name, y->want.name);

	return order != 0 ? order : strcmp(x->want.name, y->want.name);
}

static int by_position(const void *a, const void *b)
{
	const struct control_forward *x = *(void *const *)a,
				     *y = *(void *const *)b;

	if (x->want.position != y->want.position)
		return x->want.position < y->want.position ? -1 : 1;
	return x->want.id < y->want.id ? -1 : x->want.id > y->want.id;
}

void control_sort(struct control *c)
{
	if (c->n_servers != 0)
		qsort(c->server_list, c->n_servers, sizeof(*c->server_list),
			by_name);
	if (c->n_forwards != 0)
		qsort(c->forward_list, c->n_forwards, sizeof(*c->forward_list),
			by_position);
}

/* ---- from the store ---- */

static int take_server(void *arg, const struct store_server *want)
{
	control_keep_server(arg, want);
	return 0;
}

static int take_forward(void *arg, const struct store_forward *want)
{
	control_keep_forward(arg, want);
	return 0;
}

static void note_socks(void *arg, const char *kind, const char *about)
{
	struct kept_forward *f = arg;

	(void)about;
	f->view.has_socks_password |= strcmp(kind, "socks") == 0;
}

static void read_boot(struct control *c)
{
	int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, c->boot, sizeof(c->boot) - 1);

	if (fd >= 0)
		close(fd);
	c->boot[n > 0 ? (size_t)n : 0] = '\0';
	c->boot[strcspn(c->boot, "\n")] = '\0';
	/* A boot that has no name is like no other. */
	if (c->boot[0] == '\0')
		snprintf(c->boot, sizeof(c->boot), "unknown: %llu",
			(unsigned long long)clock_wall_ms());
}

/* 1: starts now; 0: was and stays as it is; -1: its time is over. */
static int verdict(const struct control *c, const struct store_forward *want,
	uint64_t now_ms)
{
	if (!want->wanted)
		return want->autostart &&
		       (want->stopped_boot == NULL ||
			       strcmp(want->stopped_boot, c->boot) != 0);
	if (want->auto_off_s != 0 &&
		want->wanted_since_ms + want->auto_off_s * 1000ull <= now_ms)
		return -1;
	return 0;
}

static int settle(struct control *c, struct kept_forward *f, uint64_t now_ms,
	struct trouble *trouble)
{
	const struct store_forward *want = &f->view.want;
	int start = verdict(c, want, now_ms), err;
	uint64_t since_ms = start > 0 ? now_ms : want->wanted_since_ms;

	if (start != 0) {
		err = store_set_wanted(c->store, want->id, start > 0, since_ms,
			start > 0 ? NULL : c->boot, trouble);
		if (err != 0)
			return err;
	}
	if (start != 0 || want->wanted)
		control_want(c, f, start >= 0, since_ms);
	if (start < 0)
		control_write_change(c, "event.auto_off", NULL, f);
	/* It worked once, so it is worth patience. */
	f->server->was_up |= want->wanted;
	return 0;
}

static int settle_all(struct control *c, struct trouble *trouble)
{
	uint64_t now_ms = clock_wall_ms();
	int err = store_begin(c->store, trouble);

	for (size_t i = 0; err == 0 && i < c->n_forwards; i++)
		err = settle(
			c, kept_forward(c->forward_list[i]), now_ms, trouble);
	if (err == 0)
		return store_commit(c->store, trouble);
	store_rollback(c->store);
	return err;
}

int control_load(struct control *c, struct trouble *trouble)
{
	char owner[CONTROL_OWNER_TEXT];
	int err;

	read_boot(c);
	err = store_each_server(c->store, take_server, c, trouble);
	if (err == 0)
		err = store_each_forward(c->store, take_forward, c, trouble);
	if (err != 0)
		return err;
	control_write(c, &(struct control_row){.kind = "daemon",
				 .level = "info",
				 .code = "event.daemon_started"});
	err = settle_all(c, trouble);
	if (err != 0)
		return err;
	control_sort(c);
	for (size_t i = 0; i < c->n_forwards; i++)
		vault_each(c->vault,
			control_forward_owner(
				c->forward_list[i]->want.id, owner),
			note_socks, c->forward_list[i]);
	for (size_t i = 0; i < c->n_servers; i++)
		control_reconcile(c, kept_server(c->server_list[i]));
	control_timers_plan(c);
	return 0;
}
