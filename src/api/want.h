/*
 * What people wrote of a forward, as members of an object: those that a request
 * may have as well. Any thread.
 */
#ifndef TAUPE_API_WANT_H
#define TAUPE_API_WANT_H

#include <jansson.h>

#include "store/store.h"

/* All but the server, whose name is its own matter. */
void want_put_forward(json_t *object, const struct store_forward *want);

#endif
