/*
 * /api/v1/settings, see docs/api.md.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/fields.h"
#include "api/member.h"
#include "api/passphrase.h"
#include "api/refuse.h"
#include "api/request.h"
#include "base/clock.h"
#include "daemon/vault.h"

#define BASE "/api/v1/settings"

static void get(struct request *r)
{
	request_reply_json(r, 200, json_settings(request_api(r)));
}

/* ---- what can be changed as it is ---- */

static const char *const languages[] = {"en", "fr", NULL};
static const char *const themes[] = {"system", "light", "dark", NULL};
static const char *const levels[] = {
	"error", "warn", "info", "debug", "trace", NULL};

static const struct setting {
	const char *name;
	const char *const *words;
} settings[] = {
	{"language", languages},
	{"theme", themes},
	{"log_level", levels},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const struct setting *setting_of(const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

static void check(
	const char *name, const json_t *value, struct control_fields *fields)
{
	const struct setting *setting = setting_of(name);
	struct trouble trouble;
	const char *text;

	if (setting == NULL) {
		fields_wrong(fields, name, "there is no such field");
		return;
	}
	if (json_is_null(value))
		return;
	text = fields_string(value, &trouble);
	if (text == NULL) {
		control_fields_add(fields, name, &trouble);
		return;
	}
	for (const char *const *w = setting->words; *w != NULL; w++)
		if (strcmp(*w, text) == 0)
			return;
	fields_wrong(fields, name, "it is none of the words that it takes");
}

static void change(struct request *r)
{
	struct control_fields fields = {0};
	struct trouble trouble;
	const char *name;
	json_t *value;

	if (!refuse_without_object(r))
		return;
	json_object_foreach (request_body(r), name, value)
		check(name, value, &fields);
	if (fields.n != 0) {
		refuse_fields(r, &fields);
		return;
	}
	json_object_foreach (request_body(r), name, value)
		if (control_set_setting(request_control(r), name,
			    json_string_value(value), &trouble) != 0) {
			request_reply_trouble(r, &trouble, NULL);
			return;
		}
	get(r);
}

/* ---- passphrases ---- */

/* A text of the body that is a secret; *ret_secret stays unset for null and for
 * none. It is wiped where it lies. */
static void read_secret(const json_t *body, const char *name,
	struct secret *ret_secret, struct control_fields *fields)
{
	const json_t *value = json_object_get(body, name);
	struct trouble trouble;
	const char *text;

	if (value == NULL || json_is_null(value))
		return;
	text = fields_string(value, &trouble);
	if (text == NULL) {
		control_fields_add(fields, name, &trouble);
		return;
	}
	secret_set(ret_secret, text, strlen(text));
	secret_wipe((char *)text, strlen(text));
}

static void only(const json_t *body, const char *one, const char *other,
	struct control_fields *fields)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)body, name, value)
		if (strcmp(name, one) != 0 && strcmp(name, other) != 0)
			fields_wrong(fields, name, "there is no such field");
}

static int set_page_passphrase(struct request *r, const struct secret *wanted,
	const struct secret *current, struct control_fields *fields,
	struct trouble *trouble)
{
	const struct control *c = request_control(r);
	struct login *l = &request_api(r)->login;
	uint64_t now = clock_mono_ms();
	int err;

	if (login_pause(l, LOGIN_BY_PASSPHRASE, now) != 0)
		return trouble_say(
			trouble, ERR_LIMIT, "too many failed logins");
	if (passphrase_is_set(c) && !passphrase_fits(c, current->p)) {
		login_failed(l, LOGIN_BY_PASSPHRASE, now);
		trouble_say(trouble, ERR_FORBIDDEN,
			"the passphrase is not the present one");
		control_fields_add(fields, "current", trouble);
		return -ERR_FORBIDDEN;
	}
	err = passphrase_set(r, wanted->p, trouble);
	if (err == -ERR_INVALID)
		control_fields_add(fields, "passphrase", trouble);
	return err;
}

static void page_passphrase(struct request *r)
{
	struct secret wanted = SECRET_INIT, current = SECRET_INIT;
	struct control_fields fields = {0};
	struct trouble trouble;

	if (!refuse_without_object(r))
		return;
	only(request_body(r), "passphrase", "current", &fields);
	if (json_object_get(request_body(r), "passphrase") == NULL)
		fields_wrong(&fields, "passphrase", "it is missing");
	read_secret(request_body(r), "passphrase", &wanted, &fields);
	read_secret(request_body(r), "current", &current, &fields);
	if (fields.n != 0)
		refuse_fields(r, &fields);
	else if (set_page_passphrase(r, &wanted, &current, &fields, &trouble) !=
		 0)
		request_reply_trouble(r, &trouble, &fields);
	else
		request_reply_empty(r, 204);
	secret_done(&wanted);
	secret_done(&current);
}

static void told(struct request *r, int err, struct trouble *trouble)
{
	if (err != 0)
		request_reply_trouble(r, trouble, NULL);
	else
		request_reply_empty(r, 204);
}

/* What waits for a secret goes on. */
static int open_vault(struct request *r, const struct secret *passphrase,
	struct trouble *trouble)
{
	struct control *c = request_control(r);
	int err = vault_unlock(control_vault(c),
		secret_is_set(passphrase) ? passphrase : NULL, trouble);

	if (err == 0)
		control_vault_opened(c);
	return err;
}

static void unlock(struct request *r)
{
	struct vault *vault = control_vault(request_control(r));
	struct secret passphrase = SECRET_INIT;
	struct control_fields fields = {0};
	struct trouble trouble;

	if (!refuse_without_object(r))
		return;
	only(request_body(r), "passphrase", "passphrase", &fields);
	read_secret(request_body(r), "passphrase", &passphrase, &fields);
	if (vault_how(vault) == VAULT_PASSPHRASE && !secret_is_set(&passphrase))
		fields_wrong(&fields, "passphrase", "it is missing");
	if (fields.n != 0)
		refuse_fields(r, &fields);
	else
		told(r, open_vault(r, &passphrase, &trouble), &trouble);
	secret_done(&passphrase);
}

static enum vault_how read_how(const json_t *value)
{
	const char *text = json_string_value(value);
	int how = 0;

	while (how < VAULT_HOW_COUNT &&
		(text == NULL ||
			strcmp(text, vault_how_name((enum vault_how)how)) != 0))
		how++;
	return (enum vault_how)how;
}

static int change_vault(struct request *r, enum vault_how how,
	const struct secret *passphrase, struct trouble *trouble)
{
	struct control *c = request_control(r);
	int err = vault_change(control_vault(c), how,
		how == VAULT_PASSPHRASE ? passphrase : NULL, trouble);

	if (err == 0)
		control_vault_opened(c);
	return err;
}

static void secrets(struct request *r)
{
	struct secret passphrase = SECRET_INIT;
	struct control_fields fields = {0};
	struct trouble trouble;
	enum vault_how how;

	if (!refuse_without_object(r))
		return;
	only(request_body(r), "how", "passphrase", &fields);
	how = read_how(json_object_get(request_body(r), "how"));
	if (how == VAULT_HOW_COUNT)
		fields_wrong(&fields, "how",
			"it is none of the words that it takes");
	read_secret(request_body(r), "passphrase", &passphrase, &fields);
	if (how == VAULT_PASSPHRASE && passphrase.len == 0)
		fields_wrong(&fields, "passphrase", "it is missing");
	if (fields.n != 0)
		refuse_fields(r, &fields);
	else
		told(r, change_vault(r, how, &passphrase, &trouble), &trouble);
	secret_done(&passphrase);
}

static void reset_secrets(struct request *r)
{
	struct trouble trouble;

	told(r, control_reset_secrets(request_control(r), &trouble), &trouble);
}

const struct route routes_settings[] = {
	{"GET", BASE, ROUTE_READ, 0, get},
	{"PATCH", BASE, ROUTE_WRITE, 0, change},
	{"PUT", BASE "/page-passphrase", ROUTE_OWNER, 0, page_passphrase},
	{"POST", BASE "/unlock", ROUTE_OWNER, 0, unlock},
	{"PUT", BASE "/secrets", ROUTE_OWNER, 0, secrets},
	{"DELETE", BASE "/secrets", ROUTE_OWNER, 0, reset_secrets},
	{0},
};
