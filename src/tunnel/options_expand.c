/*
 * Tokens in options' values, ssh_config(5) TOKENS and ENVIRONMENT VARIABLES.
 */
#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ssh/namelist.h"
#include "tunnel/options.h"

#define NAME_SIZE    256
#define EXPANDED_MAX (64 * 1024)

enum account_field { ACCOUNT_NAME, ACCOUNT_HOME };

/* `name` NULL: the account that we run as. */
static int put_account(
	struct buf *out, const char *name, enum account_field field)
{
	const char *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char space[4096];

	if (name == NULL && field == ACCOUNT_HOME && home != NULL &&
		*home == '/') {
		buf_put(out, home, strlen(home));
		return 0;
	}
	if (name != NULL)
		getpwnam_r(name, &entry, space, sizeof(space), &found);
	else
		getpwuid_r(getuid(), &entry, space, sizeof(space), &found);
	if (found == NULL)
		return -ERR_INVALID;
	home = field == ACCOUNT_HOME ? found->pw_dir : found->pw_name;
	buf_put(out, home, strlen(home));
	return 0;
}

static void put_host_name(struct buf *out, bool whole)
{
	char name[NAME_SIZE] = "";

	gethostname(name, sizeof(name) - 1);
	buf_put(out, name, whole ? strlen(name) : strcspn(name, "."));
}

/* %C: a short name for the connection, as ssh makes it. SHA-1 is no safeguard
 * here, just what the files that people have are called after. */
static int put_hash(struct buf *out, const struct option_tokens *tokens)
{
	struct buf text = BUF_INIT;
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int ok;

	put_host_name(&text, true);
	buf_printf(&text, "%s%u%s", tokens->host, tokens->port, tokens->user);
	ok = EVP_Digest(
		buf_ptr(&text), buf_len(&text), hash, &n, EVP_sha1(), NULL);
	for (unsigned i = 0; ok && i < n; i++)
		buf_printf(out, "%02x", hash[i]);
	buf_done(&text);
	return ok ? 0 : -ERR_CRYPTO;
}

static int put_token(struct buf *out, char token, const struct option_tokens *t)
{
	switch (token) {
	case '%':
		buf_put_u8(out, '%');
		return 0;
	case 'C':
		return put_hash(out, t);
	case 'd':
		return put_account(out, NULL, ACCOUNT_HOME);
	case 'h':
		buf_put(out, t->host, strlen(t->host));
		return 0;
	case 'i':
		buf_printf(out, "%u", (unsigned)getuid());
		return 0;
	case 'k':
		buf_printf(out, "%s",
			t->host_key_alias != NULL ? t->host_key_alias
						  : t->original_host);
		return 0;
	case 'L':
		put_host_name(out, false);
		return 0;
	case 'l':
		put_host_name(out, true);
		return 0;
	case 'n':
		buf_put(out, t->original_host, strlen(t->original_host));
		return 0;
	case 'p':
		buf_printf(out, "%u", t->port);
		return 0;
	case 'r':
		buf_put(out, t->user, strlen(t->user));
		return 0;
	case 'u':
		return put_account(out, NULL, ACCOUNT_NAME);
	}
	return -ERR_INVALID;
}

/* "${NAME}…" at `*p`, which moves past it. */
static int put_variable(struct buf *out, const char **p)
{
	const char *name = *p + 2, *end = strchr(name, '}'), *value;
	char copy[NAME_SIZE];

	if (end == NULL || end == name || end - name >= NAME_SIZE)
		return -ERR_INVALID;
	memcpy(copy, name, (size_t)(end - name));
	copy[end - name] = '\0';
	value = getenv(copy);
	if (value == NULL)
		return -ERR_INVALID;
	buf_put(out, value, strlen(value));
	*p = end + 1;
	return 0;
}

/* "~" or "~user" at `*p`, which moves past it. */
static int put_home(struct buf *out, const char **p)
{
	size_t n = strcspn(*p + 1, "/");
	char user[NAME_SIZE];

	if (n >= sizeof(user))
		return -ERR_INVALID;
	memcpy(user, *p + 1, n);
	user[n] = '\0';
	*p += 1 + n;
	return put_account(out, n != 0 ? user : NULL, ACCOUNT_HOME);
}

int options_expand(const char *text, const struct option_tokens *tokens,
	char **ret_text, struct trouble *trouble)
{
	const char *p = text, *part = text;
	struct buf out = BUF_INIT;
	int err = 0;

	if (*p == '~')
		err = put_home(&out, &p);
	while (err == 0 && *p != '\0' && buf_len(&out) < EXPANDED_MAX) {
		part = p;
		if (p[0] == '$' && p[1] == '{') {
			err = put_variable(&out, &p);
		} else if (*p == '%') {
			err = put_token(&out, p[1], tokens);
			p += err == 0 ? 2 : 0;
		} else {
			buf_put_u8(&out, (uint8_t)*p++);
		}
	}
	if (err == -ERR_INVALID)
		trouble_say(trouble, ERR_INVALID,
			"\"%.60s\": \"%.20s\" stands for nothing", text, part);
	else if (err == 0 && *p != '\0')
		err = trouble_say(trouble, ERR_INVALID,
			"\"%.60s\" becomes too long", text);
	else if (err == 0)
		*ret_text = mem_dup(
			out.data != NULL ? buf_ptr(&out) : NULL, buf_len(&out));
	buf_done(&out);
	return err;
}
