#include "api/origin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static void add(struct origin *o, const char *host, uint16_t port)
{
	const char *bracket = strchr(host, ':') != NULL ? "[" : "";

	if (o->n + 2 > ORIGIN_HOSTS)
		return;
	o->host[o->n++] = mem_printf(
		"%s%s%s:%u", bracket, host, *bracket != '\0' ? "]" : "", port);
	/* A browser leaves the scheme's own port out. */
	if (port == (o->tls ? 443 : 80))
		o->host[o->n++] = mem_printf(
			"%s%s%s", bracket, host, *bracket != '\0' ? "]" : "");
}

/* "http://" or "https://", a host and maybe a port; a slash at the end goes. */
static int take_public(
	struct origin *o, const char *url, struct trouble *trouble)
{
	static const char host_chars[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789.-_:[]";
	size_t scheme = strncmp(url, "https://", 8) == 0  ? 8
			: strncmp(url, "http://", 7) == 0 ? 7
							  : 0,
	       n = strspn(url + scheme, host_chars);

	if (scheme == 0 || n == 0 ||
		(url[scheme + n] != '\0' && strcmp(url + scheme + n, "/") != 0))
		return trouble_say(trouble, ERR_INVALID,
			"the public address is http(s)://host[:port]: \"%s\"",
			url);
	o->public = mem_dup(url, scheme + n);
	return 0;
}

int origin_init(struct origin *o, const char *listen_host, uint16_t port,
	bool tls, const char *public_url, struct trouble *trouble)
{
	*o = (struct origin){.tls = tls};
	if (public_url != NULL) {
		int err = take_public(o, public_url, trouble);

		if (err != 0)
			return err;
	}
	if (*listen_host != '\0' && strcasecmp(listen_host, "localhost") != 0 &&
		strcmp(listen_host, "127.0.0.1") != 0 &&
		strcmp(listen_host, "::1") != 0)
		add(o, listen_host, port);
	add(o, "127.0.0.1", port);
	add(o, "localhost", port);
	add(o, "::1", port);
	o->any_host = tls && (*listen_host == '\0' ||
				     strcmp(listen_host, "0.0.0.0") == 0 ||
				     strcmp(listen_host, "::") == 0);
	return 0;
}

void origin_done(struct origin *o)
{
	for (unsigned i = 0; i < o->n; i++)
		free(o->host[i]);
	free(o->public);
	*o = (struct origin){0};
}

static bool is_public_host(const struct origin *o, const char *host)
{
	const char *ours =
		o->public != NULL ? strstr(o->public, "://") + 3 : NULL;
	const char *port;
	size_t n;

	if (ours == NULL)
		return false;
	if (strcasecmp(ours, host) == 0)
		return true;
	/* Said with the scheme's own port, or without. */
	port = strncmp(o->public, "https", 5) == 0 ? ":443" : ":80";
	n = strlen(ours);
	return strncasecmp(ours, host, n) == 0 && strcmp(host + n, port) == 0;
}

bool origin_allows_host(const struct origin *o, const char *host)
{
	if (host == NULL || *host == '\0')
		return false;
	for (unsigned i = 0; i < o->n; i++)
		if (strcasecmp(o->host[i], host) == 0)
			return true;
	return o->any_host || is_public_host(o, host);
}

bool origin_allows(const struct origin *o, const char *origin, const char *host)
{
	const char *scheme = o->tls ? "https://" : "http://";
	size_t n = strlen(scheme);

	if (origin == NULL || host == NULL)
		return false;
	if (strncmp(origin, scheme, n) == 0 &&
		strcasecmp(origin + n, host) == 0)
		return true;
	return o->public != NULL && strcasecmp(o->public, origin) == 0;
}

char *origin_url(const struct origin *o)
{
	if (o->public != NULL)
		return mem_strdup(o->public);
	return mem_printf("%s://%s", o->tls ? "https" : "http",
		o->n > 0 ? o->host[0] : "");
}
