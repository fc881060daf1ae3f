/*
 * Lists of texts (struct string_list) that the store's records hold. A list
 * owns its texts. Any thread.
 */
#ifndef TAUPE_STORE_LIST_H
#define TAUPE_STORE_LIST_H

#include "tunnel/options.h"

void store_list_add(struct string_list *list, const char *text); /* copied */
void store_list_done(struct string_list *list);
/* Over whatever `to` held. */
void store_list_copy(struct string_list *to, const struct string_list *from);

#endif
