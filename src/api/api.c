#include "api/api_private.h"

#include <stdlib.h>

#include "api/entrance.h"
#include "api/page.h"
#include "api/stream.h"
#include "base/mem.h"

static char *copy(const char *text)
{
	return text != NULL ? mem_strdup(text) : NULL;
}

static void copy_config(struct api *a, const struct api_config *config)
{
	a->config = *config;
	a->config.state_dir = copy(config->state_dir);
	a->config.socket_path = copy(config->socket_path);
	a->config.listen = copy(config->listen);
	a->config.tls_cert = copy(config->tls_cert);
	a->config.tls_key = copy(config->tls_key);
	a->config.public_url = copy(config->public_url);
	a->config.page_dir = copy(config->page_dir);
}

static void drop_config(struct api_config *config)
{
	free((char *)config->state_dir);
	free((char *)config->socket_path);
	free((char *)config->listen);
	free((char *)config->tls_cert);
	free((char *)config->tls_key);
	free((char *)config->public_url);
	free((char *)config->page_dir);
}

/* The names of the port, known when it is bound. */
static int name(struct api *a, struct trouble *trouble)
{
	struct endpoint at;
	int err;

	a->url = mem_strdup("");
	if (a->tcp == NULL)
		return 0;
	at = (struct endpoint){.host = (char *)entrance_host(a->tcp),
		.port = entrance_port(a->tcp)};
	endpoint_text(&at, a->listen, sizeof(a->listen));
	err = origin_init(&a->origin, at.host, at.port,
		entrance_has_tls(a->tcp), a->config.public_url, trouble);
	if (err != 0)
		return err;
	free(a->url);
	a->url = origin_url(&a->origin);
	return 0;
}

int api_new(const struct api_config *config, struct api **ret_api,
	struct trouble *trouble)
{
	struct api *a = mem_zalloc(1, sizeof(*a));
	int err;

	copy_config(a, config);
	a->page = page_new(config->page_dir);
	a->stream = stream_new(config->loop, config->control, a);
	err = access_new(control_store(config->control), &a->access, trouble);
	if (err == 0)
		err = entrance_new_local(a, &a->config, &a->local, trouble);
	if (err == 0)
		err = entrance_new_tcp(a, &a->config, &a->tcp, trouble);
	if (err == 0)
		err = name(a, trouble);
	if (err != 0) {
		api_free(a);
		return err;
	}
	*ret_api = a;
	return 0;
}

void api_free(struct api *a)
{
	if (a == NULL)
		return;
	/* Requests end first: they hold on to all that follows. */
	entrance_free(a->tcp);
	entrance_free(a->local);
	stream_free(a->stream);
	access_free(a->access);
	page_free(a->page);
	origin_done(&a->origin);
	free(a->url);
	drop_config(&a->config);
	free(a);
}

const char *api_listen(const struct api *a)
{
	return a->listen;
}

const struct api_config *api_config(const struct api *a)
{
	return &a->config;
}
