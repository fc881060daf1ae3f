/*
 * A folder for a test's database, and short words for a store that must work.
 */
#ifndef TAUPE_TEST_STORE_PLACE_H
#define TAUPE_TEST_STORE_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/store.h"

/* For cmocka_unit_test_setup_teardown: *state is the folder's path. */
int store_place_setup(void **state);
int store_place_teardown(void **state);

/* Fails the test with the trouble's code, path and detail. */
void store_place_ok(int err, const struct trouble *trouble);

struct store *store_place_open(const char *folder);
/* The path of a file in the folder; good until the next call. */
const char *store_place_path(const char *folder, const char *name);
void store_place_read(const char *folder, const char *name, struct buf *out);
void store_place_write(
	const char *folder, const char *name, const void *p, size_t n);

/* Runs SQL on the file beside the store's back. */
void store_place_sql(const char *folder, const char *sql);
/* The first column of the first row, as a number; -1: none. */
int64_t store_place_number(
	const char *folder, const char *name, const char *sql);

/* Puts a server and returns its id; a forward of it likewise. */
uint32_t store_place_server(struct store *s, const char *name);
uint32_t store_place_forward(
	struct store *s, uint32_t server, const char *name);
void store_place_same_list(
	const struct string_list *a, const struct string_list *b);
void store_place_same_text(const char *a, const char *b); /* NULLs too */

/* What a walk counts. */
unsigned store_place_count_forwards(struct store *s);

#endif
