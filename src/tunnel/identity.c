#include "tunnel/identity.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/agent.h"
#include "tunnel/agent_conn.h"
#include "tunnel/identity_file.h"

static const char *const default_files[] = {
	"~/.ssh/id_ed25519",
	"~/.ssh/id_ed25519_sk",
	"~/.ssh/id_ecdsa",
	"~/.ssh/id_ecdsa_sk",
	"~/.ssh/id_rsa",
};
#define N_DEFAULT_FILES (sizeof(default_files) / sizeof(default_files[0]))

struct cert_file {
	char *path;
	struct pubkey *cert;
};

struct identity {
	uv_loop_t *loop;
	identity_ready_fn *on_ready;
	void *ready_arg;
	identity_signed_fn *on_signed;
	void *signed_arg;

	bool identities_only;
	char *agent_path; /* NULL: none */
	/* The question that is under way: the list first, then signatures. */
	struct agent_conn *asking;

	/* What was found; `keys` borrows from these. */
	struct identity_file *files;
	size_t n_files;
	struct cert_file *certs;
	size_t n_certs;
	struct agent_identity *agent;
	size_t n_agent;

	struct auth_key *keys;
	size_t n_keys;
	struct trouble troubles[IDENTITY_TROUBLES_MAX];
	size_t n_troubles;
};

static void note(struct identity *id, const struct trouble *trouble)
{
	if (id->n_troubles < IDENTITY_TROUBLES_MAX)
		id->troubles[id->n_troubles++] = *trouble;
}

static void note_text(
	struct identity *id, int code, const char *path, const char *detail)
{
	struct trouble trouble;

	trouble_set(&trouble, code);
	trouble_arg(&trouble, "path", "%s", path);
	trouble_arg(&trouble, "detail", "%s", detail);
	note(id, &trouble);
}

/* ---- what the options name ---- */

/* Expanded, malloc'ed; NULL after noting why not. */
static char *expand(struct identity *id, const char *text,
	const struct option_tokens *tokens)
{
	struct trouble trouble;
	char *path;

	if (options_expand(text, tokens, &path, &trouble) == 0)
		return path;
	note(id, &trouble);
	return NULL;
}

/* ssh_config(5), IdentityAgent. */
static char *find_agent(struct identity *id, const struct options *options,
	const struct option_tokens *tokens)
{
	const char *named = options->identity_agent;

	if (named == NULL || strcmp(named, "SSH_AUTH_SOCK") == 0)
		named = getenv("SSH_AUTH_SOCK");
	else if (strcasecmp(named, "none") == 0)
		named = NULL;
	else if (named[0] == '$' && named[1] != '{')
		named = getenv(named + 1);
	else
		return expand(id, named, tokens);
	return named != NULL && named[0] != '\0' ? mem_strdup(named) : NULL;
}

static void add_file(struct identity *id, const char *name,
	const struct option_tokens *tokens, bool is_default, bool with_cert)
{
	char *path = expand(id, name, tokens);
	struct trouble trouble;
	int err;

	if (path == NULL)
		return;
	err = identity_file_load(path, &id->files[id->n_files], &trouble);
	if (err == 0 && with_cert)
		identity_file_add_cert(&id->files[id->n_files]);
	if (err == 0)
		id->n_files++;
	else if (err != -ERR_NOT_FOUND || !is_default)
		note(id, &trouble);
	free(path);
}

static void add_files(struct identity *id, const struct options *options,
	const struct option_tokens *tokens)
{
	const struct string_list *named = &options->identity_files;
	/* As ssh: certificates named in so many words are all there are. */
	bool with_cert = options->certificate_files.n == 0;

	id->files = mem_zalloc(named->n + N_DEFAULT_FILES, sizeof(*id->files));
	for (size_t i = 0; i < named->n; i++)
		if (strcasecmp(named->item[i], "none") != 0)
			add_file(id, named->item[i], tokens, false, with_cert);
	for (size_t i = 0; i < N_DEFAULT_FILES && named->n == 0; i++)
		add_file(id, default_files[i], tokens, true, with_cert);
}

static void add_certs(struct identity *id, const struct options *options,
	const struct option_tokens *tokens)
{
	const struct string_list *named = &options->certificate_files;

	id->certs = mem_zalloc(named->n, sizeof(*id->certs));
	for (size_t i = 0; i < named->n; i++) {
		struct cert_file *to = &id->certs[id->n_certs];
		struct trouble trouble;

		to->path = expand(id, named->item[i], tokens);
		if (to->path == NULL)
			continue;
		if (identity_file_load_cert(to->path, &to->cert, &trouble) ==
			0) {
			id->n_certs++;
			continue;
		}
		note(id, &trouble);
		free(to->path);
	}
}

/* ---- the order ---- */

static bool same_key(const struct pubkey *a, const struct pubkey *b)
{
	struct slice x, y;

	if (a == NULL || b == NULL)
		return false;
	x = pubkey_blob(a);
	y = pubkey_blob(b);
	return x.len == y.len && memcmp(x.p, y.p, x.len) == 0;
}

static bool same_plain(const struct pubkey *a, const struct pubkey *b)
{
	return a != NULL && b != NULL && pubkey_equal_plain(a, b);
}

static void offer(struct identity *id, const struct auth_key *key)
{
	for (size_t i = 0; i < id->n_keys && key->key != NULL; i++)
		if (same_key(id->keys[i].key, key->key))
			return;
	id->keys[id->n_keys++] = *key;
}

/* What the agent would sign with for `key`: itself, or the plain key of a
 * certificate that the agent was not given. NULL: neither is there. */
static const struct pubkey *agent_key_for(
	const struct identity *id, const struct pubkey *key)
{
	const struct pubkey *plain = NULL;

	for (size_t i = 0; i < id->n_agent; i++) {
		const struct pubkey *have = id->agent[i].key;

		if (same_key(have, key))
			return have;
		if (plain == NULL && !pubkey_is_cert(have) &&
			same_plain(have, key))
			plain = have;
	}
	return plain;
}

/* A certificate from a file, signed for by whoever has its private key. */
static bool offer_cert(
	struct identity *id, const struct pubkey *cert, const char *comment)
{
	const struct pubkey *with = agent_key_for(id, cert);
	struct auth_key key = {.key = cert, .comment = comment};

	if (with != NULL) {
		key.agent_key = same_key(with, cert) ? NULL : with;
		offer(id, &key);
		return true;
	}
	for (size_t i = 0; i < id->n_files; i++) {
		const struct identity_file *f = &id->files[i];

		if (f->has_private &&
			(f->cert == cert || same_plain(f->key, cert))) {
			key.path = f->path;
			offer(id, &key);
			return true;
		}
	}
	return false;
}

static bool is_configured(const struct identity *id, const struct pubkey *key)
{
	for (size_t i = 0; i < id->n_files; i++)
		if (same_plain(id->files[i].key, key) ||
			same_plain(id->files[i].cert, key))
			return true;
	for (size_t i = 0; i < id->n_certs; i++)
		if (same_plain(id->certs[i].cert, key))
			return true;
	return false;
}

static void offer_agent(struct identity *id, bool configured)
{
	for (size_t i = 0; i < id->n_agent; i++)
		if (is_configured(id, id->agent[i].key) == configured)
			offer(id, &(struct auth_key){.key = id->agent[i].key,
					  .comment = id->agent[i].comment});
}

static void offer_file(struct identity *id, const struct identity_file *f)
{
	struct auth_key key = {
		.key = f->key, .path = f->path, .comment = f->path};

	if (f->cert != NULL)
		(void)offer_cert(id, f->cert, f->path);
	if (f->key != NULL && agent_key_for(id, f->key) != NULL)
		return;
	if (!f->has_private)
		note_text(id, ERR_FILE, f->path,
			"the private key is neither here nor in the agent");
	else if (f->key != NULL &&
		 (pubkey_type(f->key) == PUBKEY_SK_ED25519 ||
			 pubkey_type(f->key) == PUBKEY_SK_ECDSA))
		note_text(id, ERR_KEY_UNSUPPORTED, f->path,
			"keys on a token are used through the agent: ssh-add");
	else
		offer(id, &key);
}

static bool is_plain_of(const struct auth_key *k, const struct pubkey *cert)
{
	return k->key != NULL && !pubkey_is_cert(k->key) &&
	       same_plain(k->key, cert);
}

/* Moves each certificate before its plain key. */
static void certs_first(struct auth_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct auth_key cert = keys[i];
		size_t at = 0;

		if (cert.key == NULL || !pubkey_is_cert(cert.key))
			continue;
		while (at < i && !is_plain_of(&keys[at], cert.key))
			at++;
		memmove(&keys[at + 1], &keys[at], (i - at) * sizeof(*keys));
		keys[at] = cert;
	}
}

static void put_in_order(struct identity *id)
{
	id->keys = mem_zalloc(
		id->n_certs + id->n_agent + 2 * id->n_files, sizeof(*id->keys));
	for (size_t i = 0; i < id->n_certs; i++)
		if (!offer_cert(id, id->certs[i].cert, id->certs[i].path))
			note_text(id, ERR_FILE, id->certs[i].path,
				"the certificate's private key is neither in "
				"the agent nor in a file that is named");
	offer_agent(id, true);
	if (!id->identities_only)
		offer_agent(id, false);
	for (size_t i = 0; i < id->n_files; i++)
		offer_file(id, &id->files[i]);
	certs_first(id->keys, id->n_keys);
}

/* ---- the agent ---- */

static void listed(
	void *arg, const struct trouble *trouble, struct slice payload)
{
	struct identity *id = arg;

	id->asking = NULL;
	if (trouble == NULL &&
		agent_parse_identities(payload, &id->agent, &id->n_agent) != 0)
		note_text(id, ERR_AGENT, id->agent_path,
			"it does not list its keys");
	else if (trouble != NULL && id->agent_path != NULL)
		note(id, trouble);
	put_in_order(id);
	id->on_ready(id->ready_arg);
}

struct identity *identity_new(uv_loop_t *loop, const struct options *options,
	const struct option_tokens *tokens, identity_ready_fn *on_ready,
	void *arg)
{
	struct identity *id = mem_zalloc(1, sizeof(*id));
	struct buf request = BUF_INIT;

	id->loop = loop;
	id->on_ready = on_ready;
	id->ready_arg = arg;
	id->identities_only = options->identities_only;
	id->agent_path = find_agent(id, options, tokens);
	add_files(id, options, tokens);
	add_certs(id, options, tokens);
	agent_request_identities(&request);
	id->asking = agent_conn_ask(
		loop, id->agent_path, &request, IDENTITY_LIST_MS, listed, id);
	return id;
}

static void signature_came(
	void *arg, const struct trouble *trouble, struct slice payload)
{
	struct identity *id = arg;
	struct slice signature = {(const uint8_t *)"", 0};

	id->asking = NULL;
	if (trouble == NULL && agent_parse_signature(payload, &signature) != 0)
		signature.len = 0;
	id->on_signed(id->signed_arg, signature);
}

void identity_sign(struct identity *id, struct slice key_blob,
	struct slice data, const char *alg, identity_signed_fn *on_signed,
	void *arg)
{
	struct buf request = BUF_INIT;

	assert(id->asking == NULL);
	id->on_signed = on_signed;
	id->signed_arg = arg;
	agent_request_sign(&request, key_blob, data, alg);
	id->asking = agent_conn_ask(id->loop, id->agent_path, &request,
		IDENTITY_SIGN_MS, signature_came, id);
}

/* ---- the object ---- */

void identity_free(struct identity *id)
{
	if (id == NULL)
		return;
	agent_conn_cancel(id->asking);
	for (size_t i = 0; i < id->n_files; i++)
		identity_file_done(&id->files[i]);
	for (size_t i = 0; i < id->n_certs; i++) {
		free(id->certs[i].path);
		pubkey_free(id->certs[i].cert);
	}
	agent_identities_free(id->agent, id->n_agent);
	free(id->files);
	free(id->certs);
	free(id->agent_path);
	free(id->keys);
	free(id);
}

const struct auth_key *identity_keys(const struct identity *id, size_t *ret_n)
{
	*ret_n = id->n_keys;
	return id->keys;
}

const struct trouble *identity_troubles(
	const struct identity *id, size_t *ret_n)
{
	*ret_n = id->n_troubles;
	return id->troubles;
}
