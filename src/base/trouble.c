#include "base/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"

void trouble_set(struct trouble *t, int code)
{
	t->code = (enum err)(code < 0 ? -code : code);
	t->n_args = 0;
}

static char *slot(struct trouble *t, const char *name)
{
	for (unsigned i = 0; i < t->n_args; i++)
		if (strcmp(t->arg[i].name, name) == 0)
			return t->arg[i].value;
	if (t->n_args == TROUBLE_ARGS)
		return NULL;
	t->arg[t->n_args].name = name;
	return t->arg[t->n_args++].value;
}

__attribute__((format(printf, 3, 0))) static void vset(
	struct trouble *t, const char *name, const char *fmt, va_list ap)
{
	char *value = slot(t, name), text[TROUBLE_VALUE * 4];

	if (value == NULL)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	clean_line(value, TROUBLE_VALUE, text, strlen(text));
}

void trouble_arg(struct trouble *t, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vset(t, name, fmt, ap);
	va_end(ap);
}

int trouble_say(struct trouble *t, int code, const char *fmt, ...)
{
	va_list ap;

	if (t != NULL) {
		trouble_set(t, code);
		va_start(ap, fmt);
		vset(t, "detail", fmt, ap);
		va_end(ap);
	}
	return code < 0 ? code : -code;
}

const char *trouble_get(const struct trouble *t, const char *name)
{
	for (unsigned i = 0; i < t->n_args; i++)
		if (strcmp(t->arg[i].name, name) == 0)
			return t->arg[i].value;
	return NULL;
}

size_t trouble_format_in(const struct trouble *t, enum lang lang,
	const char *key, char *ret_text, size_t size)
{
	char value[TROUBLE_ARGS][TROUBLE_VALUE * 2];
	struct catalog_arg args[TROUBLE_ARGS];

	for (unsigned i = 0; i < t->n_args; i++) {
		catalog_words(
			lang, t->arg[i].value, value[i], sizeof(value[i]));
		args[i].name = t->arg[i].name;
		args[i].value = value[i];
	}
	return catalog_format(lang, key, args, t->n_args, ret_text, size);
}

void trouble_key(const char *prefix, const char *name, const char *step,
	char ret_key[TROUBLE_KEY])
{
	snprintf(ret_key, TROUBLE_KEY, "%s.%s.%s", prefix, name,
		step != NULL ? step : "");
	if (catalog_find(LANG_EN, ret_key) == NULL)
		snprintf(ret_key, TROUBLE_KEY, "%s.%s", prefix, name);
}

static size_t format(const struct trouble *t, enum lang lang,
	const char *prefix, char *ret_text, size_t size)
{
	char key[TROUBLE_KEY];

	trouble_key(
		prefix, err_name((int)t->code), trouble_get(t, "step"), key);
	if (catalog_find(lang, key) == NULL) {
		if (size != 0)
			*ret_text = '\0';
		return 0;
	}
	return trouble_format_in(t, lang, key, ret_text, size);
}

size_t trouble_text_in(
	const struct trouble *t, enum lang lang, char *ret_text, size_t size)
{
	return format(t, lang, "error", ret_text, size);
}

size_t trouble_offer_in(
	const struct trouble *t, enum lang lang, char *ret_text, size_t size)
{
	return format(t, lang, "offer", ret_text, size);
}

size_t trouble_format(
	const struct trouble *t, const char *key, char *ret_text, size_t size)
{
	return trouble_format_in(t, catalog_lang(), key, ret_text, size);
}

size_t trouble_text(const struct trouble *t, char *ret_text, size_t size)
{
	return trouble_text_in(t, catalog_lang(), ret_text, size);
}

size_t trouble_offer(const struct trouble *t, char *ret_text, size_t size)
{
	return trouble_offer_in(t, catalog_lang(), ret_text, size);
}
