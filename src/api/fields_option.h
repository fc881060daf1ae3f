/*
 * Kinds of field that are an option of ssh_config: `row->option` is its name
 * there, the place a list of "Name=value". What the engine would not take is
 * refused here. null: the option's default, and nothing is stored.
 *
 * Pure. Any thread.
 */
#ifndef TAUPE_API_FIELDS_OPTION_H
#define TAUPE_API_FIELDS_OPTION_H

#include "api/fields.h"

fields_read_fn fields_option_line, /* a text, as it is: a command */
	fields_option_word,        /* a text that is one word */
	fields_option_flag, fields_option_number,
	fields_option_choice, /* one of row->words */
	fields_option_each,   /* a list: one option an item */
	fields_option_words;  /* a list: one option with all of them */

/* Whether the engine takes "Name=value". -ERR_INVALID. */
int fields_option_try(const char *option, struct trouble *trouble) WARN_UNUSED;
/* A list of texts that are lines and not empty; the caller frees it even on
 * failure. */
int fields_option_texts(const json_t *value, struct string_list *ret_texts,
	struct trouble *trouble) WARN_UNUSED;

#endif
