#include "api/problem.h"

#include <stdio.h>

#include "api/member.h"
#include "api/request.h"

/* In words, of the status: RFC 9457 §3.1.3, as the type is "about:blank". */
static const char *title(unsigned status, enum lang lang)
{
	char key[32], number[8];
	const char *said;

	snprintf(number, sizeof(number), "%u", status);
	snprintf(key, sizeof(key), "status.%s", number);
	said = catalog_find(lang, key);
	return said != NULL ? said : err_name(ERR_INTERNAL);
}

static json_t *field_list(const struct control_fields *fields, enum lang lang)
{
	json_t *list = member_array();

	for (unsigned i = 0; i < fields->n; i++) {
		json_t *item = json_trouble(&fields->item[i].trouble, 0, lang);

		member_text(item, "field", fields->item[i].field);
		member_append(list, item);
	}
	return list;
}

json_t *problem_json(const struct trouble *t,
	const struct control_fields *fields, enum lang lang)
{
	unsigned status = (unsigned)err_http((int)t->code);
	json_t *problem = member_object(), *said = json_trouble(t, 0, lang);

	member_text(problem, "type", "about:blank");
	member_number(problem, "status", status);
	member_text(problem, "title", title(status, lang));
	member_set(problem, "detail",
		json_incref(json_object_get(said, "message")));
	json_object_del(said, "message");
	json_object_update(problem, said);
	json_decref(said);
	if (fields != NULL && fields->n != 0)
		member_set(problem, "fields", field_list(fields, lang));
	return problem;
}
