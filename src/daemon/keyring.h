/*
 * The child's part of daemon/vault_keyring.h: one question to the desktop's
 * keyring over libsecret, which is loaded when it is asked and need not be
 * installed. A process of its own: GLib stays where it was loaded.
 */
#ifndef TAUPE_DAEMON_KEYRING_H
#define TAUPE_DAEMON_KEYRING_H

enum keyring_status {
	KEYRING_DONE = 0,
	KEYRING_NOTHING = 10, /* no such item */
	KEYRING_LOCKED = 11,  /* it would have to ask a person */
	KEYRING_ABSENT = 12, /* no libsecret, no bus, no keyring; why: stdout */
};

/* `verb`: "get" (the text to stdout), "put" (the text from stdin), "remove".
 * `id` tells our items apart; `label` is what people see in the keyring. A
 * process calls it once, and ends by _exit(2) with what it gives. */
enum keyring_status keyring_serve(
	const char *verb, const char *id, const char *label);

#endif
