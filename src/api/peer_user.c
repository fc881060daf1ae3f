#include "api/peer_user.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ask {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

struct answer {
	struct nlmsghdr head;
	struct inet_diag_msg body;
};

/* The kernel looks for IPv4's under its own family only. */
static bool put_end(
	const struct sockaddr_storage *sa, __be32 address[4], __be16 *port)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	if (sa->ss_family == AF_INET) {
		memcpy(address, &in->sin_addr, 4);
		*port = in->sin_port;
		return true;
	}
	if (sa->ss_family != AF_INET6)
		return false;
	*port = in6->sin6_port;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		memcpy(address, (const uint8_t *)&in6->sin6_addr + 12, 4);
	else
		memcpy(address, &in6->sin6_addr, 16);
	return true;
}

static bool is_v6(const struct sockaddr_storage *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;

	return sa->ss_family == AF_INET6 &&
	       !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
}

/* As the client's end has it: its own address is our peer's. */
static bool fill(int fd, struct ask *ask)
{
	struct inet_diag_sockid *id = &ask->body.id;
	struct sockaddr_storage own = {0}, peer = {0};
	socklen_t n = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &n) != 0)
		return false;
	n = sizeof(peer);
	if (getpeername(fd, (struct sockaddr *)&peer, &n) != 0)
		return false;
	*ask = (struct ask){
		.head = {.nlmsg_len = sizeof(*ask),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST},
		.body = {.sdiag_family = is_v6(&own) ? AF_INET6 : AF_INET,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = ~0u,
			.id.idiag_cookie = {INET_DIAG_NOCOOKIE,
				INET_DIAG_NOCOOKIE}},
	};
	return put_end(&peer, id->idiag_src, &id->idiag_sport) &&
	       put_end(&own, id->idiag_dst, &id->idiag_dport);
}

/* The kernel answers before send() returns. */
static bool find(const struct ask *ask, struct answer *ret)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	uint8_t bytes[4096];
	bool found = false;
	ssize_t n;

	if (fd < 0)
		return false;
	if (send(fd, ask, sizeof(*ask), 0) == (ssize_t)sizeof(*ask)) {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		found = n >= (ssize_t)sizeof(*ret);
		if (found)
			memcpy(ret, bytes, sizeof(*ret));
	}
	close(fd);
	return found && ret->head.nlmsg_type == SOCK_DIAG_BY_FAMILY;
}

/* One that has been closed belongs to nobody any more: as it says, to root. */
bool peer_user_is_other(int fd)
{
	struct answer answer;
	struct ask ask;

	return fill(fd, &ask) && find(&ask, &answer) &&
	       answer.body.idiag_uid != geteuid() && answer.body.idiag_uid != 0;
}
