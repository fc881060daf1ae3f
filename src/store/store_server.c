/*
 * Servers, and their options in order.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_list.h"
#include "store/store_sql.h"

static const char *const keep_words[] = {
	[STORE_KEEP] = "keep",
	[STORE_SESSION] = "session",
	[STORE_NEVER] = "never",
};
static_assert(sizeof(keep_words) / sizeof(keep_words[0]) == STORE_KEEP_COUNT,
	"one word each");

void store_server_done(struct store_server *s)
{
	free(s->name);
	free(s->host);
	free(s->user);
	store_list_done(&s->options);
	free(s->note);
	*s = (struct store_server){0};
}

static char *copy_or_null(const char *text)
{
	return text != NULL ? mem_strdup(text) : NULL;
}

void store_server_copy(struct store_server *to, const struct store_server *from)
{
	struct store_server copy = *from;

	copy.name = copy_or_null(from->name);
	copy.host = copy_or_null(from->host);
	copy.user = copy_or_null(from->user);
	copy.note = copy_or_null(from->note);
	copy.options = (struct string_list){0};
	store_list_copy(&copy.options, &from->options);
	store_server_done(to);
	*to = copy;
}

/* ---- reading ---- */

struct walk {
	struct store *s;
	store_server_fn *fn;
	void *arg;
	struct trouble *trouble;
};

static int take_option(void *arg, sqlite3_stmt *row)
{
	store_list_add(arg, column_text(row, 0));
	return 0;
}

static int take_server(void *arg, sqlite3_stmt *row)
{
	const struct walk *w = arg;
	struct store_server server = {
		.id = (uint32_t)column_number(row, 0),
		.revision = (uint32_t)column_number(row, 1),
		.name = store_sql_copy(row, 2),
		.host = store_sql_copy(row, 3),
		.port = (uint16_t)column_number(row, 4),
		.user = store_sql_copy_or_null(row, 5),
		.jump_server = (uint32_t)column_number(row, 6),
		.keep_secrets = (enum store_keep)store_sql_word(
			row, 7, keep_words, STORE_KEEP_COUNT),
		.note = store_sql_copy_or_null(row, 8),
		.created_ms = column_number(row, 9),
		.changed_ms = column_number(row, 10),
	};
	const struct store_bind binds[] = {bind_number(server.id)};
	int err;

	err = store_sql_each(w->s,
		"SELECT assignment FROM server_option WHERE server = ?"
		" ORDER BY place",
		STORE_BINDS(binds), take_option, &server.options, w->trouble);
	if (err == 0)
		err = w->fn(w->arg, &server);
	store_server_done(&server);
	return err;
}

int store_each_server(struct store *s, store_server_fn *fn, void *arg,
	struct trouble *trouble)
{
	struct walk w = {s, fn, arg, trouble};

	return store_sql_each(s,
		"SELECT id, revision, name, host, port, user_name, jump_server,"
		" keep_secrets, note, created_ms, changed_ms FROM server"
		" ORDER BY name",
		NULL, 0, take_server, &w, trouble);
}

/* ---- writing ---- */

static int put_options(struct store *s, const struct store_server *server,
	struct trouble *trouble)
{
	const struct store_bind whose[] = {bind_number(server->id)};
	int err;

	err = store_sql_run(s, "DELETE FROM server_option WHERE server = ?",
		STORE_BINDS(whose), trouble);
	for (size_t i = 0; i < server->options.n && err == 0; i++) {
		const struct store_bind binds[] = {bind_number(server->id),
			bind_number(i), bind_text(server->options.item[i])};

		err = store_sql_run(s,
			"INSERT INTO server_option (server, place, assignment)"
			" VALUES (?, ?, ?)",
			STORE_BINDS(binds), trouble);
	}
	return err;
}

static int take_stamp(void *arg, sqlite3_stmt *row)
{
	struct store_server *server = arg;

	server->id = (uint32_t)column_number(row, 0);
	server->revision = (uint32_t)column_number(row, 1);
	server->created_ms = column_number(row, 2);
	server->changed_ms = column_number(row, 3);
	return 0;
}

/* `server` is a shallow copy, to be stamped. */
static int put_row(
	struct store *s, struct store_server *server, struct trouble *trouble)
{
	static const char insert[] =
		"INSERT INTO server (name, host, port, user_name, jump_server,"
		" keep_secrets, note, changed_ms, revision, created_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?8)"
		" RETURNING id, revision, created_ms, changed_ms";
	static const char update[] =
		"UPDATE server SET name = ?1, host = ?2, port = ?3,"
		" user_name = ?4, jump_server = ?5, keep_secrets = ?6,"
		" note = ?7, changed_ms = ?8, revision = revision + 1"
		" WHERE id = ?9"
		" RETURNING id, revision, created_ms, changed_ms";
	const struct store_bind binds[] = {
		bind_text(server->name),
		bind_text(server->host),
		bind_number(server->port),
		bind_text(server->user),
		bind_id(server->jump_server),
		bind_text(keep_words[server->keep_secrets]),
		bind_text(server->note),
		bind_number(clock_wall_ms()),
		bind_number(server->id),
	};
	size_t n = sizeof(binds) / sizeof(binds[0]);
	uint32_t id = server->id;
	int err;

	server->revision = 0;
	err = store_sql_each(s, id == 0 ? insert : update, binds,
		id == 0 ? n - 1 : n, take_stamp, server, trouble);
	if (err == 0 && server->revision == 0)
		err = store_sql_not_found("server", id, trouble);
	else if (err == -ERR_IN_USE)
		err = store_sql_not_found(
			"server", server->jump_server, trouble);
	else if (err == -ERR_CONFLICT && trouble != NULL)
		trouble_arg(trouble, "name", "%s", server->name);
	return err;
}

int store_put_server(
	struct store *s, struct store_server *server, struct trouble *trouble)
{
	struct store_server put = *server;
	int err;

	err = store_sql_begin(s, trouble);
	if (err != 0)
		return err;
	err = put_row(s, &put, trouble);
	if (err == 0)
		err = put_options(s, &put, trouble);
	err = store_sql_end(s, err, trouble);
	if (err == 0)
		*server = put;
	return err;
}

/* ---- removing ---- */

struct users {
	char text[TROUBLE_VALUE];
	size_t n;
};

static int take_user(void *arg, sqlite3_stmt *row)
{
	struct users *users = arg;
	size_t at = strlen(users->text);

	snprintf(users->text + at, sizeof(users->text) - at, "%s%s",
		users->n++ != 0 ? ", " : "", column_text(row, 0));
	return 0;
}

static int take_name(void *arg, sqlite3_stmt *row)
{
	trouble_arg(arg, "name", "%s", column_text(row, 0));
	return 0;
}

/* -ERR_IN_USE with "name" and, as "detail", who they are. */
static int check_unused(struct store *s, uint32_t id, struct trouble *trouble)
{
	const struct store_bind binds[] = {bind_number(id)};
	struct trouble say;
	struct users users = {0};
	int err;

	err = store_sql_each(s,
		"SELECT name FROM (SELECT name, 0 AS rank FROM forward"
		" WHERE server = ?1 UNION ALL SELECT name, 1 AS rank"
		" FROM server WHERE jump_server = ?1) AS users"
		" ORDER BY rank, name",
		STORE_BINDS(binds), take_user, &users, trouble);
	if (err != 0 || users.n == 0)
		return err;
	trouble_set(&say, ERR_IN_USE);
	err = store_sql_each(s, "SELECT name FROM server WHERE id = ?",
		STORE_BINDS(binds), take_name, &say, trouble);
	if (err != 0)
		return err;
	trouble_arg(&say, "detail", "%s", users.text);
	if (trouble != NULL)
		*trouble = say;
	return -ERR_IN_USE;
}

int store_remove_server(struct store *s, uint32_t id, struct trouble *trouble)
{
	const struct store_bind binds[] = {bind_number(id)};
	int err;

	err = store_sql_begin(s, trouble);
	if (err != 0)
		return err;
	err = check_unused(s, id, trouble);
	if (err == 0)
		err = store_sql_run_one(s, "DELETE FROM server WHERE id = ?",
			STORE_BINDS(binds), "server", id, trouble);
	return store_sql_end(s, err, trouble);
}
