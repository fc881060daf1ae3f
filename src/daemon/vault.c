/*
 * A vault holds the key while it is open, and no secret: those stay sealed in
 * the store until somebody asks. Settings of the store: "secrets" (the way),
 * "secrets_check" (a box that only the right key opens), "secrets_recipe" (of a
 * passphrase), "secrets_keyring" (the keyring's item).
 */
#include "daemon/vault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/vault_box.h"
#include "daemon/vault_key.h"
#include "daemon/vault_keyring.h"
#include "daemon/vault_private.h"

static const char *const how_names[] = {
	[VAULT_KEYRING] = "keyring",
	[VAULT_SEALED] = "sealed",
	[VAULT_PASSPHRASE] = "passphrase",
};
static_assert(sizeof(how_names) / sizeof(how_names[0]) == VAULT_HOW_COUNT,
	"a name a way");

const char *vault_how_name(enum vault_how how)
{
	return how_names[how];
}

enum vault_how vault_how(const struct vault *v)
{
	return v->how;
}

bool vault_is_locked(const struct vault *v)
{
	return v->key == NULL;
}

const struct trouble *vault_trouble(const struct vault *v)
{
	return &v->trouble;
}

/* ---- opening ---- */

static int read_how(struct vault *v, bool *ret_is_set, struct trouble *trouble)
{
	char *name = NULL;
	int err;

	err = store_get_setting(v->store, "secrets", &name, trouble);
	*ret_is_set = name != NULL;
	if (err < 0 || name == NULL)
		return err;
	err = -ERR_STORE_DAMAGED;
	for (int how = 0; how < VAULT_HOW_COUNT; how++)
		if (strcmp(name, how_names[how]) == 0) {
			v->how = (enum vault_how)how;
			err = 0;
		}
	if (err < 0 && trouble != NULL) {
		trouble_set(trouble, ERR_STORE_DAMAGED);
		trouble_arg(trouble, "path", "%s", store_path(v->store));
		trouble_arg(trouble, "detail", "secrets: %s", name);
	}
	free(name);
	return err;
}

static int count_one(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n)
{
	return 1;
}

static int settle(struct vault *v, struct trouble *trouble)
{
	int err;

	if (v->how == VAULT_PASSPHRASE ||
		vault_fetch(v, NULL, &v->trouble) == 0)
		return 0;
	/* A key that nothing lies under can be replaced. */
	err = store_each_secret(v->store, count_one, NULL, trouble);
	if (err != 0)
		return err < 0 ? err : 0;
	if (v->how != VAULT_SEALED || v->trouble.code != ERR_NOT_FOUND)
		return 0;
	trouble_set(&v->trouble, ERR_OK);
	return vault_change_to(v, VAULT_SEALED, false, NULL, trouble);
}

static int choose_how(struct vault *v, bool forget, struct trouble *trouble)
{
	int err = -ERR_AGAIN;

	if (vault_keyring_is_near())
		err = vault_change_to(v, VAULT_KEYRING, forget, NULL, trouble);
	if (err == -ERR_AGAIN || err == -ERR_VAULT_LOCKED ||
		err == -ERR_NOT_FOUND)
		err = vault_change_to(v, VAULT_SEALED, forget, NULL, trouble);
	return err;
}

int vault_open(struct store *store, const char *folder,
	struct vault **ret_vault, struct trouble *trouble)
{
	struct vault *v;
	bool is_set;
	int err;

	if (sodium_init() < 0)
		return trouble_say(trouble, ERR_CRYPTO, "libsodium");
	v = mem_zalloc(1, sizeof(*v));
	v->store = store;
	v->folder = mem_strdup(folder);
	err = read_how(v, &is_set, trouble);
	if (err == 0)
		err = is_set ? settle(v, trouble)
			     : choose_how(v, false, trouble);
	if (err < 0) {
		vault_close(v);
		return err;
	}
	*ret_vault = v;
	return 0;
}

void vault_close(struct vault *v)
{
	if (v == NULL)
		return;
	vault_key_free(v->key);
	free(v->folder);
	free(v);
}

int vault_unlock(struct vault *v, const struct secret *passphrase,
	struct trouble *trouble)
{
	struct trouble why = {0};
	int err;

	if (v->key != NULL)
		return 0;
	if (v->how == VAULT_PASSPHRASE &&
		(passphrase == NULL || passphrase->len == 0))
		return trouble_say(
			trouble, ERR_FORBIDDEN, "a passphrase is wanted");
	err = vault_fetch(v, passphrase, &why);
	if (err == 0)
		trouble_set(&v->trouble, ERR_OK);
	else if (v->how != VAULT_PASSPHRASE)
		v->trouble = why;
	if (err < 0 && trouble != NULL)
		*trouble = why;
	return err;
}

int vault_reset(struct vault *v, struct trouble *trouble)
{
	int err;

	/* An open vault's key is as good as another one. */
	if (v->key != NULL)
		return store_forget_secrets(v->store, trouble);
	err = choose_how(v, true, trouble);
	if (err == 0)
		trouble_set(&v->trouble, ERR_OK);
	return err;
}

/* ---- secrets ---- */

static int say_locked(struct trouble *trouble)
{
	return trouble_say(trouble, ERR_VAULT_LOCKED, "secrets");
}

int vault_put(struct vault *v, const char *owner, const char *kind,
	const char *about, const struct secret *value, struct trouble *trouble)
{
	const struct vault_box_place place = {owner, kind, about};
	struct buf box = BUF_INIT;
	int err;

	if (v->key == NULL)
		return say_locked(trouble);
	err = vault_box_seal(v->key, &place, value->p, value->len, &box);
	if (err < 0)
		return trouble_say(trouble, err, "%s", kind);
	err = store_put_secret(v->store, owner, kind, about, buf_ptr(&box),
		buf_len(&box), trouble);
	buf_done(&box);
	return err;
}

struct search {
	const struct vault *v;
	struct vault_box_place place;
	struct secret *ret_value;
	int result;
};

static bool is_place(const struct vault_box_place *place, const char *owner,
	const char *kind, const char *about)
{
	return strcmp(place->owner, owner) == 0 &&
	       strcmp(place->kind, kind) == 0 &&
	       strcmp(place->about, about) == 0;
}

static int search_one(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n)
{
	struct search *s = arg;

	if (!is_place(&s->place, owner, kind, about))
		return 0;
	s->result =
		vault_box_open(s->v->key, &s->place, sealed, n, s->ret_value);
	return 1;
}

int vault_get(struct vault *v, const char *owner, const char *kind,
	const char *about, struct secret *ret_value, struct trouble *trouble)
{
	struct search s = {.v = v,
		.place = {owner, kind, about},
		.ret_value = ret_value,
		.result = -ERR_NOT_FOUND};
	int err;

	if (v->key == NULL)
		return say_locked(trouble);
	err = store_each_secret(v->store, search_one, &s, trouble);
	if (err < 0)
		return err;
	if (s.result == -ERR_STORE_DAMAGED && trouble != NULL) {
		trouble_set(trouble, ERR_STORE_DAMAGED);
		trouble_arg(trouble, "path", "%s", store_path(v->store));
		trouble_arg(trouble, "detail", "%s: %s", kind, about);
	} else if (s.result < 0) {
		trouble_say(trouble, s.result, "%s: %s", kind, about);
	}
	return s.result;
}

int vault_remove(struct vault *v, const char *owner, const char *kind,
	const char *about, struct trouble *trouble)
{
	return store_remove_secret(v->store, owner, kind, about, trouble);
}

struct walk {
	const char *owner;
	vault_fn *fn;
	void *arg;
};

static int walk_one(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n)
{
	const struct walk *w = arg;

	if (strcmp(w->owner, owner) == 0)
		w->fn(w->arg, kind, about);
	return 0;
}

void vault_each(
	const struct vault *v, const char *owner, vault_fn *fn, void *arg)
{
	struct walk w = {owner, fn, arg};
	struct trouble why;

	if (store_each_secret(v->store, walk_one, &w, &why) < 0)
		log_warn("the list of secrets can't be read: %s",
			err_name((int)why.code));
}
