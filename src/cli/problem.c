#include "cli/problem.h"

#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
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

/* ---- fields ---- */

/* "local_port" is a part of what --local gives. */
static bool is_part(const char *field, const char *whole)
{
	size_t n = strlen(whole);

	return strncmp(field, whole, n) == 0 &&
	       (field[n] == '\0' || strcmp(field + n, "_host") == 0 ||
		       strcmp(field + n, "_port") == 0 ||
		       strcmp(field + n, "_path") == 0);
}

/* What the person wrote that became the field. */
static const char *typed_as(
	const char *field, const struct args_option *options)
{
	for (; options != NULL && options->name != NULL; options++)
		if (options->field != NULL && is_part(field, options->field))
			return options->name;
	return field;
}

/* "--remote: it is missing." */
static void put_field(
	const json_t *field, const struct args_option *options, struct buf *out)
{
	const char *detail =
		field_text(json_object_get(field, "args"), "detail");
	char words[TEXT_MAX];

	if (problem_code(field) != ERR_INVALID || *detail == '\0') {
		buf_printf(out, "%s", field_text(field, "message"));
		return;
	}
	catalog_words(catalog_lang(), detail, words, sizeof(words));
	buf_printf(out, "%s%s%s.",
		typed_as(field_text(field, "field"), options),
		catalog_get("unit.colon"), words);
}

static bool ends_with(const struct buf *text, const struct buf *end)
{
	size_t n = buf_len(end);

	return buf_len(text) >= n &&
	       memcmp(buf_ptr(text) + buf_len(text) - n, buf_ptr(end), n) == 0;
}

/* A line each; what two of them say alike, once. */
static void put_fields(const json_t *fields, const struct args_option *options,
	struct buf *out)
{
	const json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		struct buf line = BUF_INIT;

		put_field(field, options, &line);
		if (!ends_with(out, &line))
			buf_printf(out, "%s%.*s", i == 0 ? "" : "\n  ",
				(int)buf_len(&line), (char *)buf_ptr(&line));
		buf_done(&line);
	}
}

static void put_problem(const json_t *problem,
	const struct args_option *options, struct buf *out)
{
	const char *said = field_text(problem, "detail");
	const json_t *fields = json_object_get(problem, "fields");

	if (json_array_size(fields) != 0) {
		put_fields(fields, options, out);
		return;
	}
	if (*said == '\0')
		said = field_text(problem, "message");
	if (*said == '\0')
		said = field_text(problem, "code");
	put_sentence(out, said);
	put_sentence(out, field_text(problem, "offer"));
}

void problem_text(const json_t *problem, struct buf *out)
{
	put_problem(problem, NULL, out);
}

void problem_complain(const json_t *problem, const struct args_option *options)
{
	struct buf text = BUF_INIT;

	put_problem(problem, options, &text);
	buf_put_u8(&text, 0);
	text_complain((const char *)buf_ptr(&text));
	buf_done(&text);
}
