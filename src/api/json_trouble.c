#include <string.h>

#include "api/member.h"
#include "api/request.h"
#include "base/trouble.h"

#define SENTENCE_MAX 2048

json_t *json_trouble(const struct trouble *t, uint64_t at_ms, enum lang lang)
{
	char text[SENTENCE_MAX];
	json_t *object, *args;

	if (t->code == ERR_OK)
		return json_null();
	object = member_object();
	member_text(object, "code", err_name((int)t->code));
	trouble_text_in(t, lang, text, sizeof(text));
	member_text(object, "message", text);
	trouble_offer_in(t, lang, text, sizeof(text));
	member_text(object, "offer", text);
	args = member_object();
	for (unsigned i = 0; i < t->n_args; i++)
		member_text(args, t->arg[i].name, t->arg[i].value);
	member_set(object, "args", args);
	if (at_ms != 0)
		member_time(object, "at", at_ms);
	return object;
}
