/*
 * Where callers come in: a Unix socket or a TCP port that listens, with the
 * HTTP behind it. Control thread.
 */
#ifndef TAUPE_API_ENTRANCE_H
#define TAUPE_API_ENTRANCE_H

#include "api/api.h"
#include "api/http.h"
#include "tunnel/forward_spec.h"

struct entrance;

/* The socket at config->socket_path (0600), or the one that listens already. */
int entrance_new_local(struct api *api, const struct api_config *config,
	struct entrance **ret_entrance, struct trouble *trouble) WARN_UNUSED;

/* config->listen. *ret_entrance is NULL for "none". -ERR_INVALID: beyond
 * loopback without leave, or without TLS or a proxy; a certificate that can't
 * be. -ERR_PORT_IN_USE and the like: listener.h. */
int entrance_new_tcp(struct api *api, const struct api_config *config,
	struct entrance **ret_entrance, struct trouble *trouble) WARN_UNUSED;

/* Ends what is under way. The loop turns once more. NULL is fine. */
void entrance_free(struct entrance *e);

/* Of TCP: the host without brackets, "" for all addresses. */
const char *entrance_host(const struct entrance *e);
uint16_t entrance_port(const struct entrance *e);
bool entrance_has_tls(const struct entrance *e);

/* "HOST:PORT" with IPv6 in brackets; the port may be left out. "" and "*" as
 * the host: all addresses. -ERR_INVALID with "detail". endpoint_done. */
int entrance_parse(const char *listen, struct endpoint *ret_endpoint,
	struct trouble *trouble) WARN_UNUSED;
bool entrance_is_loopback(const char *host);

#endif
