/*
 * Two file descriptors. A timer that never fires, on the clock of the day, is
 * cancelled when that clock is set, which a resume does; CLOCK_BOOTTIME, which
 * counts sleep, against CLOCK_MONOTONIC, which does not, then tells sleep from
 * a clock that was put right. And a netlink socket in the groups for
 * interfaces, addresses and routes; what was there before is listed first, so
 * that only news is news.
 */
#include "tunnel/netwatch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tunnel/netfacts.h"
#include "tunnel/netwatch_internal.h"

#define SLEEP_MIN_MS 2000
#define SETTLE_MS    250
#define TIME_MAX     ((time_t)(UINT64_MAX >> (65 - 8 * sizeof(time_t))))
/* As large as the kernel makes them. */
#define DATAGRAM_BYTES 32768
/* Before the loop's other handles have their turn. */
#define DATAGRAMS_MAX 64

/* What has been asked for. */
enum listing { LISTING_NOTHING, LISTING_LINKS, LISTING_ADDRESSES };

struct netwatch {
	netwatch_fn *on_change;
	void *arg;
	unsigned handles; /* open uv handles */
	uv_poll_t clock, netlink;
	int clock_fd, netlink_fd; /* -1: can't be watched */
	uint64_t asleep_ms;
	uv_timer_t settle;
	uint32_t own_port;
	enum listing listing;
	bool list_anew; /* messages were lost */
	struct netfacts *facts;
	uint8_t datagram[DATAGRAM_BYTES];
};

static void tell(struct netwatch *w, enum netwatch_change change)
{
	w->on_change(w->arg, change);
}

/* ---- sleep ---- */

uint64_t netwatch_asleep_ms(void)
{
	struct timespec boot;
	uint64_t in_all, awake;

	/* In this order: a pause between the two makes it less, never more. */
	clock_gettime(CLOCK_BOOTTIME, &boot);
	awake = clock_mono_ms();
	in_all =
		(uint64_t)boot.tv_sec * 1000 + (uint64_t)boot.tv_nsec / 1000000;
	return in_all > awake ? in_all - awake : 0;
}

void netwatch_clock_set(struct netwatch *w, uint64_t asleep_ms)
{
	uint64_t before = w->asleep_ms;
	bool slept = asleep_ms > before && asleep_ms - before > SLEEP_MIN_MS;

	if (asleep_ms > before)
		w->asleep_ms = asleep_ms;
	tell(w, slept ? NETWATCH_WOKE : NETWATCH_CLOCK);
}

static void on_clock(uv_poll_t *poll, int status, int events)
{
	struct netwatch *w = poll->data;
	uint64_t expirations;

	/* ECANCELED is the news, and leaves the timer as it was. */
	if (status < 0 ||
		(read(w->clock_fd, &expirations, sizeof(expirations)) < 0 &&
			errno != ECANCELED && errno != EAGAIN)) {
		uv_poll_stop(poll);
		return;
	}
	netwatch_clock_set(w, netwatch_asleep_ms());
}

static int clock_open(void)
{
	const struct itimerspec never = {.it_value.tv_sec = TIME_MAX};
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 &&
		timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			&never, NULL) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* ---- the network ---- */

static void on_settled(uv_timer_t *timer)
{
	tell(timer->data, NETWATCH_NETWORK);
}

/* Not put off by further changes: a network that never rests is told too. */
static void changed(struct netwatch *w)
{
	if (!uv_is_active((uv_handle_t *)&w->settle))
		uv_timer_start(&w->settle, on_settled, SETTLE_MS, 0);
}

static bool ask(struct netwatch *w, uint16_t type)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} request = {
		.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
		.head.nlmsg_type = type,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.body.rtgen_family = AF_UNSPEC,
	};

	return send(w->netlink_fd, &request, request.head.nlmsg_len, 0) > 0;
}

/* One list after the other: the kernel makes only one at a time. */
static void list_next(struct netwatch *w)
{
	if (w->list_anew) {
		w->list_anew = false;
		netfacts_forget(w->facts);
		w->listing = LISTING_LINKS;
		if (ask(w, RTM_GETLINK))
			return;
	} else if (w->listing == LISTING_LINKS) {
		w->listing = LISTING_ADDRESSES;
		if (ask(w, RTM_GETADDR))
			return;
	}
	w->listing = LISTING_NOTHING;
}

static void list_all(struct netwatch *w)
{
	w->list_anew = true;
	if (w->listing == LISTING_NOTHING)
		list_next(w);
}

static void read_datagram(
	struct netwatch *w, const struct msghdr *how, size_t n)
{
	const struct sockaddr_nl *from = how->msg_name;
	unsigned news;

	/* Only the kernel's word counts. */
	if (how->msg_namelen != sizeof(*from) || from->nl_pid != 0)
		return;
	news = netfacts_read(w->facts, w->datagram, n, w->own_port);
	if ((news & NETFACTS_CHANGED) != 0)
		changed(w);
	if ((news & NETFACTS_LISTED) != 0)
		list_next(w);
}

/* 0: there may be more. */
static int receive(struct netwatch *w)
{
	struct sockaddr_nl from;
	struct iovec room = {w->datagram, sizeof(w->datagram)};
	struct msghdr how = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &room,
		.msg_iovlen = 1,
	};
	ssize_t n = recvmsg(w->netlink_fd, &how, 0);

	if (n > 0)
		read_datagram(w, &how, (size_t)n);
	else if (n == 0)
		return ECONNRESET;
	else if (errno == ENOBUFS) {
		/* So much happened that the kernel could not tell it. */
		changed(w);
		list_all(w);
	} else if (errno != EINTR)
		return errno;
	return 0;
}

static void on_netlink(uv_poll_t *poll, int status, int events)
{
	struct netwatch *w = poll->data;
	int err = 0;

	for (int i = 0; i < DATAGRAMS_MAX && err == 0; i++)
		err = receive(w);
	if (err != 0 && err != EAGAIN) {
		log_debug("changes of the network are no longer seen: %s",
			strerror(err));
		uv_poll_stop(poll);
	} else if (status < 0) {
		/* libuv stops at the socket's error, which was ENOBUFS. */
		uv_poll_start(poll, UV_READABLE, on_netlink);
	}
}

static int netlink_open(uint32_t *ret_own_port)
{
	struct sockaddr_nl own = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
			     RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};
	socklen_t len = sizeof(own);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
		getsockname(fd, (struct sockaddr *)&own, &len) < 0) {
		close(fd);
		return -1;
	}
	*ret_own_port = own.nl_pid;
	return fd;
}

/* ---- life ---- */

static bool watch(struct netwatch *w, uv_loop_t *loop, uv_poll_t *poll, int fd,
	uv_poll_cb on_event, const char *what)
{
	int err = fd >= 0 ? uv_poll_init(loop, poll, fd) : -errno;

	if (err < 0) {
		log_debug("%s can't be watched: %s", what, uv_strerror(err));
		if (fd >= 0)
			close(fd);
		return false;
	}
	poll->data = w;
	w->handles++;
	uv_poll_start(poll, UV_READABLE, on_event);
	uv_unref((uv_handle_t *)poll);
	return true;
}

struct netwatch *netwatch_new(
	uv_loop_t *loop, netwatch_fn *on_change, void *arg)
{
	struct netwatch *w = mem_zalloc(1, sizeof(*w));

	w->on_change = on_change;
	w->arg = arg;
	w->facts = netfacts_new();
	uv_timer_init(loop, &w->settle);
	uv_unref((uv_handle_t *)&w->settle);
	w->settle.data = w;
	w->handles = 1;
	w->asleep_ms = netwatch_asleep_ms();
	w->clock_fd = clock_open();
	if (!watch(w, loop, &w->clock, w->clock_fd, on_clock, "sleep"))
		w->clock_fd = -1;
	w->netlink_fd = netlink_open(&w->own_port);
	if (!watch(w, loop, &w->netlink, w->netlink_fd, on_netlink,
		    "the network"))
		w->netlink_fd = -1;
	else
		list_all(w);
	return w;
}

static void on_closed(uv_handle_t *handle)
{
	struct netwatch *w = handle->data;

	if (--w->handles != 0)
		return;
	netfacts_free(w->facts);
	free(w);
}

static void unwatch(uv_poll_t *poll, int fd)
{
	if (fd < 0)
		return;
	uv_close((uv_handle_t *)poll, on_closed);
	close(fd);
}

void netwatch_free(struct netwatch *w)
{
	if (w == NULL)
		return;
	uv_close((uv_handle_t *)&w->settle, on_closed);
	unwatch(&w->clock, w->clock_fd);
	unwatch(&w->netlink, w->netlink_fd);
}
