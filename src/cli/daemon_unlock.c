#include "cli/daemon_unlock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalog.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/term.h"

#define PASSPHRASE_MAX 4096 /* bytes */
#define TRIES          3

/* The first line of what was read. */
static void take_line(const struct buf *text, struct secret *ret_passphrase)
{
	const uint8_t *p = buf_ptr(text), *end;
	size_t n = buf_len(text);

	end = memchr(p, '\n', n);
	if (end != NULL)
		n = (size_t)(end - p);
	secret_set(ret_passphrase, p, n);
}

static void read_stream(int fd, struct secret *ret_passphrase)
{
	struct buf text = BUF_INIT;
	ssize_t n;

	while (buf_len(&text) < PASSPHRASE_MAX &&
		((n = read(fd, buf_reserve(&text, 512), 512)) > 0 ||
			(n < 0 && errno == EINTR)))
		if (n > 0)
			buf_commit(&text, (size_t)n);
	take_line(&text, ret_passphrase);
	buf_wipe_done(&text);
	close(fd);
}

static bool read_credential(struct secret *ret_passphrase)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct buf text = BUF_INIT;
	bool found = false;
	char *path;

	if (folder == NULL || *folder != '/')
		return false;
	path = mem_printf("%s/taupe-passphrase", folder);
	if (file_read(path, PASSPHRASE_MAX, &text, NULL) == 0) {
		take_line(&text, ret_passphrase);
		found = true;
	}
	buf_wipe_done(&text);
	free(path);
	return found;
}

static bool try_one(struct vault *vault, const struct secret *passphrase)
{
	struct trouble trouble;

	return vault_unlock(vault, passphrase, &trouble) == 0;
}

/* One line, read as it is: stdio would keep a copy. Hushed first, so that what
 * is typed at the question's sight is taken, and not shown. */
static void ask_once(const char *question, struct secret *ret_passphrase)
{
	char line[PASSPHRASE_MAX];
	ssize_t n;

	if (term_hush(STDIN_FILENO, false) < 0)
		log_debug("the terminal's echo can't be switched off");
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	do
		n = read(STDIN_FILENO, line, sizeof(line));
	while (n < 0 && errno == EINTR);
	term_restore();
	fputc('\n', stderr);
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	secret_set(ret_passphrase, line, n > 0 ? (size_t)n : 0);
	secret_wipe(line, sizeof(line));
}

static void ask(struct vault *vault)
{
	const char *question = catalog_get("daemon.passphrase");
	struct secret passphrase = SECRET_INIT;
	bool empty = false;

	for (int i = 0; i < TRIES && !empty && vault_is_locked(vault); i++) {
		ask_once(question, &passphrase);
		empty = passphrase.len == 0;
		if (!empty && !try_one(vault, &passphrase))
			question = catalog_get("daemon.passphrase_wrong");
	}
	secret_done(&passphrase);
}

void daemon_unlock(struct vault *vault, int passphrase_fd)
{
	struct secret passphrase = SECRET_INIT;
	bool given = false;

	if (passphrase_fd >= 0) {
		read_stream(passphrase_fd, &passphrase);
		given = true;
	}
	if (vault_is_locked(vault) && vault_how(vault) == VAULT_PASSPHRASE) {
		given = given || read_credential(&passphrase);
		if (given && !try_one(vault, &passphrase))
			log_error("the passphrase that was handed over does "
				  "not open the secrets");
		else if (!given && isatty(STDIN_FILENO) != 0 &&
			 term_is_foreground(STDIN_FILENO))
			ask(vault);
	}
	secret_done(&passphrase);
	if (vault_is_locked(vault))
		log_warn("the secrets are locked");
}
