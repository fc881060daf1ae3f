/*
 * The part of TOML (toml.io, v1.0) that tunnel tools write: tables, arrays of
 * tables, and keys with strings, numbers, booleans and arrays of strings.
 * Dates, inline tables and multi-line strings are told as not understood. Pure.
 */
#ifndef TAUPE_IMPORT_TOML_LINES_H
#define TAUPE_IMPORT_TOML_LINES_H

#include <stdbool.h>

#include "tunnel/options.h"

struct toml_value {
	/* A string's, number's or boolean's text; the items of an array */
	struct string_list texts;
	bool is_array;
};

struct toml_ops {
	/* [name] or, `is_item`, [[name]] */
	void (*table)(void *arg, unsigned line, const char *name, bool is_item);
	/* The value lives as long as the call. */
	void (*key)(void *arg, unsigned line, const char *name,
		const struct toml_value *value);
	void (*wrong)(void *arg, unsigned line, const char *text);
};

/* `text` is written to. */
void toml_lines_read(char *text, const struct toml_ops *ops, void *arg);

#endif
