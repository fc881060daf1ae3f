#include "cli/prompt_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/ask_text.h"
#include "cli/term.h"

/* The kernel's line editor takes no longer line: N_TTY_BUF_SIZE. */
#define LINE_MAX_BYTES 4096

struct prompt_tty {
	uv_poll_t poll;
	int fd;
	struct prompt *prompt;
	struct trouble trouble;
	prompt_tty_fn *on_answer;
	void *arg;
	unsigned at; /* the field being asked */
	struct secret answer[PROMPT_FIELDS_MAX];
	size_t have; /* bytes of line[] */
	char line[LINE_MAX_BYTES];
};

bool prompt_tty_possible(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool possible = fd >= 0 && isatty(fd) && term_is_foreground(fd);

	if (fd >= 0)
		close(fd);
	return possible;
}

/* A terminal that takes nothing more shows less: the question stays the same.
 */
static void show(struct prompt_tty *p, struct buf *text)
{
	while (buf_len(text) != 0) {
		ssize_t n = write(p->fd, buf_ptr(text), buf_len(text));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		buf_consume(text, (size_t)n);
	}
	buf_done(text);
}

static void show_text(struct prompt_tty *p, const char *text)
{
	struct buf out = BUF_INIT;

	buf_put(&out, text, strlen(text));
	show(p, &out);
}

static bool echoes(const struct prompt_tty *p)
{
	return p->at < p->prompt->n_fields && p->prompt->field[p->at].echo;
}

static int show_field(struct prompt_tty *p)
{
	struct buf out = BUF_INIT;

	if (term_hush(p->fd, echoes(p)) < 0)
		return -ERR_SYSTEM;
	ask_text_field(p->prompt, p->at, &out);
	show(p, &out);
	return 0;
}

static void finish(struct prompt_tty *p, bool cancelled)
{
	uv_poll_stop(&p->poll);
	if (cancelled)
		p->on_answer(p->arg, NULL, 0);
	else
		p->on_answer(p->arg, p->answer, p->prompt->n_fields);
}

/* A whole line is there, without its end. */
static void on_line(struct prompt_tty *p)
{
	struct secret *answer = &p->answer[p->at];

	if (!echoes(p))
		show_text(p, "\n");
	secret_set(answer, p->line, p->have);
	secret_wipe(p->line, p->have);
	p->have = 0;
	if (!ask_text_accept(p->prompt, &p->trouble, answer)) {
		show_text(p, ask_text_again());
		return;
	}
	p->at++;
	if (p->at >= p->prompt->n_fields)
		finish(p, false);
	else if (show_field(p) < 0)
		finish(p, true);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct prompt_tty *p = poll->data;
	ssize_t n;

	if (status < 0) {
		finish(p, true);
		return;
	}
	n = read(p->fd, p->line + p->have, sizeof(p->line) - p->have);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		show_text(p, "\n");
		finish(p, true);
		return;
	}
	p->have += (size_t)n;
	if (p->line[p->have - 1] == '\n') {
		p->have--;
		on_line(p);
	} else if (p->have == sizeof(p->line)) {
		finish(p, true);
	}
}

int prompt_tty_open(uv_loop_t *loop, const char *path,
	const struct prompt *prompt, const struct trouble *trouble,
	prompt_tty_fn *on_answer, void *arg, struct prompt_tty **ret_prompt)
{
	struct prompt_tty *p = mem_zalloc(1, sizeof(*p));
	struct buf head = BUF_INIT;

	p->fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (p->fd < 0)
		goto fail;
	if (uv_poll_init(loop, &p->poll, p->fd) < 0)
		goto fail_fd;
	p->poll.data = p;
	p->prompt = prompt_copy(prompt);
	p->trouble = *trouble;
	p->on_answer = on_answer;
	p->arg = arg;
	ask_text_head(p->prompt, trouble, &head);
	show(p, &head);
	if (show_field(p) < 0 ||
		uv_poll_start(&p->poll, UV_READABLE, on_readable) < 0) {
		prompt_tty_close(p);
		return -ERR_SYSTEM;
	}
	*ret_prompt = p;
	return 0;
fail_fd:
	close(p->fd);
fail:
	free(p);
	return -ERR_SYSTEM;
}

void prompt_tty_suspend(struct prompt_tty *p)
{
	term_restore();
}

void prompt_tty_resume(struct prompt_tty *p)
{
	if (show_field(p) < 0)
		finish(p, true);
}

static void on_closed(uv_handle_t *handle)
{
	struct prompt_tty *p = handle->data;

	close(p->fd);
	free(p);
}

void prompt_tty_close(struct prompt_tty *p)
{
	if (p == NULL)
		return;
	term_restore();
	for (unsigned i = 0; i < PROMPT_FIELDS_MAX; i++)
		secret_done(&p->answer[i]);
	secret_wipe(p->line, sizeof(p->line));
	prompt_free(p->prompt);
	p->prompt = NULL;
	uv_close((uv_handle_t *)&p->poll, on_closed);
}
