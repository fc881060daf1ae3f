/*
 * Other programs' tunnels: the first byte picks the format, the rest is the
 * text. Without a path, so that nothing is run or included. What is read keeps
 * what the headers promise.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/import_json.h"
#include "import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct import_set *set)
{
	for (size_t i = 0; i < set->n_servers; i++)
		if (set->servers[i].server.name == NULL ||
			set->servers[i].server.host == NULL)
			abort();
	for (size_t i = 0; i < set->n_forwards; i++) {
		const struct import_forward *f = &set->forwards[i];
		char text[2048];

		if (f->server >= set->n_servers || f->forward.name == NULL)
			abort();
		if (forward_spec_text(&f->forward.spec, text, sizeof(text)) >=
			sizeof(text))
			abort();
	}
	for (size_t i = 0; i < set->n_skipped; i++)
		if (set->skipped[i].what == NULL ||
			set->skipped[i].why.code == ERR_OK)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_set set;
	struct trouble t;
	enum import_format format;
	int r;

	if (size == 0)
		return 0;
	format = (enum import_format)(data[0] % IMPORT_FORMAT_COUNT);
	if (format == IMPORT_JSON)
		r = import_json_read(
			(const char *)data + 1, size - 1, &set, &t);
	else
		r = import_read(format, (const char *)data + 1, size - 1, NULL,
			&set, &t);
	if (r == 0) {
		check(&set);
		import_set_done(&set);
	} else if (t.code == ERR_OK) {
		abort();
	}
	return 0;
}
