#include "ssh/known_hosts_line.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/base64.h"
#include "base/match.h"

/* HMAC-SHA1 over the name, keyed by the salt: SHA-1 here only hides names. */
#define HASH_BYTES 20
#define HASH_MAGIC "|1|"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct slice *s)
{
	while (s->len > 0 && is_blank(s->p[0])) {
		s->p++;
		s->len--;
	}
}

struct slice known_hosts_line_word(struct slice *s)
{
	struct slice word = {s->p, 0};

	while (s->len > 0 && !is_blank(s->p[0])) {
		s->p++;
		s->len--;
	}
	word.len = (size_t)(s->p - word.p);
	skip_blanks(s);
	return word;
}

bool known_hosts_line_next(struct slice *text, struct slice *ret_line)
{
	const uint8_t *nl;

	if (text->len == 0)
		return false;
	nl = memchr(text->p, '\n', text->len);
	*ret_line = *text;
	if (nl != NULL)
		ret_line->len = (size_t)(nl - text->p) + 1;
	text->p += ret_line->len;
	text->len -= ret_line->len;
	return true;
}

bool known_hosts_line_parse(
	struct slice line, struct known_hosts_line *ret_line)
{
	enum known_hosts_marker marker = KNOWN_HOSTS_PLAIN;
	struct slice hosts;

	if (line.len > KNOWN_HOSTS_LINE_MAX)
		return false;
	while (line.len > 0 && (is_blank(line.p[line.len - 1]) ||
				       line.p[line.len - 1] == '\n' ||
				       line.p[line.len - 1] == '\r'))
		line.len--;
	skip_blanks(&line);
	if (line.len == 0 || line.p[0] == '#')
		return false;
	hosts = known_hosts_line_word(&line);
	if (hosts.p[0] == '@') {
		if (slice_is(hosts, "@cert-authority"))
			marker = KNOWN_HOSTS_AUTHORITY;
		else if (slice_is(hosts, "@revoked"))
			marker = KNOWN_HOSTS_REVOKE;
		else
			return false;
		hosts = known_hosts_line_word(&line);
		if (hosts.len == 0 || hosts.p[0] == '@')
			return false;
	}
	if (line.len == 0)
		return false;
	*ret_line = (struct known_hosts_line){marker, hosts, line};
	return true;
}

static int hash_name(const uint8_t salt[HASH_BYTES], const char *name,
	uint8_t ret_hash[HASH_BYTES])
{
	size_t n;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, salt, HASH_BYTES,
		    (const unsigned char *)name, strlen(name), ret_hash,
		    HASH_BYTES, &n) == NULL ||
		n != HASH_BYTES)
		return -ERR_CRYPTO;
	return 0;
}

static bool is_hashed(struct slice hosts)
{
	return hosts.len > 0 && hosts.p[0] == '|';
}

/* `hosts` is |1|base64|base64. */
static bool hash_fits(struct slice hosts, const char *name)
{
	struct buf salt = BUF_INIT, hash = BUF_INIT;
	struct rd r = rd_slice(hosts);
	struct slice magic = rd_bytes(&r, strlen(HASH_MAGIC));
	const uint8_t *bar = memchr(r.p, '|', r.left);
	uint8_t wanted[HASH_BYTES];
	bool fits = false;

	if (!slice_is(magic, HASH_MAGIC) || bar == NULL)
		return false;
	if (base64_decode(&salt, rd_bytes(&r, (size_t)(bar - r.p))) != 0)
		goto out;
	(void)rd_u8(&r);
	if (base64_decode(&hash, (struct slice){r.p, r.left}) != 0)
		goto out;
	fits = buf_len(&salt) == HASH_BYTES && buf_len(&hash) == HASH_BYTES &&
	       hash_name(buf_ptr(&salt), name, wanted) == 0 &&
	       memcmp(buf_ptr(&hash), wanted, HASH_BYTES) == 0;
out:
	buf_done(&salt);
	buf_done(&hash);
	return fits;
}

bool known_hosts_line_names(
	const struct known_hosts_line *line, const char *name)
{
	struct slice text = slice_of(name);

	if (is_hashed(line->hosts))
		return hash_fits(line->hosts, name);
	return match_list(text, line->hosts) == MATCH_FOUND;
}

bool known_hosts_line_names_only(
	const struct known_hosts_line *line, const char *name)
{
	return (is_hashed(line->hosts) || match_is_literal(line->hosts)) &&
	       known_hosts_line_names(line, name);
}

int known_hosts_line_hash(struct buf *out, const char *name)
{
	uint8_t salt[HASH_BYTES], hash[HASH_BYTES];
	int err;

	if (RAND_bytes(salt, HASH_BYTES) != 1)
		return -ERR_CRYPTO;
	err = hash_name(salt, name, hash);
	if (err != 0)
		return err;
	buf_put(out, HASH_MAGIC, strlen(HASH_MAGIC));
	base64_encode(out, salt, HASH_BYTES);
	buf_put_u8(out, '|');
	base64_encode(out, hash, HASH_BYTES);
	return 0;
}
