#include "tunnel/socks.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/secret.h"
#include "tunnel/socks_internal.h"

const char *socks_protocol_name(enum socks_protocol p)
{
	static const char *const names[] = {
		[SOCKS_NONE] = "none",
		[SOCKS_V4] = "socks4",
		[SOCKS_V4A] = "socks4a",
		[SOCKS_V5] = "socks5",
		[SOCKS_HTTP] = "http",
	};

	return names[p];
}

bool socks_set_host(struct socks *s, const uint8_t *p, size_t n)
{
	if (n == 0 || n > SOCKS_HOST_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] == 0x7f)
			return false;
	memcpy(s->host, p, n);
	s->host[n] = '\0';
	return true;
}

void socks_set_address(struct socks *s, const uint8_t *p, size_t n)
{
	inet_ntop(n == 4 ? AF_INET : AF_INET6, p, s->host, sizeof(s->host));
}

bool socks_same(const uint8_t *p, size_t n, const char *expected)
{
	uint8_t a[SHA256_DIGEST_LENGTH], b[SHA256_DIGEST_LENGTH];

	if (SHA256(p, n, a) == NULL ||
		SHA256((const uint8_t *)expected, strlen(expected), b) == NULL)
		return false;
	return CRYPTO_memcmp(a, b, sizeof(a)) == 0;
}

void socks_forget(struct buf *in, size_t n)
{
	secret_wipe(buf_ptr(in), n);
	buf_consume(in, n);
}

enum socks_result socks_input(struct socks *s, struct buf *in, struct buf *out,
	const char *user, const char *password)
{
	const struct socks_login login = {
		.user = user,
		.password = password != NULL ? password : "",
	};

	s->with_password = user != NULL;
	if (buf_len(in) == 0)
		return SOCKS_MORE;
	if (s->protocol == SOCKS_NONE) {
		uint8_t first = *buf_ptr(in);

		if (first == 4)
			s->protocol = SOCKS_V4;
		else if (first == 5)
			s->protocol = SOCKS_V5;
		else if (isalpha(first))
			s->protocol = SOCKS_HTTP;
		else
			return SOCKS_END;
	}
	if (s->protocol == SOCKS_V5)
		return socks5_input(s, in, out, &login);
	if (s->protocol == SOCKS_HTTP)
		return http_connect_input(s, in, out, &login);
	return socks4_input(s, in, out, &login);
}

void socks_reply(const struct socks *s, int err, struct buf *out)
{
	if (err < 0)
		err = -err;
	if (s->protocol == SOCKS_V5)
		socks5_reply(err, out);
	else if (s->protocol == SOCKS_HTTP)
		http_connect_reply(s, err, out);
	else
		socks4_reply(err, out);
}
