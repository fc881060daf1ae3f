/*
 * What is known of a server's secrets: kept in the vault, held while the daemon
 * runs, or given just now and not yet confirmed by the server.
 *
 * In `memory` a row without a value is a verdict on what the vault has.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/control_private.h"

static const char *text_of(const char *about)
{
	return about != NULL ? about : "";
}

static struct control_memory *memory_find(
	const struct kept_server *s, const char *kind, const char *about)
{
	struct control_memory *m;

	STAILQ_FOREACH (m, &s->memory, next)
		if (strcmp(m->kind, kind) == 0 && strcmp(m->about, about) == 0)
			return m;
	return NULL;
}

static struct control_memory *memory_row(
	struct kept_server *s, const char *kind, const char *about)
{
	struct control_memory *m = memory_find(s, kind, about);

	if (m != NULL)
		return m;
	m = mem_zalloc(1, sizeof(*m));
	m->kind = mem_strdup(kind);
	m->about = mem_strdup(about);
	STAILQ_INSERT_TAIL(&s->memory, m, next);
	return m;
}

static void memory_free(struct control_memory *m)
{
	free(m->kind);
	free(m->about);
	secret_done(&m->value);
	free(m);
}

static void memory_forget(
	struct kept_server *s, const char *kind, const char *about)
{
	struct control_memory *m, *next;

	for (m = STAILQ_FIRST(&s->memory); m != NULL; m = next) {
		next = STAILQ_NEXT(m, next);
		if ((kind != NULL && strcmp(m->kind, kind) != 0) ||
			(about != NULL && strcmp(m->about, about) != 0))
			continue;
		STAILQ_REMOVE(&s->memory, m, control_memory, next);
		memory_free(m);
	}
}

static void given_free(struct control_given *g)
{
	free(g->kind);
	free(g->about);
	secret_done(&g->value);
	free(g);
}

void control_secrets_done(struct kept_server *s)
{
	memory_forget(s, NULL, NULL);
	control_secrets_refused(s);
}

/* ---- asked for ---- */

static bool recall_one(struct kept_server *s, const char *kind,
	const char *about, struct secret *ret_value)
{
	const struct control_memory *m = memory_find(s, kind, about);
	char owner[CONTROL_OWNER_TEXT];
	struct trouble t;
	int err;

	if (m != NULL && (m->wrong || secret_is_set(&m->value))) {
		if (!m->wrong)
			secret_copy(ret_value, &m->value);
		return !m->wrong;
	}
	if (s->view.want.keep_secrets != STORE_KEEP)
		return false;
	err = vault_get(s->control->vault,
		control_server_owner(s->view.want.id, owner), kind, about,
		ret_value, &t);
	if (err != 0 && err != -ERR_NOT_FOUND)
		log_info("%s of server %s: %s", kind, s->view.want.name,
			err_name(err));
	return err == 0;
}

bool control_secret_recall(
	const struct control_wish *w, struct secret *ret_value)
{
	return recall_one(w->owner, w->kind, w->about, ret_value) ||
	       (w->any && recall_one(w->owner, w->kind, "", ret_value)) ||
	       (w->named != w->owner &&
		       recall_one(w->named, w->kind, w->about, ret_value));
}

void control_secret_wrong(const struct control_wish *w)
{
	memory_row(w->owner, w->kind, w->about)->wrong = true;
	memory_row(w->named, w->kind, w->about)->wrong = true;
	if (w->any)
		memory_row(w->owner, w->kind, "")->wrong = true;
}

/* ---- given ---- */

void control_secret_given(struct kept_server *s,
	const struct control_wish *wish, const struct secret *value, bool keep)
{
	struct control_given *g, *next;

	for (g = STAILQ_FIRST(&s->given); g != NULL; g = next) {
		next = STAILQ_NEXT(g, next);
		if (strcmp(g->kind, wish->kind) != 0 ||
			strcmp(g->about, wish->about) != 0)
			continue;
		STAILQ_REMOVE(&s->given, g, control_given, next);
		given_free(g);
	}
	g = mem_zalloc(1, sizeof(*g));
	g->owner = wish->owner->view.want.id;
	g->kind = mem_strdup(wish->kind);
	g->about = mem_strdup(wish->about);
	g->keep = keep;
	secret_copy(&g->value, value);
	STAILQ_INSERT_TAIL(&s->given, g, next);
}

static void remember(struct kept_server *s, const char *kind, const char *about,
	const struct secret *value)
{
	struct control_memory *m = memory_row(s, kind, about);

	secret_copy(&m->value, value);
	m->wrong = false;
}

static void settle(struct kept_server *s, const struct control_given *g)
{
	enum store_keep how = s->view.want.keep_secrets;
	char owner[CONTROL_OWNER_TEXT];
	struct trouble t;

	if (how == STORE_SESSION)
		remember(s, g->kind, g->about, &g->value);
	if (how != STORE_KEEP || !g->keep)
		return;
	if (vault_put(s->control->vault,
		    control_server_owner(s->view.want.id, owner), g->kind,
		    g->about, &g->value, &t) == 0) {
		memory_forget(s, g->kind, g->about);
		return;
	}
	log_warn("the %s of server %s is held only while taupe runs: %s",
		g->kind, s->view.want.name, err_name((int)t.code));
	remember(s, g->kind, g->about, &g->value);
}

void control_secrets_accepted(struct kept_server *s)
{
	const struct control_given *g;

	STAILQ_FOREACH (g, &s->given, next) {
		struct kept_server *owner =
			id_map_get(&s->control->servers, g->owner);

		if (owner != NULL && !owner->gone)
			settle(owner, g);
	}
	control_secrets_refused(s);
}

void control_secrets_refused(struct kept_server *s)
{
	struct control_given *g;

	while ((g = STAILQ_FIRST(&s->given)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->given, next);
		given_free(g);
	}
}

/* ---- set ahead, listed, forgotten ---- */

/* NULL, with the trouble: there is no such server. */
static struct kept_server *find(
	struct control *c, uint32_t server, struct trouble *trouble)
{
	const struct control_server *view = control_server(c, server);

	if (view != NULL)
		return kept_server(view);
	(void)trouble_say(trouble, ERR_NOT_FOUND, "server %u", server);
	return NULL;
}

static bool may_be_kept(const char *kind)
{
	return strcmp(kind, prompt_kind_name(PROMPT_PASSWORD)) == 0 ||
	       strcmp(kind, prompt_kind_name(PROMPT_PASSPHRASE)) == 0;
}

/* One for any name takes the place of all of its kind: they would be found
 * before it. */
static int replace(struct control *c, uint32_t server, const char *kind,
	const char *about, const struct secret *value, struct trouble *trouble)
{
	char owner[CONTROL_OWNER_TEXT];
	int err = store_begin(c->store, trouble);

	if (err != 0)
		return err;
	control_server_owner(server, owner);
	err = vault_remove(c->vault, owner, kind, about, trouble);
	if (err == 0)
		err = vault_put(
			c->vault, owner, kind, text_of(about), value, trouble);
	if (err == 0)
		err = store_commit(c->store, trouble);
	if (err != 0)
		store_rollback(c->store);
	return err;
}

int control_put_secret(struct control *c, uint32_t server, const char *kind,
	const char *about, const struct secret *value, struct trouble *trouble)
{
	struct kept_server *s = find(c, server, trouble);
	int err;

	if (s == NULL)
		return -ERR_NOT_FOUND;
	if (!may_be_kept(kind) || !secret_is_set(value))
		return trouble_say(trouble, ERR_INVALID,
			"a password or a passphrase is wanted");
	if (s->view.want.keep_secrets == STORE_KEEP) {
		err = replace(c, server, kind, about, value, trouble);
		if (err != 0)
			return err;
		memory_forget(s, kind, about);
	} else {
		memory_forget(s, kind, about);
		remember(s, kind, text_of(about), value);
	}
	control_write(c, &(struct control_row){.kind = "change",
				 .level = "info",
				 .code = "event.secret_set",
				 .server = s});
	control_tell_server(c, s);
	if (!control_prompts_serve(c, s, kind, about, value) &&
		s->view.state == STATE_ERROR)
		control_restart(c, s);
	return 0;
}

int control_forget_secrets(struct control *c, uint32_t server, const char *kind,
	const char *about, struct trouble *trouble)
{
	char owner[CONTROL_OWNER_TEXT];
	struct kept_server *s = find(c, server, trouble);
	int err;

	if (s == NULL)
		return -ERR_NOT_FOUND;
	err = vault_remove(c->vault, control_server_owner(server, owner), kind,
		about, trouble);
	if (err != 0)
		return err;
	memory_forget(s, kind, about);
	control_write(c, &(struct control_row){.kind = "change",
				 .level = "info",
				 .code = "event.secrets_forgotten",
				 .server = s});
	control_tell_server(c, s);
	return 0;
}

int control_reset_secrets(struct control *c, struct trouble *trouble)
{
	int err = vault_reset(c->vault, trouble);

	if (err != 0)
		return err;
	control_write_change(c, "event.secrets_reset", NULL, NULL);
	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *s = kept_server(c->server_list[i]);

		memory_forget(s, NULL, NULL);
		control_tell_server(c, s);
	}
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (!f->view.has_socks_password)
			continue;
		f->view.has_socks_password = false;
		control_tell_forward(c, f);
	}
	control_vault_opened(c);
	return 0;
}

void control_each_secret(const struct control *c, uint32_t server,
	control_secret_fn *fn, void *arg)
{
	const struct control_server *view = control_server(c, server);
	char owner[CONTROL_OWNER_TEXT];
	const struct control_memory *m;

	if (view == NULL)
		return;
	vault_each(c->vault, control_server_owner(server, owner), fn, arg);
	STAILQ_FOREACH (m, &kept_server(view)->memory, next)
		if (secret_is_set(&m->value))
			fn(arg, m->kind, m->about);
}
