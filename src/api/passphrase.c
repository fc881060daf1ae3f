#include "api/passphrase.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/request_private.h"
#include "base/mem.h"

#define SETTING "page_passphrase"

/* NULL: none is set. A store that can't be read locks the page: what comes out
 * then fits no passphrase. */
static char *stored(const struct control *c)
{
	char *hash = NULL;

	if (store_get_setting(control_store(c), SETTING, &hash, NULL) != 0)
		return mem_strdup("");
	return hash;
}

bool passphrase_is_set(const struct control *c)
{
	char *hash = stored(c);
	bool set = hash != NULL;

	free(hash);
	return set;
}

bool passphrase_fits(const struct control *c, const char *text)
{
	char *hash = stored(c);
	bool fits = hash == NULL;

	if (hash != NULL && text != NULL && strlen(text) <= PASSPHRASE_MAX &&
		sodium_init() >= 0)
		fits = crypto_pwhash_str_verify(hash, text, strlen(text)) == 0;
	free(hash);
	return fits;
}

static int make_hash(const char *text, char ret_hash[crypto_pwhash_STRBYTES],
	struct trouble *trouble)
{
	if (*text == '\0' || strlen(text) > PASSPHRASE_MAX)
		return trouble_say(trouble, ERR_INVALID,
			"a passphrase has 1 to 1024 bytes");
	if (sodium_init() < 0 ||
		crypto_pwhash_str(ret_hash, text, strlen(text),
			crypto_pwhash_OPSLIMIT_INTERACTIVE,
			crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return trouble_say(trouble, ERR_CRYPTO, "crypto_pwhash_str");
	return 0;
}

int passphrase_set(struct request *r, const char *text, struct trouble *trouble)
{
	char hash[crypto_pwhash_STRBYTES];
	int err = text != NULL ? make_hash(text, hash, trouble) : 0;

	if (err == 0)
		err = control_set_setting(request_control(r), SETTING,
			text != NULL ? hash : NULL, trouble);
	if (err == 0)
		err = access_remove_sessions(request_api(r)->access,
			r->grant.by == ACCESS_SESSION ? r->grant.id : 0,
			trouble);
	return err;
}
