/*
 * Numbers to objects: a sorted array, as ids are given in growing order and
 * looked up far more often than made. Owns nothing of what it points to.
 *
 * All zero is an empty one. Objects are never NULL. One thread.
 */
#ifndef TAUPE_DAEMON_ID_MAP_H
#define TAUPE_DAEMON_ID_MAP_H

#include <stddef.h>
#include <stdint.h>

struct id_map {
	struct id_map_row {
		uint32_t id;
		void *object;
	} * row;
	size_t n, room;
};

void id_map_done(struct id_map *m);
/* Replaces what stood under `id`. */
void id_map_put(struct id_map *m, uint32_t id, void *object);
void *id_map_get(const struct id_map *m, uint32_t id); /* or NULL */
/* NULL when it was not there; else the object. */
void *id_map_remove(struct id_map *m, uint32_t id);

#endif
