#include "api/refuse.h"

bool refuse_without_object(struct request *r)
{
	if (json_is_object(request_body(r)))
		return true;
	request_reply_error(r, ERR_INVALID, "a JSON object is wanted");
	return false;
}

/* The problem as a whole says what the first field says. */
void refuse_fields(struct request *r, const struct control_fields *fields)
{
	const struct trouble *first = &fields->item[0].trouble;
	const char *detail = trouble_get(first, "detail");
	struct trouble trouble;

	trouble_set(&trouble, ERR_INVALID);
	trouble_arg(&trouble, "detail", "%s: %s", fields->item[0].field,
		detail != NULL ? detail : err_name((int)first->code));
	request_reply_trouble(r, &trouble, fields);
}
