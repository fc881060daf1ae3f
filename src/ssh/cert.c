#include "ssh/cert.h"

#include <string.h>

#include "base/match.h"

#define PRINCIPALS_MAX 256

/* A run of SSH strings, `group` of them at a time. */
static bool is_string_list(struct slice list, unsigned group, unsigned max)
{
	struct rd r = rd_slice(list);
	unsigned n = 0;

	while (rd_ok(&r) && r.left != 0) {
		if (n++ == max)
			return false;
		for (unsigned i = 0; i < group; i++)
			(void)rd_string(&r);
	}
	return rd_ok(&r);
}

int cert_parse(struct rd *r, struct slice blob, struct cert *ret_cert)
{
	struct cert c = {0};
	struct slice extensions;
	uint32_t type;
	int err;

	c.info.serial = rd_u64(r);
	type = rd_u32(r);
	c.info.key_id = rd_string(r);
	c.info.principals = rd_string(r);
	c.info.valid_after = rd_u64(r);
	c.info.valid_before = rd_u64(r);
	c.info.critical_options = rd_string(r);
	extensions = rd_string(r);
	(void)rd_string(r); /* reserved */
	c.info.ca_blob = rd_string(r);
	if (!rd_ok(r) || (type != CERT_USER && type != CERT_HOST) ||
		!is_string_list(c.info.principals, 1, PRINCIPALS_MAX) ||
		!is_string_list(c.info.critical_options, 2, UINT32_MAX) ||
		!is_string_list(extensions, 2, UINT32_MAX))
		return -ERR_KEY_FORMAT;
	c.info.type = (enum cert_type)type;
	c.signed_bytes = (struct slice){blob.p, (size_t)(r->p - blob.p)};
	c.signature = rd_string(r);
	if (!rd_end(r))
		return -ERR_KEY_FORMAT;
	err = pubkey_parse_plain(c.info.ca_blob, &c.ca);
	if (err != 0)
		return err;
	*ret_cert = c;
	return 0;
}

void cert_done(struct cert *c)
{
	pubkey_free(c->ca);
	*c = (struct cert){0};
}

/* PROTOCOL.certkeys: no principal at all stands for any. */
static bool is_for_host(const struct cert *c, const char *host)
{
	struct slice text = slice_of(host);
	struct rd r = rd_slice(c->info.principals);

	if (r.left == 0)
		return true;
	while (r.left != 0)
		if (match_pattern(text, rd_string(&r)))
			return true;
	return false;
}

static bool signature_holds(const struct cert *c)
{
	struct rd r = rd_slice(c->signature);
	struct slice alg = rd_string(&r);

	/* SHA-1 falls here: pubkey_verify does not know ssh-rsa. */
	return rd_ok(&r) &&
	       pubkey_verify(c->ca, alg, c->signature, c->signed_bytes) == 0;
}

int cert_check_host(const struct cert *c, const char *host, uint64_t now,
	const char **ret_why)
{
	const char *why = NULL;

	if (c->info.type != CERT_HOST)
		why = "the certificate is not a host's";
	else if (now < c->info.valid_after)
		why = "the certificate is not yet valid";
	else if (now >= c->info.valid_before)
		why = "the certificate has expired";
	else if (!is_for_host(c, host))
		why = "the certificate is for other host names";
	else if (c->info.critical_options.len != 0)
		why = "the certificate has a critical option";
	else if (!signature_holds(c))
		why = "the certificate's signature is wrong or too weak";
	if (why == NULL)
		return 0;
	*ret_why = why;
	return -ERR_HOST_KEY_INVALID;
}
