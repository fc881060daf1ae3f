/*
 * Life cycle of one run of the program: start_field → its output's end and its
 * exit, in either order, each closing its handle → next_field when both are
 * closed. prompt_askpass_close may come at any time: it ends the program, and
 * the last handle to close frees.
 */
#include "cli/prompt_askpass.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/ask_text.h"

struct prompt_askpass {
	uv_loop_t *loop;
	uv_process_t process;
	uv_pipe_t output;
	unsigned open_handles;
	bool closed; /* prompt_askpass_close was called */
	int64_t status;
	char *program;
	struct prompt *prompt;
	struct trouble trouble;
	prompt_askpass_fn *on_answer;
	void *arg;
	unsigned at;
	struct secret answer[PROMPT_FIELDS_MAX];
	size_t have;
	char text[PROMPT_ASKPASS_MAX];
};

static int start_field(struct prompt_askpass *p);

static void destroy(struct prompt_askpass *p)
{
	for (unsigned i = 0; i < PROMPT_FIELDS_MAX; i++)
		secret_done(&p->answer[i]);
	secret_wipe(p->text, sizeof(p->text));
	prompt_free(p->prompt);
	free(p->program);
	free(p);
}

static bool confirms(const struct prompt_askpass *p)
{
	return p->prompt->kind == PROMPT_HOST_KEY;
}

/* The program's output up to the line's end; false: not an answer. A dialog
 * that only confirms prints nothing. */
static bool take_answer(struct prompt_askpass *p)
{
	struct secret *answer = &p->answer[p->at];
	size_t n = 0;

	while (n < p->have && p->text[n] != '\n' && p->text[n] != '\r')
		n++;
	if (p->status != 0 || p->have == sizeof(p->text) ||
		memchr(p->text, '\0', n) != NULL)
		return false;
	if (confirms(p) && n == 0)
		secret_set(answer, "yes", 3);
	else
		secret_set(answer, p->text, n);
	secret_wipe(p->text, p->have);
	p->have = 0;
	return ask_text_accept(p->prompt, &p->trouble, answer);
}

static void next_field(struct prompt_askpass *p)
{
	if (!take_answer(p))
		p->on_answer(p->arg, NULL, 0);
	else if (++p->at >= p->prompt->n_fields)
		p->on_answer(p->arg, p->answer, p->prompt->n_fields);
	else if (start_field(p) < 0)
		p->on_answer(p->arg, NULL, 0);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct prompt_askpass *p = handle->data;

	if (--p->open_handles != 0)
		return;
	if (p->closed)
		destroy(p);
	else
		next_field(p);
}

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, on_handle_closed);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct prompt_askpass *p = handle->data;

	*ret = uv_buf_init(
		p->text + p->have, (unsigned)(sizeof(p->text) - p->have));
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct prompt_askpass *p = stream->data;

	if (n > 0)
		p->have += (size_t)n;
	if (n >= 0 && p->have < sizeof(p->text))
		return;
	close_handle((uv_handle_t *)stream);
	if (p->have == sizeof(p->text))
		uv_process_kill(&p->process, SIGTERM);
}

static void on_exit_of_program(
	uv_process_t *process, int64_t status, int signum)
{
	struct prompt_askpass *p = process->data;

	p->status = signum != 0 ? 128 + signum : status;
	close_handle((uv_handle_t *)process);
}

static char **environment(const struct prompt_askpass *p)
{
	extern char **environ;
	size_t n = 0, kept = 0;
	char **list;

	while (environ[n] != NULL)
		n++;
	list = mem_zalloc(n + 2, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "SSH_ASKPASS_PROMPT=", 19) != 0)
			list[kept++] = environ[i];
	if (confirms(p))
		list[kept++] = (char *)"SSH_ASKPASS_PROMPT=confirm";
	return list;
}

static int spawn(struct prompt_askpass *p, char *question)
{
	char *args[] = {p->program, question, NULL};
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_IGNORE},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
			.data.stream = (uv_stream_t *)&p->output},
		{.flags = UV_INHERIT_FD, .data.fd = 2},
	};
	uv_process_options_t o = {.exit_cb = on_exit_of_program,
		.file = p->program,
		.args = args,
		.stdio_count = 3,
		.stdio = stdio};
	int r;

	o.env = environment(p);
	r = uv_spawn(p->loop, &p->process, &o);
	free(o.env);
	return r;
}

static int start_field(struct prompt_askpass *p)
{
	struct buf question = BUF_INIT;
	int r;

	if (p->at == 0)
		ask_text_head(p->prompt, &p->trouble, &question);
	ask_text_field(p->prompt, p->at, &question);
	buf_put_u8(&question, 0);
	p->process.data = p->output.data = p;
	if (uv_pipe_init(p->loop, &p->output, 0) < 0) {
		buf_done(&question);
		return -ERR_SYSTEM;
	}
	r = spawn(p, (char *)buf_ptr(&question));
	buf_done(&question);
	p->open_handles =
		2; /* uv_spawn initialises its handle even on failure */
	if (r == 0)
		r = uv_read_start(
			(uv_stream_t *)&p->output, on_alloc, on_output);
	if (r < 0) {
		close_handle((uv_handle_t *)&p->output);
		close_handle((uv_handle_t *)&p->process);
		return -ERR_SYSTEM;
	}
	return 0;
}

int prompt_askpass_open(uv_loop_t *loop, const char *program,
	const struct prompt *prompt, const struct trouble *trouble,
	prompt_askpass_fn *on_answer, void *arg,
	struct prompt_askpass **ret_prompt)
{
	struct prompt_askpass *p = mem_zalloc(1, sizeof(*p));

	p->loop = loop;
	p->program = mem_strdup(program);
	p->prompt = prompt_copy(prompt);
	p->trouble = *trouble;
	p->on_answer = on_answer;
	p->arg = arg;
	if (start_field(p) < 0) {
		prompt_askpass_close(p);
		return -ERR_SYSTEM;
	}
	*ret_prompt = p;
	return 0;
}

void prompt_askpass_close(struct prompt_askpass *p)
{
	if (p == NULL)
		return;
	p->closed = true;
	if (p->open_handles == 0) {
		destroy(p);
		return;
	}
	if (!uv_is_closing((uv_handle_t *)&p->process))
		uv_process_kill(&p->process, SIGTERM);
	close_handle((uv_handle_t *)&p->process);
	close_handle((uv_handle_t *)&p->output);
}
