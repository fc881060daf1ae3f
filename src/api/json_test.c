#include <stdio.h>

#include "api/member.h"
#include "api/request.h"

static json_t *stage_json(
	const struct control_test *t, unsigned stage, enum lang lang)
{
	const char *detail = t->stage[stage].detail;
	json_t *o = member_object();

	member_text(o, "stage", stage_name((enum stage)stage));
	member_text(o, "state", control_step_name(t->stage[stage].step));
	member_number(o, "ms", t->stage[stage].ms);
	member_text(o, "detail", *detail != '\0' ? detail : NULL);
	member_set(o, "error", json_trouble(&t->stage[stage].trouble, 0, lang));
	return o;
}

json_t *json_test(
	const struct control *c, const struct control_test *t, enum lang lang)
{
	json_t *o = member_object(), *stages = member_array();
	char id[16];

	snprintf(id, sizeof(id), "t%u", t->id);
	member_text(o, "id", id);
	member_id(o, "server_id", t->server);
	member_id(o, "forward_id", t->forward);
	member_flag(o, "done", t->done);
	if (t->done)
		member_flag(o, "ok", t->ok);
	else
		member_null(o, "ok");
	for (unsigned i = 0; i < t->n_stages && i < STAGE_COUNT; i++)
		member_append(stages, stage_json(t, i, lang));
	member_set(o, "stages", stages);
	return o;
}
