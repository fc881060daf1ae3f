/*
 * Names that are taken, and free ones made from what is wanted: for imports,
 * where thousands may want the same. Any thread; a set has one owner.
 */
#ifndef TAUPE_IMPORT_NAME_SET_H
#define TAUPE_IMPORT_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: an empty one. */
struct name_set {
	struct name_set_slot {
		char *name; /* NULL: free */
		/* The lower numbers behind it are taken, if no more names
		 * were removed since. */
		unsigned next, removed;
	} * slot; /* open addressing */
	size_t n, room;
	unsigned removed; /* names, so far */
};

void name_set_done(struct name_set *s);
void name_set_add(struct name_set *s, const char *name); /* copied */
void name_set_remove(struct name_set *s, const char *name);
bool name_set_has(const struct name_set *s, const char *name);

/* `wanted` made to fit control.h's rules for names, then with " 2", " 3" …
 * behind it as long as it is taken. Adds it. malloc'ed. */
char *name_set_take(struct name_set *s, const char *wanted);

#endif
