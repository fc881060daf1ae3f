#include "ssh/namelist.h"

bool namelist_next(struct slice *list, struct slice *ret_name)
{
	while (list->len != 0) {
		const uint8_t *comma = memchr(list->p, ',', list->len);
		size_t len =
			comma != NULL ? (size_t)(comma - list->p) : list->len;
		struct slice name = {list->p, len};
		size_t skip = len + (comma != NULL ? 1 : 0);

		list->p += skip;
		list->len -= skip;
		if (name.len != 0) {
			*ret_name = name;
			return true;
		}
	}
	return false;
}

bool namelist_has(struct slice list, struct slice name)
{
	struct slice each;

	while (namelist_next(&list, &each))
		if (slice_equal(each, name))
			return true;
	return false;
}

bool namelist_has_text(struct slice list, const char *name)
{
	return namelist_has(list, slice_of(name));
}

bool namelist_first_common(
	struct slice wanted, struct slice offered, struct slice *ret_name)
{
	struct slice each;

	while (namelist_next(&wanted, &each))
		if (namelist_has(offered, each)) {
			*ret_name = each;
			return true;
		}
	return false;
}
