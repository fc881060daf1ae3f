/*
 * An answer with fresh numbers: the request waits for the workers' (at most
 * 250 ms), then `run` answers it. Control thread.
 */
#ifndef TAUPE_API_FRESH_H
#define TAUPE_API_FRESH_H

#include "api/request.h"

void fresh_reply(struct request *r, void (*run)(struct request *r));

#endif
