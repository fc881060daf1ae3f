#include "daemon/id_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOM_FIRST 8

void id_map_done(struct id_map *m)
{
	free(m->row);
	*m = (struct id_map){0};
}

/* Where `id` stands, or would. */
static size_t place_of(const struct id_map *m, uint32_t id)
{
	size_t low = 0, high = m->n;

	if (high != 0 && m->row[high - 1].id < id)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->row[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void id_map_put(struct id_map *m, uint32_t id, void *object)
{
	size_t at = place_of(m, id);

	if (at < m->n && m->row[at].id == id) {
		m->row[at].object = object;
		return;
	}
	if (m->n == m->room) {
		m->room = m->room == 0 ? ROOM_FIRST : m->room * 2;
		m->row = mem_realloc(m->row, m->room, sizeof(*m->row));
	}
	memmove(&m->row[at + 1], &m->row[at], (m->n - at) * sizeof(*m->row));
	m->row[at] = (struct id_map_row){id, object};
	m->n++;
}

void *id_map_get(const struct id_map *m, uint32_t id)
{
	size_t at = place_of(m, id);

	return at < m->n && m->row[at].id == id ? m->row[at].object : NULL;
}

void *id_map_remove(struct id_map *m, uint32_t id)
{
	size_t at = place_of(m, id);
	void *object;

	if (at >= m->n || m->row[at].id != id)
		return NULL;
	object = m->row[at].object;
	m->n--;
	memmove(&m->row[at], &m->row[at + 1], (m->n - at) * sizeof(*m->row));
	return object;
}
