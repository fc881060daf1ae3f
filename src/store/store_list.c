#include "store/store_list.h"

#include <stdlib.h>

#include "base/mem.h"

void store_list_add(struct string_list *list, const char *text)
{
	list->item =
		mem_realloc(list->item, list->n + 1, sizeof(list->item[0]));
	list->item[list->n++] = mem_strdup(text);
}

void store_list_done(struct string_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct string_list){0};
}

void store_list_copy(struct string_list *to, const struct string_list *from)
{
	struct string_list copy = {0};

	for (size_t i = 0; i < from->n; i++)
		store_list_add(&copy, from->item[i]);
	store_list_done(to);
	*to = copy;
}
