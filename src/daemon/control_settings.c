/*
 * Settings that people change: what there is, what each may be, and what it
 * does at once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/control_private.h"

#define WORDS_MAX 8

static const char *const level_words[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
	[LOG_TRACE] = "trace",
};
#define LEVELS (sizeof(level_words) / sizeof(level_words[0]))

static void set_level(const char *value)
{
	for (size_t i = 0; value != NULL && i < LEVELS; i++)
		if (strcmp(level_words[i], value) == 0)
			log_set_level((enum log_level)i);
}

static const struct setting {
	const char *name;
	const char *words[WORDS_MAX];
	void (*apply)(const char *value); /* or NULL */
} settings[] = {
	{"language", {"en", "fr"}, NULL},
	{"theme", {"system", "light", "dark"}, NULL},
	{"log_level", {"error", "warn", "info", "debug", "trace"}, set_level},
	/* without words: any text; what the api made of it */
	{"page_passphrase", {NULL}, NULL},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static bool is_word(const struct setting *s, const char *value)
{
	if (s->words[0] == NULL)
		return true;
	for (size_t i = 0; i < WORDS_MAX && s->words[i] != NULL; i++)
		if (strcmp(s->words[i], value) == 0)
			return true;
	return false;
}

int control_set_setting(struct control *c, const char *name, const char *value,
	struct trouble *trouble)
{
	const struct setting *s = NULL;
	int err;

	for (size_t i = 0; i < SETTINGS && s == NULL; i++)
		if (strcmp(settings[i].name, name) == 0)
			s = &settings[i];
	if (s == NULL)
		return trouble_say(
			trouble, ERR_INVALID, "there is no such setting");
	if (value != NULL && !is_word(s, value))
		return trouble_say(
			trouble, ERR_INVALID, "the setting has no such value");
	err = store_set_setting(c->store, name, value, trouble);
	if (err != 0)
		return err;
	if (s->apply != NULL)
		s->apply(value);
	control_tell_settings(c);
	return 0;
}

void control_settings_load(struct control *c)
{
	struct trouble t;
	char *value;

	for (size_t i = 0; i < SETTINGS; i++) {
		if (settings[i].apply == NULL)
			continue;
		if (store_get_setting(c->store, settings[i].name, &value, &t) !=
			0) {
			log_warn("setting %s: %s", settings[i].name,
				trouble_get(&t, "detail"));
			continue;
		}
		settings[i].apply(value);
		free(value);
	}
}
