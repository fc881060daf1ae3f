#include "daemon/vault_keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/keyring.h"
#include "daemon/vault_key.h"

#define ANSWER_MAX 512 /* bytes: a key, or why there is none */

extern char **environ;

void vault_keyring_new_id(char ret_id[VAULT_KEYRING_ID])
{
	uint8_t id[VAULT_KEYRING_ID / 2];

	randombytes_buf(id, sizeof(id));
	sodium_bin2hex(ret_id, VAULT_KEYRING_ID, id, sizeof(id));
}

bool vault_keyring_is_near(void)
{
	const char *bus = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *path;
	bool near;

	if (bus != NULL && *bus != '\0')
		return true;
	if (runtime == NULL || *runtime != '/')
		return false;
	path = mem_printf("%s/bus", runtime);
	near = access(path, F_OK) == 0;
	free(path);
	return near;
}

/* ---- the child ---- */

struct child {
	pid_t pid;
	int fd; /* its stdin and stdout */
};

static int start(struct child *c, const char *verb, const char *id)
{
	char *argv[] = {"taupe", "keyring", (char *)verb, (char *)id, NULL};
	posix_spawn_file_actions_t files;
	int pair[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return errno;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, pair[1], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, pair[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(
		&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawn(
		&c->pid, "/proc/self/exe", &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	close(pair[1]);
	if (error == 0)
		c->fd = pair[0];
	else
		close(pair[0]);
	return error;
}

/* Until it closes its end, or too late: false. */
static bool hear(struct child *c, struct buf *answer)
{
	uint64_t end_ms = clock_mono_ms() + VAULT_KEYRING_MS, now;
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	while (buf_len(answer) < ANSWER_MAX &&
		(now = clock_mono_ms()) < end_ms) {
		ssize_t n;

		if (poll(&p, 1, (int)(end_ms - now)) <= 0)
			continue;
		n = read(c->fd, buf_reserve(answer, ANSWER_MAX), ANSWER_MAX);
		if (n > 0)
			buf_commit(answer, (size_t)n);
		else if (n == 0 || errno != EINTR)
			return n == 0;
	}
	return false;
}

static int status_of(struct child *c)
{
	int status;

	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return KEYRING_ABSENT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : KEYRING_ABSENT;
}

static int fail(struct trouble *trouble, int status, const struct buf *answer)
{
	char why[128];

	switch (status) {
	case KEYRING_NOTHING:
		return trouble_say(trouble, ERR_NOT_FOUND,
			"the keyring does not hold the key");
	case KEYRING_LOCKED:
		return trouble_say(
			trouble, ERR_VAULT_LOCKED, "the keyring is locked");
	default:
		clean_line(why, sizeof(why), buf_ptr(answer), buf_len(answer));
		return trouble_say(trouble, ERR_AGAIN, "%s: %s",
			"the keyring does not answer", why);
	}
}

/* `say`: what it reads; NULL: nothing. */
static int ask(const char *verb, const char *id, const char *say,
	struct buf *answer, struct trouble *trouble)
{
	struct child c = {.fd = -1};
	int error = start(&c, verb, id), status;
	bool ended;

	if (error != 0)
		return trouble_say(trouble, ERR_SYSTEM, "%s", strerror(error));
	if (say != NULL && send(c.fd, say, strlen(say), MSG_NOSIGNAL) < 0) {
		/* Then it has ended, and its status says why. */
	}
	shutdown(c.fd, SHUT_WR);
	ended = hear(&c, answer);
	close(c.fd);
	if (!ended) {
		kill(c.pid, SIGKILL);
		buf_clear(answer);
	}
	status = status_of(&c);
	return status == KEYRING_DONE ? 0 : fail(trouble, status, answer);
}

int vault_keyring_get(
	const char *id, uint8_t ret_key[VAULT_BOX_KEY], struct trouble *trouble)
{
	struct buf answer = BUF_INIT;
	int err = ask("get", id, NULL, &answer, trouble);

	if (err == 0 && vault_key_parse((const char *)buf_ptr(&answer),
				buf_len(&answer), ret_key) < 0)
		err = trouble_say(trouble, ERR_NOT_FOUND,
			"the keyring does not hold the key");
	buf_wipe_done(&answer);
	return err;
}

int vault_keyring_put(const char *id, const uint8_t key[VAULT_BOX_KEY],
	struct trouble *trouble)
{
	struct buf answer = BUF_INIT;
	char text[VAULT_KEY_TEXT];
	int err;

	vault_key_format(key, text);
	err = ask("put", id, text, &answer, trouble);
	secret_wipe(text, sizeof(text));
	buf_done(&answer);
	return err;
}

int vault_keyring_remove(const char *id, struct trouble *trouble)
{
	struct buf answer = BUF_INIT;
	int err = ask("remove", id, NULL, &answer, trouble);

	buf_done(&answer);
	return err;
}
