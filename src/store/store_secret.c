/*
 * Sealed secrets, of servers and of forwards; they go with their owner.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "store/store_sql.h"

enum owner_kind { OWNER_SERVER, OWNER_FORWARD };

static const struct {
	const char *word, *prefix, *put, *remove;
} owners[] = {
	[OWNER_SERVER] = {"server", "server:",
		"INSERT INTO server_secret (server, kind, about, sealed)"
		" VALUES (?, ?, ?, ?) ON CONFLICT (server, kind, about)"
		" DO UPDATE SET sealed = excluded.sealed",
		"DELETE FROM server_secret WHERE server = ?1"
		" AND (?2 IS NULL OR kind = ?2)"
		" AND (?3 IS NULL OR about = ?3)"},
	[OWNER_FORWARD] = {"forward", "forward:",
		"INSERT INTO forward_secret (forward, kind, about, sealed)"
		" VALUES (?, ?, ?, ?) ON CONFLICT (forward, kind, about)"
		" DO UPDATE SET sealed = excluded.sealed",
		"DELETE FROM forward_secret WHERE forward = ?1"
		" AND (?2 IS NULL OR kind = ?2)"
		" AND (?3 IS NULL OR about = ?3)"},
};

struct owner {
	enum owner_kind kind;
	uint32_t id;
};

static int read_owner(
	const char *text, struct owner *ret_owner, struct trouble *trouble)
{
	for (int i = 0; i <= OWNER_FORWARD; i++) {
		size_t n = strlen(owners[i].prefix);
		unsigned long id;
		char *end;

		if (strncmp(text, owners[i].prefix, n) != 0)
			continue;
		id = strtoul(text + n, &end, 10);
		if (text[n] < '1' || text[n] > '9' || *end != '\0' ||
			id > UINT32_MAX)
			break;
		*ret_owner = (struct owner){
			.kind = (enum owner_kind)i, .id = (uint32_t)id};
		return 0;
	}
	trouble_say(trouble, ERR_INVALID, "%s", text);
	return -ERR_INVALID;
}

static int put(struct store *s, struct owner whose, const char *kind,
	const char *about, struct store_bind sealed, struct trouble *trouble)
{
	const struct store_bind binds[] = {bind_number(whose.id),
		bind_text(kind), bind_text(about), sealed};

	return store_sql_run(
		s, owners[whose.kind].put, STORE_BINDS(binds), trouble);
}

int store_put_secret(struct store *s, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n,
	struct trouble *trouble)
{
	struct owner whose;
	int err;

	err = read_owner(owner, &whose, trouble);
	if (err == 0)
		err = put(s, whose, kind, about, bind_blob(sealed, n), trouble);
	if (err == -ERR_IN_USE)
		err = store_sql_not_found(
			owners[whose.kind].word, whose.id, trouble);
	return err;
}

int store_forget_secrets(struct store *s, struct trouble *trouble)
{
	int err = store_sql_begin(s, trouble);

	if (err != 0)
		return err;
	err = store_sql_run(s, "DELETE FROM server_secret", NULL, 0, trouble);
	if (err == 0)
		err = store_sql_run(
			s, "DELETE FROM forward_secret", NULL, 0, trouble);
	return store_sql_end(s, err, trouble);
}

struct walk {
	store_secret_fn *fn;
	void *arg;
};

static int take_secret(void *arg, sqlite3_stmt *row)
{
	const struct walk *w = arg;
	char owner[32];

	snprintf(owner, sizeof(owner), "%s%llu", column_text(row, 0),
		(unsigned long long)column_number(row, 1));
	return w->fn(w->arg, owner, column_text(row, 2), column_text(row, 3),
		sqlite3_column_blob(row, 4),
		(size_t)sqlite3_column_bytes(row, 4));
}

int store_each_secret(struct store *s, store_secret_fn *fn, void *arg,
	struct trouble *trouble)
{
	struct walk w = {fn, arg};

	return store_sql_each(s,
		"SELECT 'server:', server AS owner, kind, about, sealed"
		" FROM server_secret UNION ALL"
		" SELECT 'forward:', forward, kind, about, sealed"
		" FROM forward_secret ORDER BY 1, 2, 3, 4",
		NULL, 0, take_secret, &w, trouble);
}

static int remove_of(struct store *s, struct owner whose, const char *kind,
	const char *about, struct trouble *trouble)
{
	const struct store_bind binds[] = {
		bind_number(whose.id), bind_text(kind), bind_text(about)};

	return store_sql_run(
		s, owners[whose.kind].remove, STORE_BINDS(binds), trouble);
}

int store_remove_secret(struct store *s, const char *owner, const char *kind,
	const char *about, struct trouble *trouble)
{
	struct owner whose;
	int err;

	err = read_owner(owner, &whose, trouble);
	return err == 0 ? remove_of(s, whose, kind, about, trouble) : err;
}
