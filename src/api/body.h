/*
 * The JSON body of a request, read with the bounds of docs/api.md. Pure; any
 * thread.
 */
#ifndef TAUPE_API_BODY_H
#define TAUPE_API_BODY_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"
#include "base/trouble.h"

#define BODY_MAX        (1024 * 1024)
#define BODY_PUBLIC_MAX 8192
#define BODY_DEPTH      16

/* One object, nothing after it. NULL with `trouble`: -ERR_INVALID with "detail"
 * for what is no JSON, nested too deep, names a field twice or is no object. */
json_t *body_parse(const void *p, size_t n, struct trouble *trouble);

#endif
