/* taupe secret: passwords and passphrases set ahead, and how they are kept */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/pick.h"
#include "cli/question.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct args_option options[] = {
	{"--about", 0, ARGS_TEXT, "about"},
	{"--kind", 0, ARGS_TEXT, "kind"},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct args_option reset_options[] = {
	{"--yes", 'y', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct args_option vault_options[] = {
	{"--passphrase-stdin", 0, ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct table_column columns[] = {
	{"field.type", false, TABLE_WHOLE, 0, 0},
	{"field.about", false, TABLE_END, 20, 0},
};

static int run_set(struct client *c, const struct args *a)
{
	json_t *server = NULL, *body = json_pack("{s:s}", "kind", "password");
	int code = pick_server(c, a->words[0], &server);

	if (code == 0)
		code = action_fields(a, body);
	if (code == 0)
		code = question_keep(c, server, json_incref(body));
	if (code == 0)
		action_say(a, "event.secret_set", "server",
			field_text(server, "name"));
	json_decref(body);
	json_decref(server);
	return code;
}

/* Only what is plainly a word of ours goes into the query. */
static bool is_kind(const char *kind)
{
	return kind == NULL || strcmp(kind, "password") == 0 ||
	       strcmp(kind, "passphrase") == 0;
}

static int run_rm(struct client *c, const struct args *a)
{
	const char *kind = args_value(a, "--kind");
	json_t *server = NULL;
	int code;

	if (!is_kind(kind) || args_has(a, "--about"))
		return action_misuse("cli.bad_kind", NULL);
	code = pick_server(c, a->words[0], &server);
	if (code == 0 && client_delete(c, "/servers/%lld/secrets%s%s",
				 (long long)field_int(server, "id"),
				 kind != NULL ? "?kind=" : "",
				 kind != NULL ? kind : "") < 0)
		code = client_complain(c);
	else if (code == 0)
		action_say(a, "event.secrets_forgotten", "server",
			field_text(server, "name"));
	json_decref(server);
	return code;
}

static int run_reset(struct client *c, const struct args *a)
{
	int code = confirm_ask(a, catalog_get("cli.ask_reset_secrets"));

	if (code == 0 && client_delete(c, "/settings/secrets") < 0)
		code = client_complain(c);
	else if (code == 0)
		action_say(a, "event.secrets_reset", NULL, NULL);
	return code;
}

static int read_passphrase(
	const struct args *a, const char *label, struct secret *ret_passphrase)
{
	if (!args_has(a, "--passphrase-stdin") && !isatty(STDIN_FILENO)) {
		text_complain(catalog_get("cli.give_passphrase"));
		return EXIT_CODE_INPUT;
	}
	return confirm_read(label, ret_passphrase);
}

/* Nobody sees what they type: only the second time shows a slip. */
static int read_new_passphrase(
	const struct args *a, struct secret *ret_passphrase)
{
	struct secret again = SECRET_INIT;
	int code = read_passphrase(
		a, catalog_get("cli.type_new_passphrase"), ret_passphrase);

	if (code != 0 || args_has(a, "--passphrase-stdin"))
		return code;
	code = confirm_read(catalog_get("cli.type_again"), &again);
	if (code == 0 &&
		(again.len != ret_passphrase->len ||
			memcmp(again.p, ret_passphrase->p, again.len) != 0)) {
		text_complain(catalog_get("cli.passphrases_differ"));
		code = EXIT_CODE_INPUT;
	}
	secret_done(&again);
	return code;
}

/* `body` is taken over; the passphrase goes along when there is one. */
static int send_vault(struct client *c, const char *method, const char *path,
	json_t *body, const struct secret *passphrase)
{
	struct buf text = BUF_INIT;
	int r;

	if (!secret_is_set(passphrase)) {
		r = client_call(c, method, path, body, NULL);
	} else {
		question_put_body(&text, body, "passphrase", passphrase);
		r = client_send(c, method, path, &text, NULL);
		buf_wipe_done(&text);
	}
	return r < 0 ? client_complain(c) : 0;
}

static int run_keep(struct client *c, const struct args *a)
{
	struct secret passphrase = SECRET_INIT;
	const char *how = a->words[0];
	int code = 0;

	if (strcmp(how, "passphrase") == 0)
		code = read_new_passphrase(a, &passphrase);
	else if ((strcmp(how, "keyring") != 0 && strcmp(how, "sealed") != 0) ||
		 args_has(a, "--passphrase-stdin"))
		code = action_misuse("cli.bad_keep", NULL);
	if (code == 0)
		code = send_vault(c, "PUT", "/settings/secrets",
			json_pack("{s:s}", "how", how), &passphrase);
	if (code == 0)
		action_say(a, "cli.secrets_kept", NULL, NULL);
	secret_done(&passphrase);
	return code;
}

/* A keyring, or a key file that came back, opens without a word. */
static int run_unlock(struct client *c, const struct args *a)
{
	struct secret passphrase = SECRET_INIT;
	json_t *settings = NULL;
	int code = 0;

	if (client_get(c, &settings, "/settings") < 0)
		return client_complain(c);
	if (args_has(a, "--passphrase-stdin") ||
		(strcmp(field_text(settings, "secrets"), "passphrase") == 0 &&
			field_true(settings, "secrets_locked")))
		code = read_passphrase(
			a, catalog_get("daemon.passphrase"), &passphrase);
	if (code == 0 && (secret_is_set(&passphrase) ||
				 field_true(settings, "secrets_locked")))
		code = send_vault(c, "POST", "/settings/unlock", json_object(),
			&passphrase);
	if (code == 0)
		action_say(a, "cli.secrets_open", NULL, NULL);
	secret_done(&passphrase);
	json_decref(settings);
	return code;
}

static int print(const json_t *list)
{
	struct table *t = table_new(columns, 2);
	const json_t *secret;
	size_t i;

	json_array_foreach(list, i, secret)
	{
		table_cell(t, field_text(secret, "kind"));
		table_cell(t, field_text(secret, "about"));
	}
	if (table_rows(t) != 0)
		table_print(t);
	else
		puts(catalog_get("cli.no_secrets"));
	table_free(t);
	return 0;
}

static int run_ls(struct client *c, const struct args *a)
{
	json_t *server = NULL, *list;
	int code = pick_server(c, a->words[0], &server);

	if (code == 0) {
		list = json_object_get(server, "stored_secrets");
		code = args_json(a) ? view_print_json(list) : print(list);
	}
	json_decref(server);
	return code;
}

static const struct action actions[] = {
	{"keep", vault_options, 1, 1, 0, run_keep},
	{"ls", NULL, 1, 1, 0, run_ls},
	{"reset", reset_options, 0, 0, 0, run_reset},
	{"rm", options, 1, 1, 0, run_rm},
	{"set", options, 1, 1, 0, run_set},
	{"unlock", vault_options, 0, 0, 0, run_unlock},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_secret = {.name = "secret", .actions = actions};
