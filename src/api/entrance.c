#include "api/entrance.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "api/entrance_socket.h"
#include "base/file.h"
#include "base/mem.h"
#include "tunnel/listener.h"

#define PORT        7622
#define PORT_TRIES  16
#define PEM_MAX     (256 * 1024)
#define SOCKET_MASK 0177

struct entrance {
	struct http *http;
	struct listener *listener;
	struct entrance_socket *socket; /* instead of a listener: handed over */
	struct endpoint at;
	struct buf cert, key; /* PEM, NUL-ended */
};

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	struct entrance *e = arg;

	http_add(e->http, fd, peer);
}

void entrance_free(struct entrance *e)
{
	if (e == NULL)
		return;
	listener_free(e->listener);
	entrance_socket_free(e->socket);
	http_free(e->http);
	endpoint_done(&e->at);
	buf_done(&e->cert);
	buf_wipe_done(&e->key);
	free(e);
}

int entrance_new_local(struct api *api, const struct api_config *config,
	struct entrance **ret_entrance, struct trouble *trouble)
{
	struct entrance *e = mem_zalloc(1, sizeof(*e));
	struct endpoint at = {.path = (char *)config->socket_path};
	const struct listener_options options = {.mask = SOCKET_MASK,
		.unlink_first = true,
		.last_descriptors = true};
	int err = http_new(
		&(struct http_config){
			.api = api, .loop = config->loop, .local = true},
		&e->http, trouble);

	if (err != 0)
		goto fail;
	trouble_set(trouble, ERR_LISTEN_FAILED);
	if (config->socket_fd >= 0)
		e->socket = entrance_socket_new(
			config->loop, config->socket_fd, on_accept, e);
	else
		e->listener = listener_new(
			config->loop, &at, &options, on_accept, e, trouble);
	if (e->socket == NULL && e->listener == NULL) {
		err = -(int)trouble->code;
		goto fail;
	}
	*ret_entrance = e;
	return 0;
fail:
	entrance_free(e);
	return err;
}

/* ---- TCP: what may be ---- */

static int bad_address(const char *listen, struct trouble *trouble)
{
	return trouble_say(trouble, ERR_INVALID,
		"the form is ADDRESS:PORT (IPv6 in brackets): \"%s\"", listen);
}

int entrance_parse(const char *listen, struct endpoint *ret_endpoint,
	struct trouble *trouble)
{
	const char *host = listen, *end, *port;
	unsigned long number = PORT;
	char *rest;

	if (*listen == '[') {
		host = listen + 1;
		end = strchr(host, ']');
		port = end != NULL ? end + 1 : NULL;
	} else {
		end = strchrnul(listen, ':');
		port = end;
	}
	if (port == NULL || (*port != '\0' && *port != ':') ||
		end - host > ENDPOINT_HOST_MAX)
		return bad_address(listen, trouble);
	if (*port == ':') {
		number = strtoul(port + 1, &rest, 10);
		if (port[1] < '0' || port[1] > '9' || *rest != '\0' ||
			number > UINT16_MAX)
			return bad_address(listen, trouble);
	}
	*ret_endpoint = (struct endpoint){
		.host = mem_dup(host, (size_t)(end - host)),
		.port = (uint16_t)number,
	};
	if (strcmp(ret_endpoint->host, "*") == 0)
		*ret_endpoint->host = '\0';
	return 0;
}

/* By number: what a name stands for is not ours to say. */
bool entrance_is_loopback(const char *host)
{
	struct in_addr ip;
	struct in6_addr ip6;

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &ip) == 1)
		return ntohl(ip.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &ip6) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&ip6);
}

static int check_leave(const struct api_config *config,
	const struct endpoint *at, struct trouble *trouble)
{
	if (entrance_is_loopback(at->host))
		return 0;
	if (!config->allow_remote)
		return trouble_say(trouble, ERR_INVALID,
			"listening beyond this machine wants --allow-remote");
	if (config->tls_cert == NULL && config->public_url == NULL)
		return trouble_say(trouble, ERR_INVALID,
			"--allow-remote wants --tls-cert or --public-url");
	return 0;
}

static int read_pem(const char *path, struct buf *out, struct trouble *trouble)
{
	int err = file_read(path, PEM_MAX, out, trouble);

	if (err == -ERR_NOT_FOUND)
		err = file_trouble(trouble, ERR_FILE, path, ENOENT);
	if (err == 0)
		buf_put_u8(out, '\0');
	return err;
}

static int read_tls(struct entrance *e, const struct api_config *config,
	struct trouble *trouble)
{
	int err;

	if (config->tls_cert == NULL && config->tls_key == NULL)
		return 0;
	if (config->tls_cert == NULL || config->tls_key == NULL)
		return trouble_say(trouble, ERR_INVALID,
			"--tls-cert and --tls-key go together");
	err = read_pem(config->tls_cert, &e->cert, trouble);
	if (err == 0)
		err = read_pem(config->tls_key, &e->key, trouble);
	return err;
}

/* ---- TCP: opening ---- */

/* Where nothing was said, the next free port will do. */
static int open_port(struct entrance *e, const struct api_config *config,
	struct trouble *trouble)
{
	unsigned tries = config->listen == NULL ? PORT_TRIES : 1;
	struct trouble last;

	for (unsigned i = 0; i < tries; i++) {
		struct trouble *t = i == 0 ? trouble : &last;

		e->listener = listener_new(
			config->loop, &e->at, NULL, on_accept, e, t);
		if (e->listener != NULL || t->code != ERR_PORT_IN_USE)
			break;
		e->at.port++;
	}
	if (e->listener == NULL)
		return -(int)trouble->code;
	e->at.port = listener_port(e->listener);
	return 0;
}

static int open_tcp(struct entrance *e, struct api *api,
	const struct api_config *config, struct trouble *trouble)
{
	bool tls;
	int err = check_leave(config, &e->at, trouble);

	if (err == 0)
		err = read_tls(e, config, trouble);
	if (err != 0)
		return err;
	tls = buf_len(&e->cert) != 0;
	err = http_new(
		&(struct http_config){.api = api,
			.loop = config->loop,
			.cert = tls ? (const char *)buf_ptr(&e->cert) : NULL,
			.key = tls ? (const char *)buf_ptr(&e->key) : NULL},
		&e->http, trouble);
	return err == 0 ? open_port(e, config, trouble) : err;
}

int entrance_new_tcp(struct api *api, const struct api_config *config,
	struct entrance **ret_entrance, struct trouble *trouble)
{
	const char *listen =
		config->listen != NULL ? config->listen : "127.0.0.1";
	struct entrance *e;
	int err;

	if (strcmp(listen, "none") == 0) {
		*ret_entrance = NULL;
		return 0;
	}
	e = mem_zalloc(1, sizeof(*e));
	err = entrance_parse(listen, &e->at, trouble);
	if (err == 0)
		err = open_tcp(e, api, config, trouble);
	if (err != 0) {
		entrance_free(e);
		return err;
	}
	*ret_entrance = e;
	return 0;
}

const char *entrance_host(const struct entrance *e)
{
	return e->at.host;
}

uint16_t entrance_port(const struct entrance *e)
{
	return e->at.port;
}

bool entrance_has_tls(const struct entrance *e)
{
	return buf_len(&e->cert) != 0;
}
