/*
 * What a client says in headers about what it wants. RFC 9110 §12, §13. Pure;
 * any thread. The values may be NULL: the header is not there.
 */
#ifndef TAUPE_API_NEGOTIATE_H
#define TAUPE_API_NEGOTIATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/catalog.h"

/* Accept-Language: the one of ours that is wanted most; `otherwise` when none
 * is. */
enum lang negotiate_lang(const char *accept, enum lang otherwise);

/* Accept-Encoding: whether gzip may be sent. */
bool negotiate_gzip(const char *accept);

/* If-Match: the revision in its entity tag ("3" in quotes). False: there is
 * something in it that no resource of ours ever had. 0 for NULL and "*". */
bool negotiate_if_match(const char *value, uint32_t *ret_revision);

/* If-None-Match: whether `etag` (with its quotes) is in it. */
bool negotiate_has_etag(const char *value, const char *etag);

/* Content-Type: JSON in UTF-8. */
bool negotiate_is_json(const char *type);

#endif
