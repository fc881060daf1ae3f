#include "daemon/keyring.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

#define LIBRARY  "libsecret-1.so.0"
#define TEXT_MAX 256 /* bytes of an item's secret */

/* What we need of libsecret-1 0.20 and GLib 2, whose ABIs do not change. */
struct g_list {
	void *data;
	struct g_list *next, *previous;
};
struct g_error {
	uint32_t domain;
	int code;
	char *message;
};
struct secret_schema {
	const char *name;
	int flags;
	struct {
		const char *name;
		int type;
	} attributes[32];
	int reserved;
	void *reserved_more[7];
};
#define SEARCH_LOAD_SECRETS                                                    \
	8 /* SECRET_SEARCH_LOAD_SECRETS, and no unlocking                      \
	   */

struct library {
	void *(*table_new)(unsigned (*)(const void *),
		int (*)(const void *, const void *));
	int (*table_insert)(void *table, void *key, void *value);
	unsigned (*str_hash)(const void *);
	int (*str_equal)(const void *, const void *);
	struct g_list *(*search)(void *service,
		const struct secret_schema *schema, void *attributes, int flags,
		void *cancellable, struct g_error **error);
	int (*item_is_locked)(void *item);
	void *(*item_secret)(void *item);
	const char *(*value_get)(void *value, size_t *length);
	void *(*service)(int flags, void *cancellable, struct g_error **error);
	void *(*collection)(void *service, const char *alias, int flags,
		void *cancellable, struct g_error **error);
	int (*collection_is_locked)(void *collection);
	int (*store)(const struct secret_schema *schema, void *attributes,
		const char *collection, const char *label, const char *password,
		void *cancellable, struct g_error **error);
	int (*clear)(const struct secret_schema *schema, void *attributes,
		void *cancellable, struct g_error **error);
};

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	{"g_hash_table_new", offsetof(struct library, table_new)},
	{"g_hash_table_insert", offsetof(struct library, table_insert)},
	{"g_str_hash", offsetof(struct library, str_hash)},
	{"g_str_equal", offsetof(struct library, str_equal)},
	{"secret_service_search_sync", offsetof(struct library, search)},
	{"secret_item_get_locked", offsetof(struct library, item_is_locked)},
	{"secret_item_get_secret", offsetof(struct library, item_secret)},
	{"secret_value_get", offsetof(struct library, value_get)},
	{"secret_service_get_sync", offsetof(struct library, service)},
	{"secret_collection_for_alias_sync",
		offsetof(struct library, collection)},
	{"secret_collection_get_locked",
		offsetof(struct library, collection_is_locked)},
	{"secret_password_storev_sync", offsetof(struct library, store)},
	{"secret_password_clearv_sync", offsetof(struct library, clear)},
};

static const struct secret_schema schema = {
	.name = "org.taupe.Vault",
	.attributes = {{"vault", 0}},
};

static bool load(struct library *lib)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL)
		return false;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (symbol == NULL)
			return false;
		memcpy((char *)lib + symbols[i].offset, &symbol,
			sizeof(symbol));
	}
	return true;
}

static enum keyring_status absent(const char *why)
{
	fputs(why != NULL ? why : "", stdout);
	fflush(stdout);
	return KEYRING_ABSENT;
}

static enum keyring_status failed(const struct g_error *error)
{
	return absent(error != NULL ? error->message : NULL);
}

/* Storing in a keyring that is locked, or making the first one, would open a
 * dialogue. */
static enum keyring_status look(const struct library *lib)
{
	struct g_error *error = NULL;
	void *service, *collection = NULL;

	service = lib->service(0, NULL, &error);
	if (service != NULL)
		collection =
			lib->collection(service, "default", 0, NULL, &error);
	if (error != NULL)
		return failed(error);
	if (collection == NULL)
		return absent("no default keyring");
	return lib->collection_is_locked(collection) != 0 ? KEYRING_LOCKED
							  : KEYRING_DONE;
}

static enum keyring_status get(const struct library *lib, void *attributes)
{
	struct g_error *error = NULL;
	struct g_list *found;
	void *value;
	const char *text;
	size_t n;

	found = lib->search(
		NULL, &schema, attributes, SEARCH_LOAD_SECRETS, NULL, &error);
	if (error != NULL)
		return failed(error);
	/* A locked keyring need not know what it holds. */
	if (found == NULL)
		return look(lib) == KEYRING_LOCKED ? KEYRING_LOCKED
						   : KEYRING_NOTHING;
	if (lib->item_is_locked(found->data) != 0)
		return KEYRING_LOCKED;
	value = lib->item_secret(found->data);
	if (value == NULL)
		return KEYRING_NOTHING;
	text = lib->value_get(value, &n);
	return write(STDOUT_FILENO, text, n) == (ssize_t)n ? KEYRING_DONE
							   : KEYRING_ABSENT;
}

static enum keyring_status put(
	const struct library *lib, void *attributes, const char *label)
{
	enum keyring_status status = look(lib);
	struct g_error *error = NULL;
	char text[TEXT_MAX];
	size_t n = 0;
	ssize_t got;

	if (status != KEYRING_DONE)
		return status;
	while (n < sizeof(text) - 1 &&
		(got = read(STDIN_FILENO, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	if (lib->store(&schema, attributes, NULL, label, text, NULL, &error) ==
		0)
		status = failed(error);
	secret_wipe(text, sizeof(text));
	return status;
}

static enum keyring_status drop(const struct library *lib, void *attributes)
{
	struct g_error *error = NULL;

	if (lib->clear(&schema, attributes, NULL, &error) != 0)
		return KEYRING_DONE;
	return error != NULL ? failed(error) : KEYRING_NOTHING;
}

enum keyring_status keyring_serve(
	const char *verb, const char *id, const char *label)
{
	struct library lib;
	void *attributes;

	if (!load(&lib))
		return absent(LIBRARY);
	attributes = lib.table_new(lib.str_hash, lib.str_equal);
	lib.table_insert(attributes, "vault", (void *)id);
	if (strcmp(verb, "get") == 0)
		return get(&lib, attributes);
	if (strcmp(verb, "put") == 0)
		return put(&lib, attributes, label);
	if (strcmp(verb, "remove") == 0)
		return drop(&lib, attributes);
	return absent(verb);
}
