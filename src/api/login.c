#include "api/login.h"

#include <openssl/crypto.h>
#include <string.h>

#include "api/access.h"
#include "base/secret.h"

void login_make(struct login *l, uint64_t now_ms, char ret_code[LOGIN_CODE])
{
	unsigned at = 0;

	for (unsigned i = 1; i < LOGIN_CODES; i++)
		if (l->code[i].until_ms < l->code[at].until_ms)
			at = i;
	access_random(l->code[at].text, (LOGIN_CODE - 1) / 2);
	l->code[at].until_ms = now_ms + LOGIN_CODE_MS;
	memcpy(ret_code, l->code[at].text, LOGIN_CODE);
}

static bool is(const char *code, const char *given)
{
	return strlen(given) == LOGIN_CODE - 1 &&
	       CRYPTO_memcmp(code, given, LOGIN_CODE - 1) == 0;
}

bool login_knows(const struct login *l, uint64_t now_ms, const char *code)
{
	bool known = false;

	for (unsigned i = 0; i < LOGIN_CODES; i++)
		known |= l->code[i].until_ms > now_ms &&
			 is(l->code[i].text, code);
	return known;
}

void login_use(struct login *l, const char *code)
{
	for (unsigned i = 0; i < LOGIN_CODES; i++)
		if (is(l->code[i].text, code)) {
			secret_wipe(l->code[i].text, LOGIN_CODE);
			l->code[i].until_ms = 0;
		}
}

static unsigned oldest(const uint64_t *failed_ms)
{
	unsigned at = 0;

	for (unsigned i = 1; i < LOGIN_FAILURES; i++)
		if (failed_ms[i] < failed_ms[at])
			at = i;
	return at;
}

void login_failed(struct login *l, enum login_what what, uint64_t now_ms)
{
	uint64_t *failed_ms = l->failed_ms[what];

	failed_ms[oldest(failed_ms)] = now_ms;
}

uint64_t login_pause(
	const struct login *l, enum login_what what, uint64_t now_ms)
{
	const uint64_t *failed_ms = l->failed_ms[what];
	uint64_t first = failed_ms[oldest(failed_ms)];

	if (first == 0 || now_ms >= first + LOGIN_FAILURE_MS)
		return 0;
	return first + LOGIN_FAILURE_MS - now_ms;
}
