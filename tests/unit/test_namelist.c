/* ssh/namelist */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ssh/namelist.h"

static void walks(void **state)
{
	static const char *const lists[] = {
		"a,bc,d", ",a,,bc,d,", ",,,a,bc,,,,d"};

	for (size_t i = 0; i < 3; i++) {
		struct slice list = slice_of(lists[i]), name;

		assert_true(namelist_next(&list, &name));
		assert_true(slice_is(name, "a"));
		assert_true(namelist_next(&list, &name));
		assert_true(slice_is(name, "bc"));
		assert_true(namelist_next(&list, &name));
		assert_true(slice_is(name, "d"));
		assert_false(namelist_next(&list, &name));
		assert_false(namelist_next(&list, &name));
	}
}

static void empty_lists(void **state)
{
	struct slice list = slice_of(""), name;

	assert_false(namelist_next(&list, &name));
	list = slice_of(",,,");
	assert_false(namelist_next(&list, &name));
	list = (struct slice){NULL, 0};
	assert_false(namelist_next(&list, &name));
	assert_false(namelist_has_text(list, ""));
	assert_false(namelist_has_text(slice_of(",,"), ""));
}

static void has_whole_names_only(void **state)
{
	struct slice list = slice_of("rsa-sha2-256,rsa-sha2-512");

	assert_true(namelist_has_text(list, "rsa-sha2-512"));
	assert_false(namelist_has_text(list, "rsa-sha2"));
	assert_false(namelist_has_text(list, "rsa-sha2-5122"));
	assert_false(namelist_has_text(list, "rsa-sha2-256,rsa-sha2-512"));
	/* Not ended by a NUL: the last name ends with the slice. */
	list.len--;
	assert_false(namelist_has_text(list, "rsa-sha2-512"));
	assert_true(namelist_has_text(list, "rsa-sha2-51"));
}

static void the_order_wanted_decides(void **state)
{
	struct slice name;

	assert_true(namelist_first_common(
		slice_of("a,b,c"), slice_of("c,b"), &name));
	assert_true(slice_is(name, "b"));
	assert_false(namelist_first_common(
		slice_of("a,b,c"), slice_of("d,ab"), &name));
	assert_false(namelist_first_common(slice_of(""), slice_of(""), &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks),
		cmocka_unit_test(empty_lists),
		cmocka_unit_test(has_whole_names_only),
		cmocka_unit_test(the_order_wanted_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
