#include "ssh/prompt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"

static const char *const kind_names[] = {
	[PROMPT_HOST_KEY] = "host_key",
	[PROMPT_PASSPHRASE] = "passphrase",
	[PROMPT_PASSWORD] = "password",
	[PROMPT_NEW_PASSWORD] = "new_password",
	[PROMPT_KEYBOARD] = "keyboard_interactive",
};
static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == PROMPT_KIND_COUNT,
	"one name a kind");

const char *prompt_kind_name(enum prompt_kind kind)
{
	return kind_names[kind];
}

struct prompt *prompt_new(enum prompt_kind kind, const char *about)
{
	struct prompt *p = mem_zalloc(1, sizeof(*p));

	p->kind = kind;
	p->about = mem_strdup(about);
	p->name = mem_strdup("");
	p->instruction = mem_strdup("");
	return p;
}

struct prompt *prompt_copy(const struct prompt *p)
{
	struct prompt *copy = mem_dup(p, sizeof(*p));

	copy->about = mem_strdup(p->about);
	copy->name = mem_strdup(p->name);
	copy->instruction = mem_strdup(p->instruction);
	for (unsigned i = 0; i < p->n_fields; i++)
		copy->field[i].text = mem_strdup(p->field[i].text);
	return copy;
}

void prompt_free(struct prompt *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n_fields; i++)
		free(p->field[i].text);
	free(p->instruction);
	free(p->name);
	free(p->about);
	free(p);
}

void prompt_set_name(struct prompt *p, struct slice text)
{
	free(p->name);
	p->name = clean_copy(text.p, text.len, PROMPT_TEXT_MAX);
}

void prompt_set_instruction(struct prompt *p, struct slice text)
{
	free(p->instruction);
	p->instruction = clean_copy(text.p, text.len, PROMPT_TEXT_MAX);
}

bool prompt_add(struct prompt *p, struct slice text, bool echo)
{
	if (p->n_fields == PROMPT_FIELDS_MAX)
		return false;
	p->field[p->n_fields].text =
		clean_copy(text.p, text.len, PROMPT_TEXT_MAX);
	p->field[p->n_fields].echo = echo;
	p->n_fields++;
	return true;
}
