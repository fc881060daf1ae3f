#include "tunnel/netfacts.h"

#include <assert.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/rd.h"

/* Beyond that many, whatever comes is news. */
#define FACTS_MAX      1024
#define LOOPBACK_INDEX 1 /* in every network namespace */
/* Two halves stand for a default route where a VPN takes precedence; in IPv6
 * also 2000::/3, all that is public. */
#define WIDE_IPV4 1
#define WIDE_IPV6 3

enum fact_kind { FACT_LINK = 1, FACT_ADDRESS, FACT_ROUTE };

/* Compared as a whole: no gaps, and zero where a kind has no such thing. */
struct fact {
	uint8_t kind, family, prefix_bits, prefix;
	uint32_t index; /* of the interface */
	uint32_t table, priority;
	uint8_t address[16]; /* or the gateway's */
};
static_assert(sizeof(struct fact) == 32, "no gaps");

struct netfacts {
	size_t n;
	struct fact fact[FACTS_MAX];
};

struct netfacts *netfacts_new(void)
{
	return mem_zalloc(1, sizeof(struct netfacts));
}

void netfacts_free(struct netfacts *f)
{
	free(f);
}

void netfacts_forget(struct netfacts *f)
{
	f->n = 0;
}

/* ---- what is known ---- */

static bool is_known(
	const struct netfacts *f, const struct fact *fact, size_t *ret_at)
{
	for (size_t i = 0; i < f->n; i++) {
		if (memcmp(&f->fact[i], fact, sizeof(*fact)) == 0) {
			*ret_at = i;
			return true;
		}
	}
	return false;
}

static void drop(struct netfacts *f, size_t at)
{
	f->fact[at] = f->fact[--f->n];
}

/* Whether it is news that the fact holds (or does not). */
static bool set(struct netfacts *f, const struct fact *fact, bool holds)
{
	size_t at;

	if (is_known(f, fact, &at)) {
		if (!holds)
			drop(f, at);
		return !holds;
	}
	if (f->n == FACTS_MAX)
		return true;
	if (holds)
		f->fact[f->n++] = *fact;
	return holds;
}

/* The kernel takes IPv4 routes away without a word when the interface or the
 * address that they need goes. */
static void forget_routes(struct netfacts *f, uint32_t index)
{
	for (size_t i = f->n; i-- > 0;)
		if (f->fact[i].kind == FACT_ROUTE && f->fact[i].index == index)
			drop(f, i);
}

static void forget_replaced(struct netfacts *f, const struct fact *by)
{
	for (size_t i = f->n; i-- > 0;) {
		const struct fact *old = &f->fact[i];

		if (old->kind == FACT_ROUTE && old->family == by->family &&
			old->prefix_bits == by->prefix_bits &&
			old->prefix == by->prefix && old->table == by->table &&
			old->priority == by->priority &&
			memcmp(old, by, sizeof(*old)) != 0)
			drop(f, i);
	}
}

/* ---- messages ---- */

static bool take(struct rd *r, void *ret_head, size_t n)
{
	struct slice bytes = rd_bytes(r, n);

	if (rd_ok(r))
		memcpy(ret_head, bytes.p, n);
	return rd_ok(r);
}

/* What follows a head of `head` bytes in something `len` bytes long, and the
 * padding behind it, which may be missing at the very end. */
static bool take_body(
	struct rd *r, size_t head, size_t len, struct slice *ret_body)
{
	size_t padding = NLMSG_ALIGN(len) - len;

	if (len < head)
		return false;
	*ret_body = rd_bytes(r, len - head);
	if (rd_ok(r))
		rd_bytes(r, padding < r->left ? padding : r->left);
	return rd_ok(r);
}

static bool next_attribute(
	struct rd *r, unsigned *ret_type, struct slice *ret_value)
{
	struct rtattr head;

	if (!take(r, &head, sizeof(head)) ||
		!take_body(r, sizeof(head), head.rta_len, ret_value))
		return false;
	*ret_type = head.rta_type & NLA_TYPE_MASK;
	return true;
}

static void number(struct slice value, uint32_t *ret_number)
{
	if (value.len == sizeof(*ret_number))
		memcpy(ret_number, value.p, sizeof(*ret_number));
}

static void address(struct slice value, struct fact *fact)
{
	if (value.len <= sizeof(fact->address))
		memcpy(fact->address, value.p, value.len);
}

static bool read_link(struct netfacts *f, unsigned type, struct rd *r)
{
	struct fact fact = {.kind = FACT_LINK};
	const unsigned carries = IFF_UP | IFF_RUNNING;
	struct ifinfomsg head;
	struct slice value;
	bool up, is_port = false;
	unsigned what;

	/* A bridge tells of its ports in a family of its own. */
	if (!take(r, &head, sizeof(head)) || head.ifi_family != AF_UNSPEC ||
		(head.ifi_flags & IFF_LOOPBACK) != 0)
		return false;
	while (next_attribute(r, &what, &value))
		if (what == IFLA_MASTER)
			is_port = true;
	fact.index = (uint32_t)head.ifi_index;
	up = type == RTM_NEWLINK && !is_port &&
	     (head.ifi_flags & carries) == carries;
	if (!up)
		forget_routes(f, fact.index);
	return set(f, &fact, up);
}

static bool read_address(struct netfacts *f, unsigned type, struct rd *r)
{
	struct fact fact = {.kind = FACT_ADDRESS};
	struct ifaddrmsg head;
	struct slice value;
	bool has_local = false;
	unsigned what;

	if (!take(r, &head, sizeof(head)) || head.ifa_index == LOOPBACK_INDEX ||
		head.ifa_scope >= RT_SCOPE_LINK)
		return false;
	/* Not of use yet; it is told again when it is. */
	if (type == RTM_NEWADDR &&
		(head.ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0)
		return false;
	while (next_attribute(r, &what, &value)) {
		/* On a point-to-point link IFA_ADDRESS is the other end. */
		if (what == IFA_LOCAL || (what == IFA_ADDRESS && !has_local))
			address(value, &fact);
		has_local |= what == IFA_LOCAL;
	}
	fact.family = head.ifa_family;
	fact.prefix_bits = head.ifa_prefixlen;
	fact.index = head.ifa_index;
	if (type == RTM_DELADDR)
		forget_routes(f, fact.index);
	return set(f, &fact, type == RTM_NEWADDR);
}

static bool is_wide(const struct rtmsg *head)
{
	if (head->rtm_type != RTN_UNICAST ||
		(head->rtm_flags & RTM_F_CLONED) != 0)
		return false;
	return (head->rtm_family == AF_INET &&
		       head->rtm_dst_len <= WIDE_IPV4) ||
	       (head->rtm_family == AF_INET6 && head->rtm_dst_len <= WIDE_IPV6);
}

static bool read_route(
	struct netfacts *f, unsigned type, bool replaces, struct rd *r)
{
	struct fact fact = {.kind = FACT_ROUTE};
	struct slice value;
	struct rtmsg head;
	unsigned what;

	if (!take(r, &head, sizeof(head)) || !is_wide(&head))
		return false;
	fact.table = head.rtm_table;
	while (next_attribute(r, &what, &value)) {
		if (what == RTA_DST && value.len != 0)
			fact.prefix = value.p[0];
		else if (what == RTA_OIF)
			number(value, &fact.index);
		else if (what == RTA_TABLE)
			number(value, &fact.table);
		else if (what == RTA_PRIORITY)
			number(value, &fact.priority);
		else if (what == RTA_GATEWAY)
			address(value, &fact);
	}
	fact.family = head.rtm_family;
	fact.prefix_bits = head.rtm_dst_len;
	if (replaces)
		forget_replaced(f, &fact);
	/* Routes are not asked for (a router has a million): those from before
	 * are known by their going only. */
	return set(f, &fact, type == RTM_NEWROUTE) || type == RTM_DELROUTE;
}

static bool read_message(
	struct netfacts *f, const struct nlmsghdr *head, struct slice body)
{
	struct rd r = rd_slice(body);

	switch (head->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return read_link(f, head->nlmsg_type, &r);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return read_address(f, head->nlmsg_type, &r);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return read_route(f, head->nlmsg_type,
			(head->nlmsg_flags & NLM_F_REPLACE) != 0, &r);
	default:
		return false;
	}
}

unsigned netfacts_read(
	struct netfacts *f, const void *p, size_t n, uint32_t own_port)
{
	struct rd r = rd_of(p, n);
	struct nlmsghdr head;
	struct slice body;
	unsigned news = 0;

	while (r.left != 0 && take(&r, &head, sizeof(head)) &&
		take_body(&r, sizeof(head), head.nlmsg_len, &body)) {
		bool asked = head.nlmsg_pid == own_port;

		if (asked && (head.nlmsg_type == NLMSG_DONE ||
				     head.nlmsg_type == NLMSG_ERROR))
			news |= NETFACTS_LISTED;
		else if (read_message(f, &head, body) && !asked)
			news |= NETFACTS_CHANGED;
	}
	return news;
}
