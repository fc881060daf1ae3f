/*
 * The options of add and edit that say what a forward is.
 */
#ifndef TAUPE_CLI_FORWARD_OPTIONS_H
#define TAUPE_CLI_FORWARD_OPTIONS_H

#include "cli/args.h"
#include "cli/client.h"

/* To stand at the head of a table of struct args_option. */
#define FORWARD_OPTIONS                                                        \
	{"--server", 0, ARGS_TEXT, NULL}, {"--type", 0, ARGS_TEXT, "type"},    \
		{"--local", 0, ARGS_PLACE, "local"},                           \
		{"--remote", 0, ARGS_PLACE, "remote"},                         \
		{"--tag", 0, ARGS_LIST, "tags"},                               \
		{"--autostart", 0, ARGS_FLAG, "autostart"},                    \
		{"--no-autostart", 0, ARGS_NOT, "autostart"},                  \
		{"--lazy", 0, ARGS_FLAG, "lazy"},                              \
		{"--no-lazy", 0, ARGS_NOT, "lazy"},                            \
		{"--idle-disconnect", 0, ARGS_SECONDS, "idle_disconnect_s"},   \
		{"--auto-off", 0, ARGS_SECONDS, "auto_off_s"},                 \
		{"--allow", 0, ARGS_TEXT, "allow"},                            \
		{"--limit-in", 0, ARGS_BYTES, "limit_in_bytes_s"},             \
		{"--limit-out", 0, ARGS_BYTES, "limit_out_bytes_s"},           \
		{"--socks-user", 0, ARGS_TEXT, "socks_user"},                  \
		{"--socks-password-stdin", 0, ARGS_FLAG, NULL},                \
		{"--position", 0, ARGS_NUMBER, "position"},                    \
	{                                                                      \
		"--note", 0, ARGS_TEXT, "note"                                 \
	}

/* Sends `body`, taken over, with the proxy's password that
 * --socks-password-stdin reads. 0 or the exit code, said. */
int forward_options_send(struct client *c, const struct args *a,
	const char *method, const char *path, json_t *body,
	json_t **ret_forward) WARN_UNUSED;

#endif
