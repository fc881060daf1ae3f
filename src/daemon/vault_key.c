#include "daemon/vault_key.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define BASE64      sodium_base64_VARIANT_ORIGINAL
#define RECIPE_NAME "argon2id"
#define SALT        crypto_pwhash_argon2id_SALTBYTES

/* RFC 9106 §4, where memory is scarce: three passes over 64 MiB. */
#define PASSES    3
#define MEMORY_KB 65536
/* A recipe of somebody else's making is not to eat the machine. */
#define PASSES_MAX    16
#define MEMORY_MAX_KB (1024 * 1024)

static_assert(VAULT_KEY_TEXT == sodium_base64_ENCODED_LEN(VAULT_BOX_KEY, 1),
	"the text of a key and its NUL");

uint8_t *vault_key_alloc(void)
{
	uint8_t *key = sodium_malloc(VAULT_BOX_KEY);

	if (key == NULL) {
		fputs("taupe: out of memory\n", stderr);
		abort();
	}
	return key;
}

void vault_key_free(uint8_t *key)
{
	sodium_free(key);
}

void vault_key_format(
	const uint8_t key[VAULT_BOX_KEY], char ret_text[VAULT_KEY_TEXT])
{
	sodium_bin2base64(ret_text, VAULT_KEY_TEXT, key, VAULT_BOX_KEY, BASE64);
}

int vault_key_parse(const char *text, size_t n, uint8_t ret_key[VAULT_BOX_KEY])
{
	uint8_t key[VAULT_BOX_KEY];
	size_t len = 0;
	int err = -ERR_INVALID;

	if (sodium_base642bin(
		    key, sizeof(key), text, n, "\n", &len, NULL, BASE64) == 0 &&
		len == sizeof(key)) {
		memcpy(ret_key, key, sizeof(key));
		err = 0;
	}
	secret_wipe(key, sizeof(key));
	return err;
}

/* ---- the file ---- */

static char *file_path(const char *folder, const char *suffix)
{
	return mem_printf("%s/secret.key%s", folder, suffix);
}

static int write_key(const char *path, const uint8_t *key)
{
	char text[VAULT_KEY_TEXT];
	int fd, error = 0;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	vault_key_format(key, text);
	text[VAULT_KEY_TEXT - 1] = '\n';
	errno = ENOSPC;
	if (write(fd, text, sizeof(text)) != (ssize_t)sizeof(text) ||
		fsync(fd) != 0)
		error = errno;
	secret_wipe(text, sizeof(text));
	close(fd);
	return error;
}

static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd) != 0)
		error = errno;
	close(fd);
	return error;
}

int vault_key_make_file(const char *folder, uint8_t ret_key[VAULT_BOX_KEY],
	struct trouble *trouble)
{
	char *path = file_path(folder, ""), *fresh = file_path(folder, ".new");
	uint8_t *key = vault_key_alloc();
	int error, err = 0;

	randombytes_buf(key, VAULT_BOX_KEY);
	unlink(fresh);
	error = write_key(fresh, key);
	if (error == 0 && rename(fresh, path) != 0)
		error = errno;
	if (error == 0)
		error = sync_folder(folder);
	if (error == 0) {
		memcpy(ret_key, key, VAULT_BOX_KEY);
	} else {
		unlink(fresh);
		err = file_trouble(trouble, ERR_FILE, path, error);
	}
	vault_key_free(key);
	free(fresh);
	free(path);
	return err;
}

static int read_key(
	int fd, const char *path, uint8_t *ret_key, struct trouble *trouble)
{
	struct buf text = BUF_INIT;
	struct stat st;
	int err;

	if (fstat(fd, &st) != 0)
		return file_trouble(trouble, ERR_FILE, path, errno);
	if (st.st_uid != geteuid())
		return file_refuse(trouble, path, "it belongs to another user");
	if ((st.st_mode & 077) != 0)
		return file_refuse(trouble, path,
			"refused, as others can read it: chmod 600");
	err = file_read_fd(fd, path, VAULT_KEY_TEXT, &text, trouble);
	if (err == 0 && vault_key_parse((const char *)buf_ptr(&text),
				buf_len(&text), ret_key) < 0)
		err = file_refuse(trouble, path, "it holds no key of taupe's");
	buf_wipe_done(&text);
	return err;
}

int vault_key_read_file(const char *folder, uint8_t ret_key[VAULT_BOX_KEY],
	struct trouble *trouble)
{
	char *path = file_path(folder, "");
	int err,
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		err = file_trouble(trouble,
			errno == ENOENT ? ERR_NOT_FOUND : ERR_FILE, path,
			errno);
	} else {
		err = read_key(fd, path, ret_key, trouble);
		close(fd);
	}
	free(path);
	return err;
}

void vault_key_remove_file(const char *folder)
{
	char *path = file_path(folder, "");

	unlink(path);
	free(path);
}

/* ---- the passphrase ---- */

void vault_key_new_recipe(char ret_recipe[VAULT_KEY_RECIPE])
{
	char text[sodium_base64_ENCODED_LEN(SALT, BASE64)];
	uint8_t salt[SALT];

	randombytes_buf(salt, sizeof(salt));
	sodium_bin2base64(text, sizeof(text), salt, sizeof(salt), BASE64);
	snprintf(ret_recipe, VAULT_KEY_RECIPE, RECIPE_NAME " t=%u m=%u %s",
		PASSES, MEMORY_KB, text);
}

/* "<name>=<number> " at *at, which moves behind it. */
static bool take_number(const char **at, const char *name, unsigned long least,
	unsigned long most, unsigned long *ret_number)
{
	size_t n = strlen(name);
	char *end;

	if (strncmp(*at, name, n) != 0 || (*at)[n] < '0' || (*at)[n] > '9')
		return false;
	errno = 0;
	*ret_number = strtoul(*at + n, &end, 10);
	if (errno != 0 || *end != ' ' || *ret_number < least ||
		*ret_number > most)
		return false;
	*at = end + 1;
	return true;
}

static bool parse_recipe(const char *recipe, unsigned long *ret_passes,
	unsigned long *ret_memory_kb, uint8_t ret_salt[SALT])
{
	const char *at = recipe;
	size_t len = 0;

	return take_number(&at, RECIPE_NAME " t=", 1, PASSES_MAX, ret_passes) &&
	       take_number(&at, "m=", 8, MEMORY_MAX_KB, ret_memory_kb) &&
	       sodium_base642bin(ret_salt, SALT, at, strlen(at), NULL, &len,
		       NULL, BASE64) == 0 &&
	       len == SALT;
}

int vault_key_derive(const char *recipe, const struct secret *passphrase,
	uint8_t ret_key[VAULT_BOX_KEY], struct trouble *trouble)
{
	unsigned long passes, memory_kb;
	uint8_t salt[SALT];

	if (!parse_recipe(recipe, &passes, &memory_kb, salt))
		return trouble_say(trouble, ERR_STORE_DAMAGED,
			"how the passphrase becomes a key");
	if (crypto_pwhash(ret_key, VAULT_BOX_KEY, passphrase->p,
		    passphrase->len, salt, passes, memory_kb * 1024,
		    crypto_pwhash_ALG_ARGON2ID13) != 0)
		return trouble_say(trouble, ERR_SYSTEM, "%s", strerror(ENOMEM));
	return 0;
}
