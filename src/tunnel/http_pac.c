/*
 * The proxy auto-configuration file of a Dynamic forward's own port: a function
 * in JavaScript (as Netscape defined it in 1996, for the oldest readers too)
 * that sends everything through the proxy but what is this machine itself.
 * Plain names go too: they are resolved on the server's side.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "tunnel/socks_internal.h"

static const char program[] =
	"function FindProxyForURL(url, host) {\n"
	"\tvar h = host.toLowerCase();\n"
	"\tif (h === \"localhost\" || h === \"::1\" || h === \"[::1]\" ||\n"
	"\t\t/^127(\\.\\d{1,3}){3}$/.test(h))\n"
	"\t\treturn \"DIRECT\";\n"
	"\treturn \"SOCKS5 %s; SOCKS %s; PROXY %s\";\n"
	"}\n";

/* ---- where this proxy is ---- */

static bool is_name(struct slice host)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";

	for (size_t i = 0; i < host.len; i++)
		if (memchr(letters, host.p[i], sizeof(letters) - 1) == NULL)
			return false;
	return host.len != 0 && host.len <= SOCKS_HOST_MAX;
}

static bool is_bracketed(struct slice host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (host.len < 2 || host.len - 2 >= sizeof(text) || host.p[0] != '[' ||
		host.p[host.len - 1] != ']')
		return false;
	memcpy(text, host.p + 1, host.len - 2);
	text[host.len - 2] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* What a client says of where it is: never more than a name or an address, in
 * front of the port that is ours. */
static bool take_clients_word(
	const struct socks *s, struct slice word, char *ret_place, size_t size)
{
	char port[8];
	size_t n = (size_t)snprintf(port, sizeof(port), ":%u", s->listen_port);
	struct slice host = word;

	if (word.len <= n || memcmp(word.p + word.len - n, port, n) != 0)
		return false;
	host.len -= n;
	if (!is_name(host) && !is_bracketed(host))
		return false;
	snprintf(ret_place, size, "%.*s%s", (int)host.len, (const char *)host.p,
		port);
	return true;
}

bool http_pac_place(
	const struct socks *s, struct slice word, char *ret_place, size_t size)
{
	const char *host = s->listen_host != NULL ? s->listen_host : "";
	struct in6_addr v6 = IN6ADDR_ANY_INIT;
	struct in_addr v4 = {INADDR_ANY};

	if (s->listen_port == 0)
		return false;
	if (take_clients_word(s, word, ret_place, size))
		return true;
	if (inet_pton(AF_INET6, host, &v6) == 1 &&
		!IN6_IS_ADDR_UNSPECIFIED(&v6))
		snprintf(ret_place, size, "[%s]:%u", host, s->listen_port);
	else if (inet_pton(AF_INET, host, &v4) == 1 && v4.s_addr != INADDR_ANY)
		snprintf(ret_place, size, "%s:%u", host, s->listen_port);
	else
		snprintf(ret_place, size, "127.0.0.1:%u", s->listen_port);
	return true;
}

/* ---- the file ---- */

bool http_pac_is_asked(struct slice method, struct slice target)
{
	return (slice_is(method, "GET") || slice_is(method, "HEAD")) &&
	       (slice_is(target, "/proxy.pac") ||
		       slice_is(target, "/wpad.dat"));
}

void http_pac_answer(struct slice method, const char *place, struct buf *out)
{
	char text[sizeof(program) + 3 * HTTP_PLACE_MAX];
	int n = snprintf(text, sizeof(text), program, place, place, place);

	buf_printf(out,
		"HTTP/1.1 200 OK\r\n"
		"Content-Type: application/x-ns-proxy-autoconfig\r\n"
		"Content-Length: %d\r\n"
		"Cache-Control: no-cache\r\n"
		"Connection: close\r\n"
		"\r\n"
		"%s",
		n, slice_is(method, "HEAD") ? "" : text);
}
