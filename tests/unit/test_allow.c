/* Lists of clients that may connect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tunnel/allow.h"
#include "tunnel/forward_spec.h"

static struct allow *parsed(const char *text)
{
	struct allow *a = NULL;
	struct trouble t;

	if (allow_parse(text, &a, &t) != 0)
		fail_msg("%s: %s", text, trouble_get(&t, "detail"));
	return a;
}

static void test_networks(void **state)
{
	static const struct {
		const char *list, *client;
		bool has;
	} rows[] = {
		{"10.0.0.0/8", "10.255.255.255", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10.1.2.3/8", "10.9.9.9", true},
		{"192.168.4.0/22", "192.168.7.255", true},
		{"192.168.4.0/22", "192.168.8.0", false},
		{"192.168.4.0/23", "192.168.6.0", false},
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"127.0.0.1/32", "127.0.0.0", false},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "::1", true},
		{"::/0", "1.2.3.4", false},
		{"::1", "::1", true},
		{"::1", "::2", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"::ffff:10.0.0.0/104", "10.1.2.3", true},
		{"::ffff:0:0/96", "10.1.2.3", true},
		{"1.2.3.4,::1 , 5.6.0.0/16", "5.6.7.8", true},
		{" 1.2.3.4\t::1", "::1", true},
		{",,1.2.3.4,,", "1.2.3.4", true},
		{"1.2.3.4", "1.2.3.4/8", false},
		{"1.2.3.4", "localhost", false},
		{"0.0.0.0/0,::/0", "", false},
		{"0.0.0.0/0,::/0", "1.2.3", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct allow *a = parsed(rows[i].list);

		if (allow_has_text(a, rows[i].client) != rows[i].has)
			fail_msg("%s in %s", rows[i].client, rows[i].list);
		allow_free(a);
	}
}

static void test_no_networks(void **state)
{
	static const struct {
		const char *list, *said;
	} rows[] = {
		{"", "it is empty"},
		{" , ", "it is empty"},
		{"x", "\"x\": not an address or network"},
		{"1.2.3.4,localhost",
			"\"localhost\": not an address or network"},
		{"1.2.3", NULL},
		{"1.2.3.4/33", NULL},
		{"1.2.3.4/", NULL},
		{"1.2.3.4/-1", NULL},
		{"1.2.3.4/+1", NULL},
		{"1.2.3.4/8/8", NULL},
		{"1.2.3.4/0008", NULL},
		{"::1/129", NULL},
		{"[::1]", NULL},
		{"/8", NULL},
		{"fe80::1%eth0", NULL},
		{"::::::::::::::::::::::::::::::::::::::::::::::::::::::::::",
			NULL},
	};
	struct trouble t;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (forward_spec_check_allow(rows[i].list, &t) != -ERR_INVALID)
			fail_msg("%s is taken", rows[i].list);
		if (rows[i].said != NULL)
			assert_string_equal(
				trouble_get(&t, "detail"), rows[i].said);
	}
	assert_int_equal(forward_spec_check_allow("::1", &t), 0);
	assert_int_equal(forward_spec_check_allow("no", NULL), -ERR_INVALID);
}

static void test_too_many(void **state)
{
	char text[(ALLOW_MAX + 1) * 4 + 1] = "";
	struct trouble t;

	for (int i = 0; i <= ALLOW_MAX; i++)
		memcpy(text + i * 4, "::1,", 5);
	assert_int_equal(forward_spec_check_allow(text, &t), -ERR_INVALID);
	text[(ALLOW_MAX - 1) * 4 + 3] = '\0';
	assert_int_equal(forward_spec_check_allow(text, &t), 0);
}

static void test_sockets(void **state)
{
	struct allow *a = parsed("10.0.0.0/8,2001:db8::/32"),
		     *none = allow_nobody();
	struct sockaddr_storage client = {.ss_family = AF_INET};
	struct sockaddr_in *in = (void *)&client;
	struct sockaddr_in6 *in6 = (void *)&client;

	assert_int_equal(inet_pton(AF_INET, "10.1.1.1", &in->sin_addr), 1);
	assert_true(allow_has(a, &client));
	assert_false(allow_has(none, &client));
	client.ss_family = AF_INET6;
	assert_int_equal(
		inet_pton(AF_INET6, "2001:db8::1", &in6->sin6_addr), 1);
	assert_true(allow_has(a, &client));
	assert_int_equal(
		inet_pton(AF_INET6, "::ffff:10.1.1.1", &in6->sin6_addr), 1);
	assert_true(allow_has(a, &client));
	assert_int_equal(
		inet_pton(AF_INET6, "::ffff:11.1.1.1", &in6->sin6_addr), 1);
	assert_false(allow_has(a, &client));
	client.ss_family = AF_UNIX;
	assert_true(allow_has(none, &client));
	client.ss_family = AF_UNSPEC;
	assert_false(allow_has(a, &client));
	allow_free(a);
	allow_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_no_networks),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
