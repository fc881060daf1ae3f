#include <stdlib.h>

#include "api/member.h"
#include "api/passphrase.h"
#include "api/request.h"
#include "base/log.h"
#include "daemon/vault.h"

/* malloc'ed, or NULL: not set, or not readable. */
static char *stored(const struct control *c, const char *name)
{
	char *value = NULL;

	if (store_get_setting(control_store(c), name, &value, NULL) != 0)
		return NULL;
	return value;
}

json_t *json_settings(const struct api *a)
{
	const struct control *c = api_config(a)->control;
	const struct vault *vault = control_vault(c);
	const char *listen = api_listen(a);
	char *language = stored(c, "language"), *theme = stored(c, "theme");
	json_t *o = member_object();

	member_text(o, "language", language);
	member_text(o, "theme", theme != NULL ? theme : "system");
	member_text(o, "log_level", log_level_name(log_get_level()));
	member_text(o, "secrets", vault_how_name(vault_how(vault)));
	member_flag(o, "secrets_locked", vault_is_locked(vault));
	member_text(o, "listen", *listen != '\0' ? listen : NULL);
	member_flag(o, "page_passphrase_set", passphrase_is_set(c));
	member_number(o, "events_kept", STORE_EVENTS_MAX);
	free(language);
	free(theme);
	return o;
}
