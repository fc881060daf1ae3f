#include <stdlib.h>

#include "store/store.h"
#include "store/store_sql.h"

static int take_value(void *arg, sqlite3_stmt *row)
{
	char **value = arg;

	*value = store_sql_copy(row, 0);
	return 0;
}

int store_get_setting(struct store *s, const char *name, char **ret_value,
	struct trouble *trouble)
{
	const struct store_bind binds[] = {bind_text(name)};
	char *value = NULL;
	int err;

	err = store_sql_each(s, "SELECT value FROM setting WHERE name = ?",
		STORE_BINDS(binds), take_value, &value, trouble);
	if (err == 0)
		*ret_value = value;
	else
		free(value);
	return err;
}

int store_set_setting(struct store *s, const char *name, const char *value,
	struct trouble *trouble)
{
	const struct store_bind binds[] = {bind_text(name), bind_text(value)};

	if (value == NULL)
		return store_sql_run(s, "DELETE FROM setting WHERE name = ?",
			binds, 1, trouble);
	return store_sql_run(s,
		"INSERT INTO setting (name, value) VALUES (?, ?)"
		" ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		STORE_BINDS(binds), trouble);
}
