/*
 * The page: files that the build has put into the program, or that lie in a
 * folder while it is being written (--page). Addresses without a file and
 * without a dot are the page's own ways, and get its index.
 *
 * Control thread.
 */
#ifndef TAUPE_API_PAGE_H
#define TAUPE_API_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/trouble.h"

struct page;
struct request;

struct page_file {
	const char *path; /* "/index.html" */
	const char *type;
	const char *etag; /* with its quotes */
	const unsigned char *gz, *raw;
	size_t gz_len, raw_len; /* gz NULL: it does not get smaller */
	bool immutable;         /* its name changes with its content */
};
/* Made by scripts/embed-page.py; sorted by path. */
extern const struct page_file page_files[];
extern const size_t page_files_count;

/* `dir` NULL: what is in the program. */
struct page *page_new(const char *dir);
void page_free(struct page *p); /* NULL is fine */

/* Answers a GET or HEAD. */
void page_serve(const struct page *p, struct request *r);

#endif
