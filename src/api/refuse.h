/*
 * Answers of many handlers to bodies that they can't take. Control thread.
 */
#ifndef TAUPE_API_REFUSE_H
#define TAUPE_API_REFUSE_H

#include "api/request.h"

/* False: there is no body, or it is no object; that has been answered. */
bool refuse_without_object(struct request *r) WARN_UNUSED;
/* 422 with what is wrong, field by field: at least one is. */
void refuse_fields(struct request *r, const struct control_fields *fields);

#endif
