#include "cli/problem.h"

#include <stdio.h>
#include <string.h>

#include "cli/field.h"
#include "cli/text.h"

json_t *problem_new(enum err code, const char *detail, const char *offer)
{
	return json_pack("{s:s, s:s, s:s}", "code", err_name((int)code),
		"detail", detail, "offer", offer);
}

json_t *problem_read(const char *text, size_t n, long status)
{
	json_t *problem = json_loadb(text, n, 0, NULL);
	char words[TEXT_MAX], number[16];

	if (*field_text(problem, "code") != '\0')
		return problem;
	json_decref(problem);
	snprintf(number, sizeof(number), "%ld", status);
	return problem_new(ERR_INTERNAL,
		text_format(words, sizeof(words), "cli.http_status", "status",
			number, NULL),
		"");
}

enum err problem_code(const json_t *problem)
{
	const char *name = field_text(problem, "code");

	for (int code = 1; code < ERR_COUNT; code++)
		if (strcmp(err_name(code), name) == 0)
			return (enum err)code;
	return ERR_INTERNAL;
}

enum exit_code problem_exit(const json_t *problem)
{
	return exit_code_of((int)problem_code(problem));
}

static void put_sentence(struct buf *out, const char *text)
{
	if (*text == '\0')
		return;
	if (buf_len(out) != 0)
		buf_put(out, " ", 1);
	buf_put(out, text, strlen(text));
}

void problem_text(const json_t *problem, struct buf *out)
{
	const char *said = field_text(problem, "detail");
	const json_t *fields = json_object_get(problem, "fields"), *field;
	size_t i;

	if (*said == '\0')
		said = field_text(problem, "message");
	if (*said == '\0')
		said = field_text(problem, "code");
	put_sentence(out, said);
	put_sentence(out, field_text(problem, "offer"));
	json_array_foreach(fields, i, field)
	{
		const char *message = field_text(field, "message");

		if (strcmp(message, said) != 0)
			buf_printf(out, "\n  %s: %s",
				field_text(field, "field"), message);
	}
}

void problem_complain(const json_t *problem)
{
	struct buf text = BUF_INIT;

	problem_text(problem, &text);
	buf_put_u8(&text, 0);
	text_complain((const char *)buf_ptr(&text));
	buf_done(&text);
}
