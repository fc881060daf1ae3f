#include "cli/confirm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalog.h"
#include "cli/exit_code.h"
#include "cli/term.h"

#define LINE_MAX_BYTES 4096

/* Without stdio, whose buffers nobody wipes. */
static int read_line(char *line, size_t size, size_t *ret_len)
{
	size_t n = 0;
	ssize_t r;

	while (n < size) {
		r = read(STDIN_FILENO, line + n, 1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 || (r == 0 && n == 0))
			return -ERR_CANCELLED;
		if (r == 0 || line[n] == '\n') {
			if (n != 0 && line[n - 1] == '\r')
				n--;
			*ret_len = n;
			return 0;
		}
		n++;
	}
	return -ERR_CANCELLED;
}

static bool is_yes(const char *line)
{
	static const char *const words[] = {"y", "yes", NULL};
	const char *yes = catalog_get("prompt.yes");

	for (int i = 0; words[i] != NULL; i++)
		if (strcasecmp(line, words[i]) == 0)
			return true;
	return strcasecmp(line, yes) == 0 ||
	       (line[0] != '\0' && line[1] == '\0' &&
		       strncasecmp(line, yes, 1) == 0);
}

static void show(const char *text)
{
	struct buf out = BUF_INIT;

	text_put_clean(&out, text, strlen(text));
	buf_put(&out, " ", 1);
	fwrite(buf_ptr(&out), 1, buf_len(&out), stderr);
	fflush(stderr);
	buf_done(&out);
}

int confirm_ask(const struct args *a, const char *sentence)
{
	char line[64];
	size_t n = 0;

	if (args_has(a, "--yes"))
		return 0;
	if (!isatty(STDIN_FILENO)) {
		text_complain(catalog_get("cli.give_yes"));
		return EXIT_CODE_INPUT;
	}
	show(sentence);
	show(catalog_get("cli.yes_no"));
	if (read_line(line, sizeof(line) - 1, &n) == 0) {
		line[n] = '\0';
		if (is_yes(line))
			return 0;
	}
	text_complain(catalog_get("cli.nothing_done"));
	return EXIT_CODE_OTHER;
}

int confirm_secret(const char *label, struct secret *ret_secret)
{
	char line[LINE_MAX_BYTES];
	bool typed = isatty(STDIN_FILENO);
	size_t n = 0;
	int r;

	if (typed) {
		if (term_hush(STDIN_FILENO, false) < 0)
			return -ERR_CANCELLED;
		show(label);
	}
	r = read_line(line, sizeof(line), &n);
	if (typed) {
		term_restore();
		fputc('\n', stderr);
	}
	if (r == 0)
		secret_set(ret_secret, line, n);
	secret_wipe(line, sizeof(line));
	return r;
}

int confirm_read(const char *label, struct secret *ret_secret)
{
	if (confirm_secret(label, ret_secret) == 0)
		return 0;
	text_complain(catalog_get("cli.no_secret"));
	return EXIT_CODE_INPUT;
}
