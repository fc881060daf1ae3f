#include "tunnel/allow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SEPARATORS ", \t"
#define PART_MAX   (INET6_ADDRSTRLEN + 4) /* with its "/128" */

struct network {
	int family;
	unsigned bits;
	uint8_t address[16];
};

struct allow {
	size_t n;
	struct network network[];
};

static bool parse_bits(const char *text, unsigned most, unsigned *ret_bits)
{
	size_t n = strlen(text);
	unsigned long bits;

	if (n == 0 || n > 3 || strspn(text, "0123456789") != n)
		return false;
	bits = strtoul(text, NULL, 10);
	if (bits > most)
		return false;
	*ret_bits = (unsigned)bits;
	return true;
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* "::ffff:10.0.0.0/104" is the same as "10.0.0.0/8". */
static void unmap(struct network *n)
{
	if (n->family != AF_INET6 || n->bits < 96 ||
		memcmp(n->address, mapped, sizeof(mapped)) != 0)
		return;
	n->family = AF_INET;
	n->bits -= 96;
	memmove(n->address, n->address + 12, 4);
}

/* `text` is cut up. */
static bool parse_network(char *text, struct network *ret_network)
{
	char *slash = strchr(text, '/');
	struct network n = {.family = AF_INET, .bits = 32};

	if (slash != NULL)
		*slash = '\0';
	if (inet_pton(AF_INET, text, n.address) != 1) {
		n.family = AF_INET6;
		n.bits = 128;
		if (inet_pton(AF_INET6, text, n.address) != 1)
			return false;
	}
	if (slash != NULL && !parse_bits(slash + 1, n.bits, &n.bits))
		return false;
	unmap(&n);
	*ret_network = n;
	return true;
}

int allow_parse(
	const char *text, struct allow **ret_allow, struct trouble *trouble)
{
	struct allow *a =
		mem_zalloc(1, sizeof(*a) + ALLOW_MAX * sizeof(struct network));
	char part[PART_MAX + 1];
	int err = 0;

	for (const char *p = text + strspn(text, SEPARATORS);
		*p != '\0' && err == 0; p += strspn(p, SEPARATORS)) {
		size_t n = strcspn(p, SEPARATORS);

		if (a->n == ALLOW_MAX) {
			err = trouble_say(
				trouble, ERR_INVALID, "too many networks");
			break;
		}
		memcpy(part, p, n < PART_MAX ? n : PART_MAX);
		part[n < PART_MAX ? n : PART_MAX] = '\0';
		if (n > PART_MAX || !parse_network(part, &a->network[a->n++]))
			err = trouble_say(trouble, ERR_INVALID,
				"\"%.*s\": not an address or network",
				n < 80 ? (int)n : 80, p);
		p += n;
	}
	if (err == 0 && a->n == 0)
		err = trouble_say(trouble, ERR_INVALID, "it is empty");
	if (err != 0) {
		free(a);
		return err;
	}
	*ret_allow =
		mem_realloc(a, 1, sizeof(*a) + a->n * sizeof(struct network));
	return 0;
}

struct allow *allow_nobody(void)
{
	return mem_zalloc(1, sizeof(struct allow));
}

void allow_free(struct allow *a)
{
	free(a);
}

static bool contains(const struct network *n, const struct network *client)
{
	unsigned bytes = n->bits / 8, rest = n->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return n->family == client->family &&
	       memcmp(n->address, client->address, bytes) == 0 &&
	       (rest == 0 || ((n->address[bytes] ^ client->address[bytes]) &
				     mask) == 0);
}

static bool has(const struct allow *a, struct network *client)
{
	unmap(client);
	for (size_t i = 0; i < a->n; i++)
		if (contains(&a->network[i], client))
			return true;
	return false;
}

bool allow_has(const struct allow *a, const struct sockaddr_storage *client)
{
	const struct sockaddr_in6 *in6 = (const void *)client;
	const struct sockaddr_in *in = (const void *)client;
	struct network n = {.family = client->ss_family, .bits = 128};

	if (client->ss_family == AF_UNIX)
		return true;
	if (client->ss_family == AF_INET)
		memcpy(n.address, &in->sin_addr, 4);
	else if (client->ss_family == AF_INET6)
		memcpy(n.address, &in6->sin6_addr, 16);
	else
		return false;
	return has(a, &n);
}

bool allow_has_text(const struct allow *a, const char *address)
{
	char copy[PART_MAX + 1];
	size_t n = strlen(address);
	struct network client;

	if (n > PART_MAX || strchr(address, '/') != NULL)
		return false;
	memcpy(copy, address, n + 1);
	return parse_network(copy, &client) && has(a, &client);
}
