/*
 * The words and options behind a command that speaks to the daemon.
 *
 * Options come anywhere, short ones can be joined, long ones take "--name
 * value" or "--name=value"; "--" ends them. An option may name the field of the
 * API's JSON that it fills, so that a command's body is made from its table.
 * Pure, apart from --lang, which takes effect at once so that the complaints
 * behind it are in that language.
 */
#ifndef TAUPE_CLI_ARGS_H
#define TAUPE_CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "cli/text.h"

enum args_kind {
	ARGS_FLAG,    /* takes no value; in JSON true */
	ARGS_NOT,     /* takes no value; in JSON false */
	ARGS_TEXT,    /* "" is null */
	ARGS_NUMBER,  /* 0 … 2^53 */
	ARGS_SECONDS, /* "90", "1h30m" */
	ARGS_BYTES,   /* "65536", "64K", "2M" */
	ARGS_LIST,    /* once or more; "" is the empty list */
	ARGS_PATHS,   /* a list of files: made absolute */
	ARGS_PATH,    /* made absolute: the daemon stands elsewhere */
	ARGS_PLACE,   /* HOST:PORT, or the path of a socket, made absolute */
};

struct args_option {
	const char *name; /* "--json"; NULL ends a table */
	char letter;      /* 'f', or 0 */
	enum args_kind kind;
	const char *field; /* of the API's JSON, or NULL */
};

struct args_given {
	const struct args_option *option;
	const char *value; /* in argv; NULL: it takes none */
};

struct args {
	bool help; /* --help: nothing else counts */
	int n_words;
	const char **words; /* in argv */
	int n_given;
	struct args_given *given;
};

/* What every such command takes. */
extern const struct args_option args_common[];

/* Where the common options (but --help) that stand from `at` on end: the index
 * of the first argument that is none of them, or argc. */
int args_leading(int argc, char *const *argv, int at);

/* argv[0] is skipped. `options` may be NULL. 0, or -ERR_INVALID with a whole
 * sentence. args_done either way. */
int args_parse(int argc, char **argv, const struct args_option *options,
	struct args *ret_args, char ret_error[TEXT_MAX]) WARN_UNUSED;
void args_done(struct args *a);

bool args_has(const struct args *a, const char *name);
/* The last one given, or NULL. */
const char *args_value(const struct args *a, const char *name);
bool args_json(const struct args *a);

/* Puts every given option that has a field into `body`. */
int args_fields(const struct args *a, json_t *body,
	char ret_error[TEXT_MAX]) WARN_UNUSED;

/* -ERR_INVALID: no such thing. */
int args_number(const char *text, uint64_t *ret) WARN_UNUSED;
int args_seconds(const char *text, uint64_t *ret) WARN_UNUSED;
int args_bytes(const char *text, uint64_t *ret) WARN_UNUSED;

#endif
