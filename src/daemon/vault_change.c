/*
 * The vault's key: fetched, checked, exchanged for another. A new key is kept
 * (file, keyring) before the transaction that seals everything under it, and
 * the old one goes after it: whenever the machine stops, the key that opens
 * what the store holds is there.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/vault_box.h"
#include "daemon/vault_key.h"
#include "daemon/vault_keyring.h"
#include "daemon/vault_private.h"

#define BASE64    sodium_base64_VARIANT_ORIGINAL
#define CHECK_MAX 256 /* bytes of the check's box */

static const struct vault_box_place check_place = {"vault", "check", ""};

static int say_damaged(struct vault *v, struct trouble *trouble)
{
	if (trouble != NULL) {
		trouble_set(trouble, ERR_STORE_DAMAGED);
		trouble_arg(trouble, "path", "%s", store_path(v->store));
		trouble_arg(trouble, "detail", "secrets");
	}
	return -ERR_STORE_DAMAGED;
}

static int say_no_keyring(struct trouble *trouble)
{
	return trouble_say(trouble, ERR_AGAIN, "there is no keyring here");
}

/* ---- the key there is ---- */

static int derive(struct vault *v, const struct secret *passphrase,
	uint8_t *key, struct trouble *trouble)
{
	char *recipe = NULL;
	int err =
		store_get_setting(v->store, "secrets_recipe", &recipe, trouble);

	if (err == 0)
		err = recipe == NULL ? say_damaged(v, trouble)
				     : vault_key_derive(recipe, passphrase, key,
					       trouble);
	free(recipe);
	return err;
}

static int ask_keyring(struct vault *v, uint8_t *key, struct trouble *trouble)
{
	char *id = NULL;
	int err = store_get_setting(v->store, "secrets_keyring", &id, trouble);

	if (err == 0 && id == NULL)
		err = say_damaged(v, trouble);
	else if (err == 0 && !vault_keyring_is_near())
		err = say_no_keyring(trouble);
	else if (err == 0)
		err = vault_keyring_get(id, key, trouble);
	free(id);
	return err;
}

static int check(struct vault *v, const uint8_t *key, struct trouble *trouble)
{
	struct secret text = SECRET_INIT;
	uint8_t box[CHECK_MAX];
	char *base64 = NULL;
	size_t n;
	int err;

	err = store_get_setting(v->store, "secrets_check", &base64, trouble);
	if (err < 0)
		return err;
	if (base64 == NULL ||
		sodium_base642bin(box, sizeof(box), base64, strlen(base64),
			NULL, &n, NULL, BASE64) != 0)
		err = say_damaged(v, trouble);
	else if (vault_box_open(key, &check_place, box, n, &text) < 0)
		err = trouble_say(trouble, ERR_FORBIDDEN,
			"this key does not open the secrets");
	secret_done(&text);
	free(base64);
	return err;
}

int vault_fetch(struct vault *v, const struct secret *passphrase,
	struct trouble *trouble)
{
	uint8_t *key = vault_key_alloc();
	int err = -ERR_INTERNAL;

	switch (v->how) {
	case VAULT_KEYRING:
		err = ask_keyring(v, key, trouble);
		break;
	case VAULT_SEALED:
		err = vault_key_read_file(v->folder, key, trouble);
		break;
	case VAULT_PASSPHRASE:
		err = derive(v, passphrase, key, trouble);
		break;
	case VAULT_HOW_COUNT:
		break;
	}
	if (err == 0)
		err = check(v, key, trouble);
	if (err == 0)
		v->key = key;
	else
		vault_key_free(key);
	return err;
}

/* ---- another key ---- */

struct fresh {
	enum vault_how how;
	bool forget;
	uint8_t *key;
	char recipe[VAULT_KEY_RECIPE]; /* "": none */
	char item[VAULT_KEYRING_ID];   /* "": none */
};

static int make(struct vault *v, const struct secret *passphrase,
	struct fresh *f, struct trouble *trouble)
{
	switch (f->how) {
	case VAULT_KEYRING:
		if (!vault_keyring_is_near())
			return say_no_keyring(trouble);
		vault_keyring_new_id(f->item);
		randombytes_buf(f->key, VAULT_BOX_KEY);
		return vault_keyring_put(f->item, f->key, trouble);
	case VAULT_SEALED:
		return vault_key_make_file(v->folder, f->key, trouble);
	case VAULT_PASSPHRASE:
		if (passphrase == NULL || passphrase->len == 0)
			return trouble_say(
				trouble, ERR_INVALID, "a passphrase is wanted");
		vault_key_new_recipe(f->recipe);
		return vault_key_derive(f->recipe, passphrase, f->key, trouble);
	case VAULT_HOW_COUNT:
		break;
	}
	return -ERR_INTERNAL;
}

/* Where a key lay that opens nothing any more. */
static void drop(struct vault *v, enum vault_how how, const char *item)
{
	struct trouble why;

	if (how == VAULT_SEALED)
		vault_key_remove_file(v->folder);
	if (how == VAULT_KEYRING && item != NULL && *item != '\0' &&
		vault_keyring_remove(item, &why) < 0)
		log_warn("an old key stays in the keyring: %s",
			err_name((int)why.code));
}

struct box {
	char *owner, *kind, *about;
	struct buf sealed;
};
struct boxes {
	struct vault *v;
	const uint8_t *key;
	struct box *item;
	size_t n;
};

static int reseal(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n)
{
	const struct vault_box_place place = {owner, kind, about};
	struct secret text = SECRET_INIT;
	struct boxes *b = arg;
	struct buf box = BUF_INIT;

	if (vault_box_open(b->v->key, &place, sealed, n, &text) < 0 ||
		vault_box_seal(b->key, &place, text.p, text.len, &box) < 0) {
		log_warn("a secret of %s does not open; it stays as it is",
			owner);
		return 0;
	}
	secret_done(&text);
	b->item = mem_realloc(b->item, b->n + 1, sizeof(*b->item));
	b->item[b->n++] = (struct box){
		mem_strdup(owner), mem_strdup(kind), mem_strdup(about), box};
	return 0;
}

static void boxes_done(struct boxes *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->item[i].owner);
		free(b->item[i].kind);
		free(b->item[i].about);
		buf_done(&b->item[i].sealed);
	}
	free(b->item);
}

static int put_settings(
	struct vault *v, const struct fresh *f, struct trouble *trouble)
{
	struct buf box = BUF_INIT;
	char base64[sodium_base64_ENCODED_LEN(CHECK_MAX, BASE64)];
	const struct {
		const char *name, *value;
	} rows[] = {
		{"secrets", vault_how_name(f->how)},
		{"secrets_check", base64},
		{"secrets_recipe", *f->recipe != '\0' ? f->recipe : NULL},
		{"secrets_keyring", *f->item != '\0' ? f->item : NULL},
	};
	int err = vault_box_seal(f->key, &check_place, "taupe", 5, &box);

	if (err == 0)
		sodium_bin2base64(base64, sizeof(base64), buf_ptr(&box),
			buf_len(&box), BASE64);
	for (size_t i = 0; err == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		err = store_set_setting(
			v->store, rows[i].name, rows[i].value, trouble);
	buf_done(&box);
	return err;
}

static int put_all(
	struct vault *v, const struct fresh *f, struct trouble *trouble)
{
	struct boxes b = {.v = v, .key = f->key};
	int err = 0;

	if (v->key != NULL)
		err = store_each_secret(v->store, reseal, &b, trouble);
	if (err == 0 && f->forget)
		err = store_forget_secrets(v->store, trouble);
	for (size_t i = 0; err == 0 && i < b.n; i++)
		err = store_put_secret(v->store, b.item[i].owner,
			b.item[i].kind, b.item[i].about,
			buf_ptr(&b.item[i].sealed), buf_len(&b.item[i].sealed),
			trouble);
	if (err == 0)
		err = put_settings(v, f, trouble);
	boxes_done(&b);
	return err;
}

static int keep(struct vault *v, const struct fresh *f, struct trouble *trouble)
{
	int err = store_begin(v->store, trouble);

	if (err < 0)
		return err;
	err = put_all(v, f, trouble);
	if (err == 0)
		err = store_commit(v->store, trouble);
	if (err < 0)
		store_rollback(v->store);
	return err;
}

int vault_change_to(struct vault *v, enum vault_how how, bool forget,
	const struct secret *passphrase, struct trouble *trouble)
{
	struct fresh f = {
		.how = how, .forget = forget, .key = vault_key_alloc()};
	char *old_item = NULL;
	int err;

	err = store_get_setting(
		v->store, "secrets_keyring", &old_item, trouble);
	if (err == 0)
		err = make(v, passphrase, &f, trouble);
	if (err == 0) {
		err = keep(v, &f, trouble);
		if (err < 0)
			drop(v, f.how, f.item);
	}
	if (err == 0) {
		if (v->key != NULL)
			drop(v, v->how, old_item);
		vault_key_free(v->key);
		v->key = f.key;
		v->how = how;
	} else {
		vault_key_free(f.key);
	}
	free(old_item);
	return err;
}

int vault_change(struct vault *v, enum vault_how how,
	const struct secret *passphrase, struct trouble *trouble)
{
	if (v->key == NULL)
		return trouble_say(trouble, ERR_VAULT_LOCKED, "secrets");
	/* Its key is as good as another one. */
	if (how == v->how && how != VAULT_PASSPHRASE)
		return 0;
	return vault_change_to(v, how, false, passphrase, trouble);
}
