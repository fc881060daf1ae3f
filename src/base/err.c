#include "base/err.h"

#include <assert.h>
#include <stddef.h>

struct err_row {
	const char *name;
	int http;
};

static const struct err_row rows[] = {
#define ERR_ROW(sym, name, http) {name, http},
	ERR_LIST(ERR_ROW)
#undef ERR_ROW
};
static_assert(sizeof(rows) / sizeof(rows[0]) == ERR_COUNT, "one row an error");

static const struct err_row *row(int code)
{
	if (code < 0)
		code = -code;
	if (code >= ERR_COUNT)
		code = ERR_INTERNAL;
	return &rows[code];
}

const char *err_name(int code)
{
	return row(code)->name;
}

int err_http(int code)
{
	return row(code)->http;
}
