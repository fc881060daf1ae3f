#include "tunnel/listen_port.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tunnel/forward_spec.h"
#include "tunnel/listen_trouble.h"
#include "tunnel/tcp.h"

#define PICK_TRIES 32  /* for a port that is free in both families */
#define NEXT_TRIES 256 /* ports above a taken one */

struct address {
	struct sockaddr_storage sa;
	socklen_t len;
};

struct addresses {
	struct address item[LISTEN_PORT_SOCKETS];
	size_t n;
};

static void add_ipv4(struct addresses *a, in_addr_t ip)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	sin.sin_addr.s_addr = htonl(ip);
	memcpy(&a->item[a->n].sa, &sin, sizeof(sin));
	a->item[a->n++].len = sizeof(sin);
}

static void add_ipv6(struct addresses *a, const struct in6_addr *ip)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_addr = *ip};

	memcpy(&a->item[a->n].sa, &sin6, sizeof(sin6));
	a->item[a->n++].len = sizeof(sin6);
}

/* 0, or getaddrinfo's EAI_…. */
static int resolve(const char *host, struct addresses *ret)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *list;
	int err;

	ret->n = 0;
	if (*host == '\0') {
		add_ipv4(ret, INADDR_ANY);
		add_ipv6(ret, &in6addr_any);
		return 0;
	}
	if (strcasecmp(host, "localhost") == 0) {
		add_ipv4(ret, INADDR_LOOPBACK);
		add_ipv6(ret, &in6addr_loopback);
		return 0;
	}
	err = getaddrinfo(host, NULL, &hints, &list);
	if (err == EAI_NONAME) {
		hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
		err = getaddrinfo(host, NULL, &hints, &list);
	}
	if (err != 0)
		return err;
	for (const struct addrinfo *ai = list;
		ai != NULL && ret->n < LISTEN_PORT_SOCKETS; ai = ai->ai_next) {
		memcpy(&ret->item[ret->n].sa, ai->ai_addr, ai->ai_addrlen);
		ret->item[ret->n++].len = ai->ai_addrlen;
	}
	freeaddrinfo(list);
	return 0;
}

static void set_port(struct address *a, uint16_t port)
{
	if (a->sa.ss_family == AF_INET)
		((struct sockaddr_in *)&a->sa)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&a->sa)->sin6_port = htons(port);
}

static uint16_t bound_port(int fd)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} at = {0};
	socklen_t len = sizeof(at);

	if (getsockname(fd, &at.sa, &len) != 0)
		return 0;
	return ntohs(
		at.sa.sa_family == AF_INET ? at.in.sin_port : at.in6.sin6_port);
}

/* A listening socket, or -errno. */
static int open_one(const struct address *a)
{
	int on = 1, error;
	int fd = socket(
		a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* Connections of the last run that linger in TIME_WAIT do not hold the
	 * port; what listens still does. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	tcp_tune(fd, (const struct sockaddr *)&a->sa);
	if (a->sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&a->sa, a->len) == 0 &&
		listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* All of them or, but for families that the machine lacks, none. 0 or -errno;
 * `*ret_culprit` is the address that failed. */
static int open_all(struct addresses *a, uint16_t port, struct listen_port *ret,
	size_t *ret_culprit)
{
	struct listen_port open = {.port = port};
	int missing = -EADDRNOTAVAIL;

	for (size_t i = 0; i < a->n; i++) {
		int fd;

		set_port(&a->item[i], open.port);
		fd = open_one(&a->item[i]);
		if (fd == -EADDRNOTAVAIL || fd == -EAFNOSUPPORT) {
			missing = fd;
			continue;
		}
		if (fd < 0) {
			listen_port_close(&open);
			*ret_culprit = i;
			return fd;
		}
		open.fd[open.n++] = fd;
		if (open.port == 0)
			open.port = bound_port(fd);
	}
	if (open.n == 0) {
		*ret_culprit = 0;
		return missing;
	}
	*ret = open;
	return 0;
}

/* A port that one family picks may be taken in the other. */
static int open_any(
	struct addresses *a, struct listen_port *ret, size_t *ret_culprit)
{
	int err = -EADDRINUSE;

	for (int i = 0; i < PICK_TRIES && err == -EADDRINUSE; i++)
		err = open_all(a, 0, ret, ret_culprit);
	return err;
}

/* The next free port above, or any when there is none near. */
static uint16_t next_free(struct addresses *a, uint16_t port)
{
	struct listen_port found;
	size_t culprit;
	int err = -EADDRINUSE;

	for (uint32_t p = port + 1u;
		err != 0 && p <= (uint32_t)port + NEXT_TRIES && p <= UINT16_MAX;
		p++)
		err = open_all(a, (uint16_t)p, &found, &culprit);
	if (err != 0 && open_any(a, &found, &culprit) != 0)
		return 0;
	listen_port_close(&found);
	return found.port;
}

static int explain(struct addresses *a, size_t culprit, const char *text,
	uint16_t port, int error, struct trouble *trouble)
{
	/* Looking for the next port writes into the addresses. */
	struct address held = a->item[culprit];
	uint16_t next = 0;

	if (error == EADDRINUSE && port != 0) {
		if (trouble != NULL)
			next = next_free(a, port);
		return listen_trouble_in_use(
			trouble, text, (const struct sockaddr *)&held.sa, next);
	}
	if (error == EACCES && port != 0 && port < listen_trouble_first_port())
		return listen_trouble_not_permitted(trouble, text);
	return listen_trouble_failed(trouble, text, error);
}

int listen_port_open(const char *host, uint16_t port,
	struct listen_port *ret_sockets, struct trouble *trouble)
{
	const struct endpoint endpoint = {.host = (char *)host, .port = port};
	char text[ENDPOINT_HOST_MAX + 16];
	struct addresses addresses;
	size_t culprit = 0;
	int err;

	endpoint_text(&endpoint, text, sizeof(text));
	err = resolve(host, &addresses);
	if (err != 0)
		return listen_trouble_failed(trouble, text,
			err == EAI_SYSTEM ? errno : EADDRNOTAVAIL);
	if (port == 0)
		err = open_any(&addresses, ret_sockets, &culprit);
	else
		err = open_all(&addresses, port, ret_sockets, &culprit);
	if (err == 0)
		return 0;
	return explain(&addresses, culprit, text, port, -err, trouble);
}

void listen_port_close(struct listen_port *sockets)
{
	while (sockets->n > 0)
		close(sockets->fd[--sockets->n]);
}
