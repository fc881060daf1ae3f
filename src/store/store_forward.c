/*
 * Forwards, their tags, and what people want of them.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_list.h"
#include "store/store_sql.h"

void store_forward_done(struct store_forward *f)
{
	free(f->name);
	forward_spec_done(&f->spec);
	store_list_done(&f->tags);
	free(f->note);
	free(f->stopped_boot);
	*f = (struct store_forward){0};
}

static char *copy_or_null(const char *text)
{
	return text != NULL ? mem_strdup(text) : NULL;
}

void store_forward_copy(
	struct store_forward *to, const struct store_forward *from)
{
	struct store_forward copy = *from;

	copy.name = copy_or_null(from->name);
	copy.spec = (struct forward_spec){0};
	forward_spec_copy(&copy.spec, &from->spec);
	copy.tags = (struct string_list){0};
	store_list_copy(&copy.tags, &from->tags);
	copy.note = copy_or_null(from->note);
	copy.stopped_boot = copy_or_null(from->stopped_boot);
	store_forward_done(to);
	*to = copy;
}

/* ---- reading ---- */

struct walk {
	struct store *s;
	store_forward_fn *fn;
	void *arg;
	struct trouble *trouble;
};

static int take_tag(void *arg, sqlite3_stmt *row)
{
	store_list_add(arg, column_text(row, 0));
	return 0;
}

static void take_spec(struct forward_spec *spec, sqlite3_stmt *row, int at)
{
	const char *const types[] = {
		forward_type_name(FORWARD_LOCAL),
		forward_type_name(FORWARD_REMOTE),
		forward_type_name(FORWARD_DYNAMIC),
	};

	*spec = (struct forward_spec){
		.type = (enum forward_type)store_sql_word(row, at, types, 3),
		.listen.host = store_sql_copy_or_null(row, at + 1),
		.listen.port = (uint16_t)column_number(row, at + 2),
		.listen.path = store_sql_copy_or_null(row, at + 3),
		.target.host = store_sql_copy_or_null(row, at + 4),
		.target.port = (uint16_t)column_number(row, at + 5),
		.target.path = store_sql_copy_or_null(row, at + 6),
		.reverse_dynamic = column_number(row, at + 7) != 0,
		.bind_left_out = column_number(row, at + 8) != 0,
		.socks_user = store_sql_copy_or_null(row, at + 9),
		.lazy = column_number(row, at + 10) != 0,
		.idle_s = (uint32_t)column_number(row, at + 11),
		.allow = store_sql_copy_or_null(row, at + 12),
		.limit_in_bytes_s = column_number(row, at + 13),
		.limit_out_bytes_s = column_number(row, at + 14),
	};
}

static int take_forward(void *arg, sqlite3_stmt *row)
{
	const struct walk *w = arg;
	struct store_forward f = {
		.id = (uint32_t)column_number(row, 0),
		.revision = (uint32_t)column_number(row, 1),
		.name = store_sql_copy(row, 2),
		.server = (uint32_t)column_number(row, 3),
		.autostart = column_number(row, 4) != 0,
		.auto_off_s = (uint32_t)column_number(row, 5),
		.position = (int64_t)column_number(row, 6),
		.note = store_sql_copy_or_null(row, 7),
		.created_ms = column_number(row, 8),
		.changed_ms = column_number(row, 9),
		.wanted = column_number(row, 10) != 0,
		.wanted_since_ms = column_number(row, 11),
		.stopped_boot = store_sql_copy_or_null(row, 12),
	};
	const struct store_bind binds[] = {bind_number(f.id)};
	int err;

	take_spec(&f.spec, row, 13);
	err = store_sql_each(w->s,
		"SELECT tag FROM forward_tag WHERE forward = ? ORDER BY tag",
		STORE_BINDS(binds), take_tag, &f.tags, w->trouble);
	if (err == 0)
		err = w->fn(w->arg, &f);
	store_forward_done(&f);
	return err;
}

int store_each_forward(struct store *s, store_forward_fn *fn, void *arg,
	struct trouble *trouble)
{
	struct walk w = {s, fn, arg, trouble};

	return store_sql_each(s,
		"SELECT id, revision, name, server, autostart, auto_off_s,"
		" position, note, created_ms, changed_ms, wanted,"
		" wanted_since_ms, stopped_boot, type, listen_host,"
		" listen_port, listen_path, target_host, target_port,"
		" target_path, reverse_dynamic, bind_left_out, socks_user,"
		" lazy, idle_s, allow, limit_in_bytes_s, limit_out_bytes_s"
		" FROM forward ORDER BY position, id",
		NULL, 0, take_forward, &w, trouble);
}

/* ---- writing ---- */

static int put_tags(
	struct store *s, const struct store_forward *f, struct trouble *trouble)
{
	const struct store_bind whose[] = {bind_number(f->id)};
	int err;

	err = store_sql_run(s, "DELETE FROM forward_tag WHERE forward = ?",
		STORE_BINDS(whose), trouble);
	for (size_t i = 0; i < f->tags.n && err == 0; i++) {
		const struct store_bind binds[] = {
			bind_number(f->id), bind_text(f->tags.item[i])};

		err = store_sql_run(s,
			"INSERT INTO forward_tag (forward, tag) VALUES (?, ?)"
			" ON CONFLICT DO NOTHING",
			STORE_BINDS(binds), trouble);
	}
	return err;
}

static int take_stamp(void *arg, sqlite3_stmt *row)
{
	struct store_forward *f = arg;

	f->id = (uint32_t)column_number(row, 0);
	f->revision = (uint32_t)column_number(row, 1);
	f->created_ms = column_number(row, 2);
	f->changed_ms = column_number(row, 3);
	return 0;
}

#define COLUMNS                                                                \
	"name, server, type, listen_host, listen_port, listen_path,"           \
	" target_host, target_port, target_path, reverse_dynamic,"             \
	" bind_left_out, socks_user, lazy, idle_s, allow, limit_in_bytes_s,"   \
	" limit_out_bytes_s, autostart, auto_off_s, position, note, wanted,"   \
	" wanted_since_ms, stopped_boot, changed_ms"
#define PLACES                                                                 \
	"?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"    \
	" ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25"
#define COLUMNS_N 25
#define STAMP     " RETURNING id, revision, created_ms, changed_ms"

/* `f` is a shallow copy, to be stamped. */
static int run_put(
	struct store *s, struct store_forward *f, struct trouble *trouble)
{
	static const char insert[] =
		"INSERT INTO forward (" COLUMNS ", revision, created_ms)"
		" VALUES (" PLACES ", 1, ?25)" STAMP;
	static const char update[] =
		"UPDATE forward SET (" COLUMNS ", revision) = (" PLACES
		", revision + 1) WHERE id = ?26" STAMP;
	const struct forward_spec *spec = &f->spec;
	bool target = spec->type != FORWARD_DYNAMIC && !spec->reverse_dynamic;
	const struct store_bind binds[] = {
		bind_text(f->name),
		bind_number(f->server),
		bind_text(forward_type_name(spec->type)),
		bind_text(spec->listen.host),
		bind_number(spec->listen.port),
		bind_text(spec->listen.path),
		bind_text(target ? spec->target.host : NULL),
		bind_number(target ? spec->target.port : 0),
		bind_text(target ? spec->target.path : NULL),
		bind_number(spec->reverse_dynamic),
		bind_number(spec->bind_left_out),
		bind_text(spec->socks_user),
		bind_number(spec->lazy),
		bind_number(spec->idle_s),
		bind_text(spec->allow),
		bind_number(spec->limit_in_bytes_s),
		bind_number(spec->limit_out_bytes_s),
		bind_number(f->autostart),
		bind_number(f->auto_off_s),
		bind_signed(f->position),
		bind_text(f->note),
		bind_number(f->wanted),
		bind_number(f->wanted_since_ms),
		bind_text(f->stopped_boot),
		bind_number(clock_wall_ms()),
		bind_number(f->id),
	};

	return f->id == 0 ? store_sql_each(s, insert, binds, COLUMNS_N,
				    take_stamp, f, trouble)
			  : store_sql_each(s, update, binds, COLUMNS_N + 1,
				    take_stamp, f, trouble);
}

static int put_row(
	struct store *s, struct store_forward *f, struct trouble *trouble)
{
	uint32_t id = f->id;
	int err;

	f->revision = 0;
	err = run_put(s, f, trouble);
	if (err == 0 && f->revision == 0)
		err = store_sql_not_found("forward", id, trouble);
	else if (err == -ERR_IN_USE)
		err = store_sql_not_found("server", f->server, trouble);
	else if (err == -ERR_CONFLICT && trouble != NULL)
		trouble_arg(trouble, "name", "%s", f->name);
	return err;
}

int store_put_forward(
	struct store *s, struct store_forward *forward, struct trouble *trouble)
{
	struct store_forward put = *forward;
	int err;

	err = store_sql_begin(s, trouble);
	if (err != 0)
		return err;
	err = put_row(s, &put, trouble);
	if (err == 0)
		err = put_tags(s, &put, trouble);
	err = store_sql_end(s, err, trouble);
	if (err == 0)
		*forward = put;
	return err;
}

int store_remove_forward(struct store *s, uint32_t id, struct trouble *trouble)
{
	const struct store_bind binds[] = {bind_number(id)};

	return store_sql_run_one(s, "DELETE FROM forward WHERE id = ?",
		STORE_BINDS(binds), "forward", id, trouble);
}

int store_set_wanted(struct store *s, uint32_t forward, bool wanted,
	uint64_t since_ms, const char *stopped_boot, struct trouble *trouble)
{
	const struct store_bind binds[] = {
		bind_number(wanted),
		bind_number(since_ms),
		bind_text(stopped_boot),
		bind_number(forward),
	};

	return store_sql_run_one(s,
		"UPDATE forward SET wanted = ?, wanted_since_ms = ?,"
		" stopped_boot = ? WHERE id = ?",
		STORE_BINDS(binds), "forward", forward, trouble);
}
