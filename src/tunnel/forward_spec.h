/*
 * What a forward is, and ssh's -L, -R and -D syntax for it. ssh(1),
 * ssh_config(5).
 */
#ifndef TAUPE_TUNNEL_FORWARD_SPEC_H
#define TAUPE_TUNNEL_FORWARD_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/trouble.h"

enum forward_type { FORWARD_LOCAL, FORWARD_REMOTE, FORWARD_DYNAMIC };

/* "local", "remote", "dynamic": the API's words. */
const char *forward_type_name(enum forward_type type);

/* What a host name or a socket's path may hold, their ends not counted. */
#define ENDPOINT_HOST_MAX 255
#define ENDPOINT_PATH_MAX 107

/* Host and port, or a Unix socket's path. */
struct endpoint {
	char *host; /* NULL when path is set; "" = all interfaces (ssh's empty
		     * or *); no brackets around IPv6 */
	char *path; /* Unix socket, or NULL */
	uint16_t port; /* 0 when listening: any free port */
};

void endpoint_done(struct endpoint *e);
/* Over whatever `to` held: it is all zero or an endpoint. */
void endpoint_copy(struct endpoint *to, const struct endpoint *from);
/* "127.0.0.1:80", "[::1]:80", "/run/x.sock", "*:80"; as snprintf. */
size_t endpoint_text(const struct endpoint *e, char *ret_text, size_t size);

struct forward_spec {
	enum forward_type type;
	char *name; /* shown to people; NULL until given: its -L text */
	/* local, dynamic: here. remote: on the server */
	struct endpoint listen;
	/* local: from the server. remote: from here. unused for dynamic and
	 * reverse dynamic */
	struct endpoint target;
	bool reverse_dynamic; /* remote whose local target is a SOCKS proxy */
	bool bind_left_out; /* listen.host was not given, so it is "localhost":
			     * GatewayPorts may widen it to "" */
	/* Dynamic: asked of SOCKS5 and HTTP clients; NULL: nothing is */
	char *socks_user;
	char *socks_password;

	/* Connect to the server only when a client comes (remote forwards need
	 * the link from the start: no effect) */
	bool lazy;
	/* Let go of the link when no connection was open for that long, and
	 * be lazy from then on; 0: never (remote forwards: no effect) */
	uint32_t idle_s;
	/* Clients that may connect: addresses or networks ("10.0.0.0/8",
	 * "::1"), sep. by commas; NULL: any. Clients of Unix sockets always may
	 */
	char *allow;
	/* For all its connections together; 0: no limit */
	uint64_t limit_in_bytes_s, limit_out_bytes_s;
};

void forward_spec_done(struct forward_spec *f);
/* Over whatever `to` held, as endpoint_copy. */
void forward_spec_copy(
	struct forward_spec *to, const struct forward_spec *from);

/* Parses the argument of -L, -R or -D, in every form of ssh(1):
 *   [bind:]port:host:hostport   [bind:]port:/remote.sock
 *   /local.sock:host:hostport   /local.sock:/remote.sock
 *   -R [bind:]port (reverse dynamic)   -D [bind:]port
 *   -R /remote.sock (reverse dynamic)  -D /local.sock
 * bind may be empty, *, [IPv6]; a bare bind that is left out is "localhost"
 * (listening on 127.0.0.1 and ::1) for -L and -D and, as ssh sends it,
 * "localhost" for -R. Ports are numbers or services' names; any free one (0)
 * where taupe or the server listens, which ssh refuses for -L and -D. A
 * backslash takes the next character as it is. Also ssh_config's form with a
 * space between the two halves and '/' as separator for IPv6 ("::1/8080").
 * `name` and the SOCKS login are left unset. -ERR_INVALID with "detail". */
int forward_spec_parse(enum forward_type type, const char *text,
	struct forward_spec *ret_spec, struct trouble *trouble) WARN_UNUSED;

/* Checks the list of `allow`: -ERR_INVALID with "detail" naming the first part
 * that is no address or network. */
int forward_spec_check_allow(
	const char *allow, struct trouble *trouble) WARN_UNUSED;

/* The -L/-R/-D text that parses to the same (name and login apart); as
 * snprintf. */
size_t forward_spec_text(
	const struct forward_spec *f, char *ret_text, size_t size);

#endif
