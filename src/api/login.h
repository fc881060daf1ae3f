/*
 * How a browser gets in: a code that `taupe open` puts into the page's address,
 * good once and for a minute, and the page's passphrase where one is set. Codes
 * are in memory only. Failures are counted, and past LOGIN_FAILURES a minute
 * nobody is heard who would fail again: guesses of others, who may come from
 * any user of this machine, do not keep out who has a good code.
 *
 * `now_ms` is clock_mono_ms. Control thread.
 */
#ifndef TAUPE_API_LOGIN_H
#define TAUPE_API_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define LOGIN_CODE       33 /* with its NUL */
#define LOGIN_CODES      16 /* at once; the oldest gives way */
#define LOGIN_CODE_MS    60000
#define LOGIN_FAILURES   10
#define LOGIN_FAILURE_MS 60000

enum login_what {
	LOGIN_BY_CODE,
	LOGIN_BY_PASSPHRASE, /* of who has a code, or a session */
	LOGIN_WHATS
};

struct login {
	struct {
		char text[LOGIN_CODE];
		uint64_t until_ms; /* 0: free */
	} code[LOGIN_CODES];
	/* the last ones; 0: none */
	uint64_t failed_ms[LOGIN_WHATS][LOGIN_FAILURES];
};

/* All zero is a valid start. */
void login_make(struct login *l, uint64_t now_ms, char ret_code[LOGIN_CODE]);
/* Whether `code` is good; it stays so until login_use. */
bool login_knows(const struct login *l, uint64_t now_ms, const char *code);
void login_use(struct login *l, const char *code);

void login_failed(struct login *l, enum login_what what, uint64_t now_ms);
/* Milliseconds until somebody is heard again; 0: now. */
uint64_t login_pause(
	const struct login *l, enum login_what what, uint64_t now_ms);

#endif
