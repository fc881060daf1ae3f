#include "cli/ask_text.h"

#include <string.h>
#include <strings.h>

#include "base/catalog.h"
#include "cli/text.h"

static void put(struct buf *out, const char *text)
{
	text_put_clean(out, text, strlen(text));
}

static void put_line(struct buf *out, const char *text)
{
	size_t n = strlen(text);

	while (n != 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (n == 0)
		return;
	text_put_clean(out, text, n);
	buf_put(out, "\n", 1);
}

static void host_key_head(
	const struct prompt *p, const struct trouble *trouble, struct buf *out)
{
	const char *type = trouble_get(trouble, "type");
	const char *fingerprint = trouble_get(trouble, "fingerprint");
	char text[TEXT_MAX];

	put_line(out, text_format(text, sizeof(text), "prompt.host_key_head",
			      "host", p->about, NULL));
	if (fingerprint != NULL)
		put_line(out, text_format(text, sizeof(text),
				      "prompt.host_key_fingerprint", "type",
				      type != NULL ? type : "", "fingerprint",
				      fingerprint, NULL));
}

void ask_text_head(
	const struct prompt *p, const struct trouble *trouble, struct buf *out)
{
	static const char *const again[PROMPT_KIND_COUNT] = {
		[PROMPT_HOST_KEY] = NULL,
		[PROMPT_PASSPHRASE] = "prompt.retry_passphrase",
		[PROMPT_PASSWORD] = "prompt.retry_password",
		[PROMPT_NEW_PASSWORD] = "prompt.retry_new_password",
		[PROMPT_KEYBOARD] = "prompt.retry_keyboard",
	};
	char text[TEXT_MAX];

	if (p->retry && again[p->kind] != NULL)
		put_line(out, catalog_get(again[p->kind]));
	if (p->kind == PROMPT_HOST_KEY)
		host_key_head(p, trouble, out);
	if (p->kind == PROMPT_NEW_PASSWORD)
		put_line(out, text_format(text, sizeof(text),
				      "prompt.new_password_head", "about",
				      p->about, NULL));
	put_line(out, p->name);
	put_line(out, p->instruction);
}

/* The server's own words where it has some; ours for the questions that we ask
 * for ourselves. */
void ask_text_field(const struct prompt *p, unsigned i, struct buf *out)
{
	static const char *const ours[PROMPT_KIND_COUNT] = {
		[PROMPT_HOST_KEY] = "prompt.host_key",
		[PROMPT_PASSPHRASE] = "prompt.passphrase",
		[PROMPT_PASSWORD] = "prompt.password",
		[PROMPT_NEW_PASSWORD] = NULL,
		[PROMPT_KEYBOARD] = NULL,
	};
	const char *words = i < p->n_fields ? p->field[i].text : "";
	char text[TEXT_MAX];

	if (ours[p->kind] != NULL)
		words = text_format(text, sizeof(text), ours[p->kind], "about",
			p->about, NULL);
	else if (p->kind == PROMPT_NEW_PASSWORD)
		words = catalog_get(i == 0 ? "prompt.new_password"
					   : "prompt.new_password_again");
	put(out, words);
	if (*words == '\0' || words[strlen(words) - 1] != ' ')
		buf_put(out, " ", 1);
}

static bool said(const struct secret *answer, const char *key)
{
	return strcasecmp(answer->p, catalog_get(key)) == 0;
}

bool ask_text_accept(const struct prompt *p, const struct trouble *trouble,
	struct secret *answer)
{
	const char *fingerprint = trouble_get(trouble, "fingerprint");

	if (p->kind != PROMPT_HOST_KEY)
		return true;
	if (said(answer, "prompt.yes") || strcasecmp(answer->p, "yes") == 0)
		secret_set(answer, "yes", 3);
	else if (said(answer, "prompt.no") || strcasecmp(answer->p, "no") == 0)
		secret_set(answer, "no", 2);
	else
		return fingerprint != NULL
			       ? strcmp(answer->p, fingerprint) == 0
			       : strncmp(answer->p, "SHA256:", 7) == 0;
	return true;
}

const char *ask_text_again(void)
{
	return catalog_get("prompt.host_key_again");
}
