/*
 * The numbers as Prometheus reads them: text format 0.0.4. Names and units stay
 * as they are; servers and forwards come as labels. Control thread.
 */
#ifndef TAUPE_API_METRICS_H
#define TAUPE_API_METRICS_H

#include "base/buf.h"
#include "daemon/control.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_write(struct buf *out, const struct control *c);

/* Appends `text` as a label's value, in its quotes. */
void metrics_quote(struct buf *out, const char *text);

#endif
