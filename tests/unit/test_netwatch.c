/* tunnel/netfacts with messages made by hand, whole and broken; tunnel/netwatch
 * with real changes in a network of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tunnel/netfacts.h"
#include "tunnel/netwatch.h"
#include "tunnel/netwatch_internal.h"

#define OWN_PORT 4711
#define CARRIES  (IFF_UP | IFF_RUNNING)
/* For what must come; no test is measured. */
#define PATIENCE_S 60

/* ---- messages ---- */

struct message {
	uint16_t type, flags;
	uint32_t pid;
	const void *head;
	size_t head_n;
	struct {
		uint16_t type, n;
		const void *value;
	} attribute[4];
};

static void put_padding(struct buf *b)
{
	while (buf_len(b) % NLMSG_ALIGNTO != 0)
		buf_put_u8(b, 0);
}

static void put_message(struct buf *b, const struct message *m)
{
	struct nlmsghdr head = {.nlmsg_type = m->type,
		.nlmsg_flags = m->flags,
		.nlmsg_pid = m->pid};
	size_t start = buf_len(b);

	buf_put(b, &head, sizeof(head));
	buf_put(b, m->head, m->head_n);
	for (size_t i = 0; i < 4 && m->attribute[i].n != 0; i++) {
		struct rtattr a = {
			.rta_len = (uint16_t)RTA_LENGTH(m->attribute[i].n),
			.rta_type = m->attribute[i].type,
		};

		put_padding(b);
		buf_put(b, &a, sizeof(a));
		buf_put(b, m->attribute[i].value, m->attribute[i].n);
	}
	head.nlmsg_len = (uint32_t)(buf_len(b) - start);
	memcpy(buf_ptr(b) + start, &head, sizeof(head));
	put_padding(b);
}

/* A copy that ends where the datagram ends, for the sanitizer's sake. */
static unsigned read_exactly(struct netfacts *f, const void *p, size_t n)
{
	void *copy = mem_zalloc(1, n + 1);
	unsigned news;

	memcpy(copy, p, n);
	copy = realloc(copy, n != 0 ? n : 1);
	news = netfacts_read(f, copy, n, OWN_PORT);
	free(copy);
	return news;
}

static unsigned feed(struct netfacts *f, const struct message *m)
{
	struct buf b = BUF_INIT;
	unsigned news;

	put_message(&b, m);
	news = read_exactly(f, buf_ptr(&b), buf_len(&b));
	buf_done(&b);
	return news;
}

static unsigned feed_link(
	struct netfacts *f, uint16_t type, int index, unsigned flags)
{
	struct ifinfomsg head = {.ifi_index = index, .ifi_flags = flags};

	return feed(f,
		&(struct message){
			.type = type, .head = &head, .head_n = sizeof(head)});
}

static unsigned feed_address(struct netfacts *f, uint16_t type,
	const struct ifaddrmsg *head, const char *address)
{
	return feed(f, &(struct message){.type = type,
			       .head = head,
			       .head_n = sizeof(*head),
			       .attribute = {{IFA_LOCAL,
				       (uint16_t)strlen(address), address}}});
}

static unsigned feed_route(struct netfacts *f, uint16_t type, uint16_t flags,
	const struct rtmsg *head, uint32_t index, const char *gateway)
{
	return feed(f, &(struct message){.type = type,
			       .flags = flags,
			       .head = head,
			       .head_n = sizeof(*head),
			       .attribute = {{RTA_OIF, sizeof(index), &index},
				       {RTA_GATEWAY, 4, gateway}}});
}

/* ---- netfacts ---- */

static int facts_setup(void **state)
{
	*state = netfacts_new();
	return 0;
}

static int facts_teardown(void **state)
{
	netfacts_free(*state);
	return 0;
}

static void a_carrier_is_news_once(void **state)
{
	struct netfacts *f = *state;

	assert_int_equal(feed_link(f, RTM_NEWLINK, 2, IFF_UP), 0);
	assert_int_equal(
		feed_link(f, RTM_NEWLINK, 2, CARRIES), NETFACTS_CHANGED);
	assert_int_equal(feed_link(f, RTM_NEWLINK, 2, CARRIES), 0);
	assert_int_equal(
		feed_link(f, RTM_NEWLINK, 2, CARRIES | IFF_PROMISC), 0);
	assert_int_equal(
		feed_link(f, RTM_NEWLINK, 2, IFF_UP), NETFACTS_CHANGED);
	assert_int_equal(feed_link(f, RTM_NEWLINK, 2, 0), 0);
	assert_int_equal(
		feed_link(f, RTM_NEWLINK, 3, CARRIES), NETFACTS_CHANGED);
	assert_int_equal(
		feed_link(f, RTM_DELLINK, 3, CARRIES), NETFACTS_CHANGED);
	assert_int_equal(feed_link(f, RTM_DELLINK, 3, CARRIES), 0);
}

static void loopback_and_ports_are_no_news(void **state)
{
	struct netfacts *f = *state;
	struct ifinfomsg head = {.ifi_index = 5, .ifi_flags = CARRIES};
	uint32_t master = 2;
	struct message port = {.type = RTM_NEWLINK,
		.head = &head,
		.head_n = sizeof(head),
		.attribute = {{IFLA_MASTER, sizeof(master), &master}}};

	assert_int_equal(
		feed_link(f, RTM_NEWLINK, 1, CARRIES | IFF_LOOPBACK), 0);
	assert_int_equal(feed(f, &port), 0);
	head.ifi_family = AF_BRIDGE;
	port.type = RTM_DELLINK;
	assert_int_equal(feed(f, &port), 0);
}

static void an_address_is_news_once(void **state)
{
	struct netfacts *f = *state;
	struct ifaddrmsg head = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 2};

	assert_int_equal(feed_address(f, RTM_NEWADDR, &head, "\300\1\2\1"),
		NETFACTS_CHANGED);
	assert_int_equal(feed_address(f, RTM_NEWADDR, &head, "\300\1\2\1"), 0);
	assert_int_equal(feed_address(f, RTM_NEWADDR, &head, "\300\1\2\2"),
		NETFACTS_CHANGED);
	assert_int_equal(feed_address(f, RTM_DELADDR, &head, "\300\1\2\1"),
		NETFACTS_CHANGED);
	assert_int_equal(feed_address(f, RTM_DELADDR, &head, "\300\1\2\1"), 0);
	/* the same on another interface */
	head.ifa_index = 3;
	assert_int_equal(feed_address(f, RTM_NEWADDR, &head, "\300\1\2\2"),
		NETFACTS_CHANGED);
}

static void addresses_of_no_use_are_no_news(void **state)
{
	static const char v6[] = "\x20\1\xd\xb8xxxxxxxxxxxx";
	struct netfacts *f = *state;
	struct ifaddrmsg loopback = {.ifa_family = AF_INET, .ifa_index = 1},
			 own_link = {.ifa_family = AF_INET6,
				 .ifa_index = 2,
				 .ifa_scope = RT_SCOPE_LINK},
			 early = {.ifa_family = AF_INET6,
				 .ifa_index = 2,
				 .ifa_flags = IFA_F_TENTATIVE};

	assert_int_equal(
		feed_address(f, RTM_NEWADDR, &loopback, "\12\1\1\1"), 0);
	assert_int_equal(feed_address(f, RTM_NEWADDR, &own_link, v6), 0);
	assert_int_equal(feed_address(f, RTM_NEWADDR, &early, v6), 0);
	early.ifa_flags = IFA_F_PERMANENT;
	assert_int_equal(
		feed_address(f, RTM_NEWADDR, &early, v6), NETFACTS_CHANGED);
	/* a router's advertisement lengthens its life */
	early.ifa_flags = IFA_F_DEPRECATED;
	assert_int_equal(feed_address(f, RTM_NEWADDR, &early, v6), 0);
}

static void a_default_route_is_news(void **state)
{
	struct netfacts *f = *state;
	struct rtmsg all = {.rtm_family = AF_INET, .rtm_type = RTN_UNICAST};
	struct rtmsg half = all, one = all, cached = all, none = all;

	half.rtm_dst_len = 1;
	one.rtm_dst_len = 24;
	cached.rtm_flags = RTM_F_CLONED;
	none.rtm_type = RTN_UNREACHABLE;
	assert_int_equal(feed_route(f, RTM_NEWROUTE, 0, &all, 2, "\12\1\1\1"),
		NETFACTS_CHANGED);
	assert_int_equal(
		feed_route(f, RTM_NEWROUTE, 0, &all, 2, "\12\1\1\1"), 0);
	assert_int_equal(feed_route(f, RTM_NEWROUTE, 0, &half, 3, "\12\1\1\1"),
		NETFACTS_CHANGED);
	assert_int_equal(
		feed_route(f, RTM_NEWROUTE, 0, &one, 3, "\12\1\1\1"), 0);
	assert_int_equal(
		feed_route(f, RTM_NEWROUTE, 0, &cached, 4, "\12\1\1\1"), 0);
	assert_int_equal(
		feed_route(f, RTM_NEWROUTE, 0, &none, 4, "\12\1\1\1"), 0);
	/* One from before the watch. */
	assert_int_equal(feed_route(f, RTM_DELROUTE, 0, &all, 9, "\12\1\1\1"),
		NETFACTS_CHANGED);
}

static void a_replaced_route_is_news_when_it_comes_back(void **state)
{
	struct netfacts *f = *state;
	struct rtmsg all = {.rtm_family = AF_INET, .rtm_type = RTN_UNICAST};

	for (int i = 0; i < 3; i++) {
		assert_int_equal(feed_route(f, RTM_NEWROUTE, NLM_F_REPLACE,
					 &all, 2, "\12\1\1\1"),
			NETFACTS_CHANGED);
		assert_int_equal(feed_route(f, RTM_NEWROUTE, NLM_F_REPLACE,
					 &all, 2, "\12\1\1\2"),
			NETFACTS_CHANGED);
		assert_int_equal(feed_route(f, RTM_NEWROUTE, NLM_F_REPLACE,
					 &all, 2, "\12\1\1\2"),
			0);
	}
}

static void routes_go_with_what_they_need(void **state)
{
	struct netfacts *f = *state;
	struct rtmsg all = {.rtm_family = AF_INET, .rtm_type = RTN_UNICAST};
	struct ifaddrmsg head = {.ifa_family = AF_INET, .ifa_index = 2};

	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			feed_route(f, RTM_NEWROUTE, 0, &all, 2, "\12\1\1\1"),
			NETFACTS_CHANGED);
		if (i == 0)
			feed_link(f, RTM_NEWLINK, 2, 0);
		else
			feed_address(f, RTM_DELADDR, &head, "\12\1\1\7");
	}
}

static void what_was_asked_for_is_no_news(void **state)
{
	struct netfacts *f = *state;
	struct ifinfomsg head = {.ifi_index = 2, .ifi_flags = CARRIES};
	int32_t error = 0;
	struct message link = {.type = RTM_NEWLINK,
		.flags = NLM_F_MULTI,
		.pid = OWN_PORT,
		.head = &head,
		.head_n = sizeof(head)};
	struct message end = {.type = NLMSG_DONE,
		.flags = NLM_F_MULTI,
		.pid = OWN_PORT,
		.head = &error,
		.head_n = sizeof(error)};
	struct buf b = BUF_INIT;

	put_message(&b, &link);
	head.ifi_index = 3;
	put_message(&b, &link);
	put_message(&b, &end);
	assert_int_equal(
		read_exactly(f, buf_ptr(&b), buf_len(&b)), NETFACTS_LISTED);
	buf_done(&b);
	assert_int_equal(feed_link(f, RTM_NEWLINK, 2, CARRIES), 0);
	assert_int_equal(feed_link(f, RTM_NEWLINK, 3, CARRIES), 0);
	/* somebody else's, and a refusal of ours */
	end.pid = OWN_PORT + 1;
	assert_int_equal(feed(f, &end), 0);
	end.pid = OWN_PORT;
	end.type = NLMSG_ERROR;
	assert_int_equal(feed(f, &end), NETFACTS_LISTED);
	netfacts_forget(f);
	assert_int_equal(
		feed_link(f, RTM_NEWLINK, 2, CARRIES), NETFACTS_CHANGED);
}

/* A table that is full can't tell any more what is new: all is. */
static void more_than_can_be_known_is_news(void **state)
{
	struct netfacts *f = *state;

	for (int i = 1; i < 5000; i++)
		assert_int_equal(feed_link(f, RTM_NEWLINK, i + 1, CARRIES),
			NETFACTS_CHANGED);
	assert_int_equal(feed_link(f, RTM_NEWLINK, 2, CARRIES), 0);
	assert_int_equal(
		feed_link(f, RTM_NEWLINK, 4999, CARRIES), NETFACTS_CHANGED);
	assert_int_equal(feed_link(f, RTM_NEWLINK, 4999, 0), NETFACTS_CHANGED);
}

static void put_samples(struct buf *b)
{
	struct ifinfomsg link = {.ifi_index = 2, .ifi_flags = CARRIES};
	struct ifaddrmsg addr = {.ifa_family = AF_INET6, .ifa_index = 2};
	struct rtmsg route = {.rtm_family = AF_INET6,
		.rtm_type = RTN_UNICAST,
		.rtm_dst_len = 3};
	uint32_t two = 2;
	struct message m[] = {
		{.type = RTM_NEWLINK,
			.head = &link,
			.head_n = sizeof(link),
			.attribute = {{IFLA_IFNAME, 5, "eth0"}}},
		{.type = RTM_NEWADDR,
			.head = &addr,
			.head_n = sizeof(addr),
			.attribute = {{IFA_ADDRESS, 16, "0123456789abcdef"},
				{IFA_LOCAL, 16, "fedcba9876543210"}}},
		{.type = RTM_NEWROUTE,
			.head = &route,
			.head_n = sizeof(route),
			.attribute = {{RTA_DST, 1, "\x20"},
				{RTA_OIF, sizeof(two), &two},
				{RTA_TABLE, sizeof(two), &two},
				{RTA_GATEWAY, 16, "0123456789abcdef"}}},
	};

	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++)
		put_message(b, &m[i]);
}

/* Only to be survived: cut anywhere, and with each byte changed. */
static void broken_datagrams(void **state)
{
	struct netfacts *f = *state;
	struct buf b = BUF_INIT;
	static const uint8_t values[] = {0, 1, 3, 4, 15, 16, 17, 0x7f, 0xff};

	put_samples(&b);
	assert_int_equal(
		read_exactly(f, buf_ptr(&b), buf_len(&b)), NETFACTS_CHANGED);
	for (size_t n = 0; n < buf_len(&b); n++)
		(void)read_exactly(f, buf_ptr(&b), n);
	for (size_t i = 0; i < buf_len(&b); i++) {
		uint8_t was = buf_ptr(&b)[i];

		for (size_t v = 0; v < sizeof(values); v++) {
			buf_ptr(&b)[i] = values[v];
			(void)read_exactly(f, buf_ptr(&b), buf_len(&b));
		}
		buf_ptr(&b)[i] = was;
	}
	buf_done(&b);
}

/* A message that is longer than its datagram says nothing. */
static void lengths_that_lie(void **state)
{
	struct netfacts *f = *state;
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} m = {.head.nlmsg_type = RTM_NEWLINK,
		.link.ifi_index = 2,
		.link.ifi_flags = CARRIES};
	static const uint32_t lengths[] = {0, 1, sizeof(struct nlmsghdr) - 1,
		sizeof(struct nlmsghdr), sizeof(m) - 1, sizeof(m) + 1,
		INT32_MAX, UINT32_MAX - 2, UINT32_MAX};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		m.head.nlmsg_len = lengths[i];
		assert_int_equal(read_exactly(f, &m, sizeof(m)), 0);
	}
	m.head.nlmsg_len = sizeof(m);
	assert_int_equal(read_exactly(f, &m, sizeof(m)), NETFACTS_CHANGED);
}

/* ---- netwatch ---- */

struct fixture {
	uv_loop_t loop;
	uv_async_t other; /* what else a loop has */
	struct netwatch *watch;
	unsigned woke, clock, network;
	bool free_in_callback;
};

static void on_change(void *arg, enum netwatch_change change)
{
	struct fixture *f = arg;

	if (change == NETWATCH_WOKE)
		f->woke++;
	else if (change == NETWATCH_CLOCK)
		f->clock++;
	else
		f->network++;
	if (f->free_in_callback) {
		netwatch_free(f->watch);
		f->watch = NULL;
	}
}

static int setup(void **state)
{
	struct fixture *f = mem_zalloc(1, sizeof(*f));

	*state = f;
	if (uv_loop_init(&f->loop) < 0 ||
		uv_async_init(&f->loop, &f->other, NULL) < 0)
		return -1;
	f->watch = netwatch_new(&f->loop, on_change, f);
	alarm(PATIENCE_S);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int err;

	alarm(0);
	netwatch_free(f->watch);
	uv_close((uv_handle_t *)&f->other, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	err = uv_loop_close(&f->loop);
	free(f);
	return err;
}

static void sleep_is_told_and_short_pauses_are_not(void **state)
{
	struct fixture *f = *state;
	uint64_t now = netwatch_asleep_ms();

	netwatch_clock_set(f->watch, now);
	netwatch_clock_set(f->watch, now + 1500);
	assert_int_equal(f->woke, 0);
	netwatch_clock_set(f->watch, now + 60000);
	assert_int_equal(f->woke, 1);
	/* The clock was only put right. */
	netwatch_clock_set(f->watch, now + 60000);
	netwatch_clock_set(f->watch, now);
	netwatch_clock_set(f->watch, now + 61000);
	assert_int_equal(f->woke, 1);
	assert_int_equal(f->clock, 5);
	f->free_in_callback = true;
	netwatch_clock_set(f->watch, now + 70000);
	assert_int_equal(f->woke, 2);
	assert_int_equal(f->network, 0);
}

static void it_does_not_keep_the_loop_alive(void **state)
{
	struct fixture *f = *state;

	uv_unref((uv_handle_t *)&f->other);
	assert_int_equal(uv_run(&f->loop, UV_RUN_DEFAULT), 0);
	uv_ref((uv_handle_t *)&f->other);
}

static bool has_own_network;

static void need_own_network(void)
{
	if (has_own_network)
		return;
	print_message("no network of its own: not permitted here, or no "
		      "iproute2\n");
	skip();
}

static void ip(const char *arguments)
{
	char *command = mem_printf("ip %s", arguments);

	assert_int_equal(system(command), 0);
	free(command);
}

/* Until nothing wakes the loop any more but the kernel. */
static void wait_for_rest(struct fixture *f)
{
	uv_run(&f->loop, UV_RUN_NOWAIT);
	while (uv_backend_timeout(&f->loop) != -1)
		uv_run(&f->loop, UV_RUN_ONCE);
}

static void wait_for_change(struct fixture *f)
{
	unsigned before = f->network;

	while (f->network == before)
		uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->woke, 0);
	wait_for_rest(f);
}

static void real_changes_are_told(void **state)
{
	struct fixture *f = *state;

	need_own_network();
	wait_for_rest(f);
	ip("link add here type veth peer name there");
	ip("link set there up");
	ip("link set here up");
	wait_for_change(f);
	ip("address add 192.0.2.1/24 dev here");
	wait_for_change(f);
	ip("route add default via 192.0.2.2");
	wait_for_change(f);
	ip("route replace default via 192.0.2.3");
	wait_for_change(f);
	ip("link set there down"); /* the carrier goes */
	wait_for_change(f);
	ip("link set there up");
	wait_for_change(f);
	ip("link del here");
	wait_for_change(f);
}

/* More than the socket holds: told once, and then it goes on. */
static void a_flood_is_told(void **state)
{
	struct fixture *f = *state;

	need_own_network();
	ip("link add here type veth peer name there");
	for (int round = 0; round < 2; round++) {
		assert_int_equal(
			system("for a in 1 2 3 4 5 6 7 8; do for b in $(seq "
			       "250); do for do in add del; do echo address "
			       "$do 10.0.$a.$b/32 dev here; done; done; done "
			       "| ip -batch -"),
			0);
		wait_for_change(f);
	}
	ip("address add 192.0.2.1/24 dev here");
	wait_for_change(f);
	ip("link set there up");
	ip("link set here up");
	f->free_in_callback = true;
	wait_for_change(f);
	ip("link del here");
}

/* Who is not root here becomes root there, for ip's sake. */
static bool leave_network(void)
{
	char *map = mem_printf("0 %u 1", (unsigned)geteuid());
	size_t n = strlen(map);
	bool done = unshare(CLONE_NEWNET) == 0;
	int fd;

	if (!done && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
		fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
		done = fd >= 0 && write(fd, map, n) == (ssize_t)n;
		if (fd >= 0)
			close(fd);
	}
	free(map);
	return done;
}

static bool enter_own_network(void)
{
	return leave_network() &&
	       system("ip link add here type veth peer name there && "
		      "ip link del here") == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FACTS(test)                                                            \
	cmocka_unit_test_setup_teardown(test, facts_setup, facts_teardown)
		FACTS(a_carrier_is_news_once),
		FACTS(loopback_and_ports_are_no_news),
		FACTS(an_address_is_news_once),
		FACTS(addresses_of_no_use_are_no_news),
		FACTS(a_default_route_is_news),
		FACTS(a_replaced_route_is_news_when_it_comes_back),
		FACTS(routes_go_with_what_they_need),
		FACTS(what_was_asked_for_is_no_news),
		FACTS(more_than_can_be_known_is_news),
		FACTS(broken_datagrams),
		FACTS(lengths_that_lie),
#define WATCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WATCH(sleep_is_told_and_short_pauses_are_not),
		WATCH(it_does_not_keep_the_loop_alive),
		WATCH(real_changes_are_told),
		WATCH(a_flood_is_told),
	};

	has_own_network = enter_own_network();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
