#include "cli/forward_options.h"

#include "base/catalog.h"
#include "cli/confirm.h"
#include "cli/question.h"

int forward_options_send(struct client *c, const struct args *a,
	const char *method, const char *path, json_t *body,
	json_t **ret_forward)
{
	struct secret password = SECRET_INIT;
	struct buf text = BUF_INIT;
	int r;

	if (!args_has(a, "--socks-password-stdin")) {
		r = client_call(c, method, path, body, ret_forward);
		return r < 0 ? client_complain(c) : 0;
	}
	r = confirm_read(catalog_get("cli.socks_password"), &password);
	if (r != 0) {
		json_decref(body);
		return r;
	}
	question_put_body(&text, body, "socks_password", &password);
	secret_done(&password);
	r = client_send(c, method, path, &text, ret_forward);
	buf_wipe_done(&text);
	return r < 0 ? client_complain(c) : 0;
}
