/*
 * RFC 9457 problem+json on its way to a person: one sentence with what to do
 * next, and an exit code. Pure but for problem_complain.
 */
#ifndef TAUPE_CLI_PROBLEM_H
#define TAUPE_CLI_PROBLEM_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/exit_code.h"

/* json_decref releases. */
json_t *problem_new(enum err code, const char *detail, const char *offer);
/* From an answer; one that is no problem+json becomes one that tells its
 * status. */
json_t *problem_read(const char *text, size_t n, long status);

/* ERR_INTERNAL when it names a code that this program does not know. Never
 * ERR_OK. Also takes a forward's `error`. */
enum err problem_code(const json_t *problem);
enum exit_code problem_exit(const json_t *problem);
/* Sentence and offer, or where fields are wrong a line for each. Also takes a
 * forward's `error`. */
void problem_text(const json_t *problem, struct buf *out);
/* On stderr. Fields that are options of this command (which may be NULL) go by
 * the options' names. */
void problem_complain(const json_t *problem, const struct args_option *options);

#endif
