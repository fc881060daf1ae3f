/*
 * The seed's troubleshooting as live checks: a list of findings in words, what
 * is well in one line each, what is not with what to do. Control thread.
 */
#ifndef TAUPE_API_DOCTOR_H
#define TAUPE_API_DOCTOR_H

#include "api/request.h"

enum doctor_state { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILED };

struct doctor {
	const struct api_config *config;
	struct control *control;
	enum lang lang;
	json_t *list; /* owned by whoever made the doctor */
};

/* What a finding is about: 0 for none. */
struct doctor_about {
	uint32_t server, forward;
};

/* Adds a finding. `key` is its sentence, `offer` what to do, or NULL; both with
 * the arguments. `check` is a stable word. */
void doctor_add(struct doctor *d, const char *check, enum doctor_state state,
	struct doctor_about about, const char *key, const char *offer,
	const struct catalog_arg *args, size_t n_args);
/* The same from a trouble, under the name of what it is about. */
void doctor_trouble(struct doctor *d, const char *check,
	enum doctor_state state, struct doctor_about about, const char *name,
	const struct trouble *t);

/* Secrets, disk, clock, open files. */
void doctor_machine_check(struct doctor *d);
/* Ports, servers, keep-alive, host keys, key files. */
void doctor_tunnels_check(struct doctor *d);

/* The handler: the checks above, and each connected forward's destination by a
 * staged test, within ten seconds. */
void doctor_answer(struct request *r);

#endif
