#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "tunnel/options.h"

#define HOST_MAX 1024 /* ssh's NI_MAXHOST; DNS has 253 */
#define USER_MAX 256
#define SCHEME   "ssh://"

/* What a shell (ProxyCommand) or a terminal would take for something else. */
static const char unsafe[] = "'`\"$\\;&<>|(){}";

/* `but`: an unsafe character that may stand anywhere but at the end. */
static bool text_safe(const char *text, size_t max, char but)
{
	size_t len = strlen(text);

	if (*text == '\0' || *text == '-' || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)text[i]) ||
			isspace((unsigned char)text[i]) ||
			(strchr(unsafe, text[i]) != NULL &&
				(text[i] != but || i + 1 == len)))
			return false;
	return true;
}

bool destination_host_valid(const char *host)
{
	return text_safe(host, HOST_MAX, '\0');
}

bool destination_user_valid(const char *user)
{
	return text_safe(user, USER_MAX, '\\');
}

void destination_done(struct destination *d)
{
	free(d->user);
	free(d->host);
	*d = (struct destination){0};
}

static int hex(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 §2.1, in place. */
static bool percent_decode(char *text)
{
	char *to = text;
	int high, low;

	for (; *text != '\0'; text++) {
		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		high = hex(text[1]);
		low = high >= 0 ? hex(text[2]) : -1;
		if (high < 0 || low < 0 || (high | low) == 0)
			return false;
		*to++ = (char)(high << 4 | low);
		text += 2;
	}
	*to = '\0';
	return true;
}

static bool port_parse(const char *text, uint16_t *ret_port)
{
	unsigned long n = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
		return false;
	n = strtoul(text, NULL, 10);
	if (n == 0 || n > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)n;
	return true;
}

/* "host", "[host]", and with `with_port` "host:port", "[host]:port". Gives
 * where the host starts in `text`, which is cut up. */
static bool split_host(
	char *text, bool with_port, char **ret_host, uint16_t *ret_port)
{
	char *end, *port = NULL;

	*ret_host = text;
	if (*text == '[') {
		end = strchr(text, ']');
		if (end == NULL)
			return false;
		*ret_host = text + 1;
		*end++ = '\0';
		if (*end != '\0' && (*end != ':' || !with_port))
			return false;
		port = *end == ':' ? end + 1 : NULL;
	} else if (with_port && (end = strchr(text, ':')) != NULL) {
		*end = '\0';
		port = end + 1;
	}
	return port == NULL || port_parse(port, ret_port);
}

static int refuse(const char *text, const char *why, struct trouble *trouble)
{
	return trouble_say(trouble, ERR_INVALID, "\"%.80s\": %s", text, why);
}

/* `with_port`: a colon starts a port even without ssh://. */
static int parse(const char *text, bool with_port, struct destination *ret_dest,
	struct trouble *trouble)
{
	bool uri = strncasecmp(text, SCHEME, strlen(SCHEME)) == 0;
	char *copy = mem_strdup(uri ? text + strlen(SCHEME) : text);
	char *at = strrchr(copy, '@'), *rest = copy, *host = copy, *slash;
	const char *user = NULL, *why = NULL;
	uint16_t port = 0;

	if (at != NULL) {
		*at = '\0';
		user = copy;
		rest = at + 1;
	}
	slash = uri ? strchr(rest, '/') : NULL;
	if (slash != NULL && slash[1] == '\0')
		*slash = '\0';
	if (!split_host(rest, uri || with_port, &host, &port))
		why = "not [user@]host[:port] (IPv6 goes in brackets)";
	else if (uri && ((at != NULL && !percent_decode(copy)) ||
				!percent_decode(host)))
		why = "a % must be followed by two hexadecimal digits";
	else if (*host == '\0')
		why = "the host is missing";
	else if (!destination_host_valid(host) || strpbrk(host, "/@[]"))
		why = "the host has characters that no host name has";
	else if (user != NULL && !destination_user_valid(user))
		why = "the user name is empty or has unsafe characters";
	if (why == NULL)
		*ret_dest = (struct destination){
			.user = user != NULL ? mem_strdup(user) : NULL,
			.host = mem_strdup(host),
			.port = port,
		};
	free(copy);
	return why != NULL ? refuse(text, why, trouble) : 0;
}

int destination_parse(
	const char *text, struct destination *ret_dest, struct trouble *trouble)
{
	return parse(text, false, ret_dest, trouble);
}

int destination_parse_jumps(const char *text, struct destination *ret_hops,
	size_t *ret_n, struct trouble *trouble)
{
	struct destination hop[JUMP_MAX] = {0};
	const char *p = text;
	size_t n = 0;
	int err = 0;

	for (bool more = true; err == 0 && more;) {
		size_t len = strcspn(p, ",");
		char *one = mem_dup(p, len);

		more = p[len] == ',';
		p += len + (more ? 1 : 0);
		err = n == JUMP_MAX ? refuse(text, "too many hops", trouble)
				    : parse(one, true, &hop[n], trouble);
		n += err == 0;
		free(one);
	}
	if (err == 0) {
		memcpy(ret_hops, hop, n * sizeof(hop[0]));
		*ret_n = n;
		return 0;
	}
	while (n > 0)
		destination_done(&hop[--n]);
	return err;
}
