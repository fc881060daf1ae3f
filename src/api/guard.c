#include "api/guard.h"

#include <openssl/crypto.h>
#include <string.h>

#include "api/api_private.h"
#include "api/origin.h"

int guard_origin(const struct request *r, struct trouble *trouble)
{
	if (r->source->local) {
		if (r->source->trusted)
			return 0;
		return trouble_say(trouble, ERR_FORBIDDEN,
			"the socket belongs to another user");
	}
	if (origin_allows_host(
		    &r->api->origin, request_header(r, MHD_HTTP_HEADER_HOST)))
		return 0;
	return trouble_say(trouble, ERR_FORBIDDEN,
		"the Host header is not an address of taupe");
}

/* A browser sends the cookie by itself, also when another page asks it to, and
 * to other ports: what came that way has not the mark (access.h). */
static int check_page(const struct request *r, struct trouble *trouble)
{
	const char *mark = request_header(r, "X-Taupe");

	if (!request_is_read(r) &&
		!origin_allows(&r->api->origin, request_header(r, "Origin"),
			request_header(r, MHD_HTTP_HEADER_HOST)))
		return trouble_say(trouble, ERR_FORBIDDEN,
			"the request comes from another page");
	if (mark == NULL)
		return trouble_say(trouble, ERR_FORBIDDEN,
			"the header X-Taupe is missing");
	if (strlen(mark) != ACCESS_MARK - 1 ||
		CRYPTO_memcmp(mark, r->grant.mark, ACCESS_MARK - 1) != 0)
		return trouble_say(trouble, ERR_UNAUTHORIZED,
			"the page has to log in again");
	return 0;
}

/* Logging in: no cookie yet, but no other page may do it for this one. */
static int check_public(const struct request *r, struct trouble *trouble)
{
	const char *origin = request_header(r, "Origin");

	if (r->source->local || request_is_read(r) || origin == NULL ||
		origin_allows(&r->api->origin, origin,
			request_header(r, MHD_HTTP_HEADER_HOST)))
		return 0;
	return trouble_say(
		trouble, ERR_FORBIDDEN, "the request comes from another page");
}

static struct access_grant find_grant(const struct request *r)
{
	if (r->source->local)
		return (struct access_grant){.by = ACCESS_LOCAL, .write = true};
	return access_find(r->api->access,
		request_header(r, MHD_HTTP_HEADER_AUTHORIZATION),
		request_header(r, MHD_HTTP_HEADER_COOKIE));
}

int guard_route(
	struct request *r, const struct route *route, struct trouble *trouble)
{
	int err;

	if ((route->flags & ROUTE_LOCAL_ONLY) != 0 && !r->source->local)
		return trouble_say(
			trouble, ERR_FORBIDDEN, "only over the Unix socket");
	if (route->scope == ROUTE_PUBLIC)
		return check_public(r, trouble);
	r->grant = find_grant(r);
	if (r->grant.by == ACCESS_NOBODY)
		return trouble_say(trouble, ERR_UNAUTHORIZED,
			"neither a session of the page nor a token");
	if (r->grant.by == ACCESS_SESSION) {
		err = check_page(r, trouble);
		if (err != 0)
			return err;
	}
	if (route->scope != ROUTE_READ && !r->grant.write)
		return trouble_say(
			trouble, ERR_FORBIDDEN, "this token may only read");
	if (route->scope == ROUTE_OWNER && !request_is_owner(r))
		return trouble_say(
			trouble, ERR_FORBIDDEN, "that is not for tokens");
	return 0;
}
