#include "import/name_set.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "import/row_index.h"

/* product.md's 64 characters; a few less where a number comes behind them. */
#define NAME_CHARACTERS 64
#define NUMBER_ROOM     6
#define NAME_BYTES      (4 * NAME_CHARACTERS + 1)

/* Without a secret, as names come from files that people chose themselves. */
static size_t hash(const char *name)
{
	uint64_t h = row_index_text(ROW_INDEX_START, name);

	return (size_t)(h ^ h >> 32);
}

/* Where the name is, or the free slot where it would be. */
static struct name_set_slot *find(const struct name_set *s, const char *name)
{
	size_t i = hash(name) & (s->room - 1);

	while (s->slot[i].name != NULL && strcmp(s->slot[i].name, name) != 0)
		i = (i + 1) & (s->room - 1);
	return &s->slot[i];
}

static void grow(struct name_set *s)
{
	struct name_set more = {
		.room = s->room != 0 ? s->room * 2 : 64, .n = s->n};

	more.slot = mem_zalloc(more.room, sizeof(*more.slot));
	for (size_t i = 0; i < s->room; i++)
		if (s->slot[i].name != NULL)
			*find(&more, s->slot[i].name) = s->slot[i];
	free(s->slot);
	*s = more;
}

void name_set_done(struct name_set *s)
{
	for (size_t i = 0; i < s->room; i++)
		free(s->slot[i].name);
	free(s->slot);
	*s = (struct name_set){0};
}

void name_set_add(struct name_set *s, const char *name)
{
	struct name_set_slot *place;

	if (2 * s->n >= s->room)
		grow(s);
	place = find(s, name);
	if (place->name != NULL)
		return;
	*place = (struct name_set_slot){.name = mem_strdup(name)};
	s->n++;
}

/* What stands behind it moves up, where a search would no longer find it. */
void name_set_remove(struct name_set *s, const char *name)
{
	size_t mask = s->room - 1, hole, at;

	if (!name_set_has(s, name))
		return;
	hole = at = (size_t)(find(s, name) - s->slot);
	free(s->slot[hole].name);
	s->slot[hole] = (struct name_set_slot){0};
	s->n--;
	s->removed++;
	for (at = (at + 1) & mask; s->slot[at].name != NULL;
		at = (at + 1) & mask) {
		size_t home = hash(s->slot[at].name) & mask;

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		s->slot[hole] = s->slot[at];
		s->slot[at] = (struct name_set_slot){0};
		hole = at;
	}
}

bool name_set_has(const struct name_set *s, const char *name)
{
	return s->room != 0 && find(s, name)->name != NULL;
}

/* How many bytes the first `max` characters have. */
static size_t bytes_of(const char *name, unsigned max)
{
	size_t n = 0;

	for (; name[n] != '\0'; n++)
		if (((unsigned char)name[n] & 0xc0) != 0x80 && max-- == 0)
			break;
	while (n > 0 && name[n - 1] == ' ')
		n--;
	return n;
}

/* One line, no spaces at its ends, and not a number, which would be an id. */
static void fit(char base[static NAME_BYTES], const char *wanted)
{
	static const char prefix[] = "ssh ";
	size_t n = 0;

	wanted += strspn(wanted, " \t\r\n\f\v");
	if (wanted[strspn(wanted, "0123456789")] == '\0')
		n = (size_t)snprintf(base, NAME_BYTES, "%s", prefix);
	clean_line(base + n, NAME_BYTES - n, wanted, strlen(wanted));
	base[bytes_of(base, NAME_CHARACTERS)] = '\0';
}

char *name_set_take(struct name_set *s, const char *wanted)
{
	char base[NAME_BYTES], name[NAME_BYTES + 16];
	struct name_set_slot *root;
	unsigned i = 2;

	fit(base, wanted);
	snprintf(name, sizeof(name), "%s", base);
	if (name_set_has(s, base)) {
		root = find(s, base);
		if (root->next > i && root->removed == s->removed)
			i = root->next;
	}
	for (; name_set_has(s, name); i++)
		snprintf(name, sizeof(name), "%.*s %u",
			(int)bytes_of(base, NAME_CHARACTERS - NUMBER_ROOM),
			base, i);
	name_set_add(s, name);
	root = find(s, base);
	root->next = i;
	root->removed = s->removed;
	return mem_strdup(name);
}
