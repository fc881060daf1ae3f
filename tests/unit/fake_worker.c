/*
 * A worker that carries nothing and plays a script instead: for the tests of
 * the command line, and to look at its displays.
 *
 * TAUPE_FAKE names the script, one step a line; '~' stands for a space inside a
 * word. Steps go on with the first forward started, one after the other:
 *
 *   server STATE [args]           forward ID STATE [port=N] [args]
 *   link NO up|down [args]        target ID args
 *   prompt ID KIND about [retry] [echo] field…    (raised)
 *   await ID                      waits, then says what was answered as a
 * banner gone ID    banner text    notice key [args]    wait MS    stop
 *
 * args: err=CODE next=MS up=MS, and any name=value of the trouble. A started
 * server's end is "stopped" when it is told to stop.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tunnel/worker.h"

#define ANSWER_MAX 512
#define WORDS_MAX  24

struct worker {
	worker_event_fn *on_event;
	void *arg;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool started, ending, hangs; /* under the mutex, as all below */
	unsigned stops;              /* asked for, not yet told as done */
	uint32_t answered;           /* the prompt, or 0 */
	char answer[ANSWER_MAX];
	uint32_t n_forwards, requests; /* control thread only */
	char *script;
};

static void emit(struct worker *w, struct event *e)
{
	e->wall_ms = clock_wall_ms();
	w->on_event(w->arg, e);
}

/* ---- the script's words ---- */

static size_t split(char *line, char *words[WORDS_MAX])
{
	char *save = NULL;
	size_t n = 0;

	for (char *word = strtok_r(line, " \n", &save);
		word != NULL && n < WORDS_MAX;
		word = strtok_r(NULL, " \n", &save)) {
		for (char *c = word; *c != '\0'; c++)
			if (*c == '~')
				*c = ' ';
		words[n++] = word;
	}
	return n;
}

static enum tunnel_state state_of(const char *name)
{
	for (int s = 0; s < STATE_COUNT; s++)
		if (strcmp(tunnel_state_name((enum tunnel_state)s), name) == 0)
			return (enum tunnel_state)s;
	return STATE_ERROR;
}

static enum err err_of(const char *name)
{
	for (int e = 0; e < ERR_COUNT; e++)
		if (strcmp(err_name(e), name) == 0)
			return (enum err)e;
	return ERR_INTERNAL;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

/* Argument names are literals to a trouble. */
static const char *literal(const char *name, size_t n)
{
	static const char *const names[] = {"host", "address", "port",
		"seconds", "detail", "type", "fingerprint", "recorded", "file",
		"line", "user", "tried", "offered", "about", "destination",
		"holder", "next_port", "right"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return names[i];
	return "detail";
}

static void apply_args(struct event *e, char **words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = strchr(words[i], '=');

		if (value == NULL)
			continue;
		value++;
		if (strncmp(words[i], "err=", 4) == 0)
			e->trouble.code = err_of(value);
		else if (strncmp(words[i], "next=", 5) == 0)
			e->next_try_ms = number(value);
		else if (strncmp(words[i], "up=", 3) == 0)
			e->up_ms = number(value);
		else if (strncmp(words[i], "bound=", 6) == 0)
			e->bound_port = (uint16_t)number(value);
		else
			trouble_arg(&e->trouble,
				literal(words[i],
					(size_t)(value - words[i]) - 1),
				"%s", value);
	}
}

static enum prompt_kind kind_of(const char *name)
{
	for (int k = 0; k < PROMPT_KIND_COUNT; k++)
		if (strcmp(prompt_kind_name((enum prompt_kind)k), name) == 0)
			return (enum prompt_kind)k;
	return PROMPT_KEYBOARD;
}

/* prompt ID KIND about words… */
static void raise_prompt(struct worker *w, char **words, size_t n)
{
	struct event *e = event_new(EVENT_PROMPT, 1);
	struct prompt *p = prompt_new(
		kind_of(n > 2 ? words[2] : ""), n > 3 ? words[3] : "");
	bool echo = p->kind == PROMPT_HOST_KEY;

	e->prompt_id = number(words[1]);
	e->prompt = p;
	if (p->kind == PROMPT_HOST_KEY) {
		trouble_set(&e->trouble, ERR_HOST_KEY_UNKNOWN);
		trouble_arg(&e->trouble, "host", "%s", p->about);
		trouble_arg(&e->trouble, "type", "ED25519");
		trouble_arg(&e->trouble, "fingerprint", "SHA256:abcdef");
	}
	for (size_t i = 4; i < n; i++) {
		struct slice text = {
			(const uint8_t *)words[i], strlen(words[i])};

		if (strcmp(words[i], "retry") == 0)
			p->retry = true;
		else if (strcmp(words[i], "echo") == 0)
			echo = true;
		else
			prompt_add(p, text, echo);
	}
	if (p->n_fields == 0)
		prompt_add(p, (struct slice){(const uint8_t *)"", 0}, echo);
	emit(w, e);
}

/* ---- the thread ---- */

static void tell_stopped(struct worker *w)
{
	struct event *e = event_new(w->hangs ? EVENT_BANNER : EVENT_SERVER, 1);

	if (w->hangs) {
		e->text = mem_strdup("Hanging");
		emit(w, e);
		return;
	}
	e->state = STATE_DISCONNECTED;
	emit(w, e);
	emit(w, event_new(EVENT_STOPPED, 1));
}

/* With the mutex held: waits until `ms` have gone, an answer has come for
 * `prompt` (when it is not 0), or the thread has to end. Tells stops meanwhile.
 */
static void pause_script(struct worker *w, uint32_t ms, uint32_t prompt)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!w->ending) {
		if (w->stops != 0) {
			w->stops--;
			w->started = false;
			pthread_mutex_unlock(&w->mutex);
			tell_stopped(w);
			pthread_mutex_lock(&w->mutex);
			continue;
		}
		if (w->started && prompt != 0 && w->answered == prompt)
			break;
		if (w->started && ms != 0) {
			if (pthread_cond_timedwait(
				    &w->changed, &w->mutex, &until) != 0)
				break;
		} else if (w->started && prompt == 0) {
			break;
		} else {
			pthread_cond_wait(&w->changed, &w->mutex);
		}
	}
}

static void await_answer(struct worker *w, uint32_t id)
{
	struct event *e = event_new(EVENT_BANNER, 1), *gone;

	pthread_mutex_lock(&w->mutex);
	pause_script(w, 0, id);
	e->text = mem_printf("answer: %s", w->answer);
	w->answered = 0;
	pthread_mutex_unlock(&w->mutex);
	gone = event_new(EVENT_PROMPT_GONE, 1);
	gone->prompt_id = id;
	emit(w, gone);
	emit(w, e);
}

static void step(struct worker *w, char **words, size_t n)
{
	static const struct {
		const char *word;
		enum event_kind kind;
	} kinds[] = {{"server", EVENT_SERVER}, {"link", EVENT_LINK},
		{"forward", EVENT_FORWARD}, {"target", EVENT_TARGET},
		{"gone", EVENT_PROMPT_GONE}, {"banner", EVENT_BANNER},
		{"notice", EVENT_NOTICE}, {"stop", EVENT_STOPPED}};
	const char *first = n > 1 ? words[1] : "",
		   *second = n > 2 ? words[2] : "";
	struct event *e;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(words[0], kinds[i].word) != 0)
			continue;
		e = event_new(kinds[i].kind, 1);
		if (e->kind == EVENT_SERVER)
			e->state = state_of(first);
		else if (e->kind == EVENT_FORWARD || e->kind == EVENT_TARGET)
			e->forward_id = number(first);
		else if (e->kind == EVENT_LINK)
			e->link_no = number(first);
		else if (e->kind == EVENT_PROMPT_GONE)
			e->prompt_id = number(first);
		else if (n > 1)
			e->text = mem_strdup(first);
		if (e->kind == EVENT_FORWARD)
			e->state = state_of(second);
		e->up = strcmp(second, "up") == 0;
		apply_args(e, words + 1, n - 1);
		emit(w, e);
	}
}

static void *play(void *arg)
{
	struct worker *w = arg;
	char *save = NULL, *words[WORDS_MAX];

	for (char *line = strtok_r(w->script, "\n", &save);
		line != NULL && !w->ending;
		line = strtok_r(NULL, "\n", &save)) {
		size_t n = split(line, words);

		pthread_mutex_lock(&w->mutex);
		pause_script(w,
			n > 1 && strcmp(words[0], "wait") == 0
				? number(words[1])
				: 0,
			0);
		w->hangs |= n > 0 && strcmp(words[0], "hang") == 0;
		pthread_mutex_unlock(&w->mutex);
		if (n > 1 && strcmp(words[0], "prompt") == 0)
			raise_prompt(w, words, n);
		else if (n > 1 && strcmp(words[0], "await") == 0)
			await_answer(w, number(words[1]));
		else if (n > 0)
			step(w, words, n);
	}
	pthread_mutex_lock(&w->mutex);
	pause_script(w, 0, UINT32_MAX);
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* ---- worker.h ---- */

static char *load_script(void)
{
	const char *path = getenv("TAUPE_FAKE");
	FILE *f = path != NULL ? fopen(path, "r") : NULL;
	char *text = mem_zalloc(1, 64 * 1024);

	if (f == NULL)
		return text;
	text[fread(text, 1, 64 * 1024 - 1, f)] = '\0';
	fclose(f);
	return text;
}

struct worker *worker_new(worker_event_fn *on_event, void *arg)
{
	struct worker *w = mem_zalloc(1, sizeof(*w));

	w->on_event = on_event;
	w->arg = arg;
	w->script = load_script();
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->changed, NULL);
	pthread_create(&w->thread, NULL, play, w);
	return w;
}

bool worker_free(struct worker *w)
{
	pthread_mutex_lock(&w->mutex);
	w->ending = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->mutex);
	free(w->script);
	free(w);
	return true;
}

void worker_add_server(struct worker *w, const struct server_config *config)
{
}

void worker_stop_server(struct worker *w, uint32_t server_id)
{
	pthread_mutex_lock(&w->mutex);
	w->stops++;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

void worker_start_forward(struct worker *w, uint32_t server_id,
	uint32_t forward_id, const struct forward_spec *spec)
{
	if (forward_id > w->n_forwards)
		w->n_forwards = forward_id;
	pthread_mutex_lock(&w->mutex);
	w->started = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

void worker_stop_forward(
	struct worker *w, uint32_t server_id, uint32_t forward_id)
{
}

void worker_answer(struct worker *w, uint32_t server_id, uint32_t prompt_id,
	const struct secret *answers, size_t n)
{
	size_t at = 0;

	pthread_mutex_lock(&w->mutex);
	snprintf(w->answer, sizeof(w->answer), "cancelled");
	for (size_t i = 0; answers != NULL && i < n; i++)
		at += (size_t)snprintf(w->answer + at, sizeof(w->answer) - at,
			"[%.60s]", answers[i].p);
	w->answered = prompt_id;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

void worker_request_stats(struct worker *w, uint32_t server_id)
{
	struct event *e = event_new(EVENT_STATS, server_id);
	uint32_t n = w->n_forwards, r = ++w->requests;

	e->stats = mem_zalloc(
		1, sizeof(*e->stats) + n * sizeof(e->stats->forward[0]));
	e->stats->links = 1;
	e->stats->rtt_us = 12300;
	e->stats->n_forwards = n;
	snprintf(e->stats->cipher, sizeof(e->stats->cipher),
		"aes128-gcm@openssh.com");
	for (uint32_t i = 0; i < n; i++)
		e->stats->forward[i] = (struct stats_forward){
			.forward_id = i + 1,
			.state = STATE_CONNECTED,
			.connections = i * 3 + r % 2,
			.connections_total = i * 3 + r,
			.bytes_in = (uint64_t)r * r * 123456 * i,
			.bytes_out = (uint64_t)r * 4321 * (i + 1),
		};
	emit(w, e);
}

void worker_request_conns(struct worker *w, uint32_t server_id,
	uint32_t forward_id, uint32_t request)
{
}

void worker_kill_conn(struct worker *w, uint32_t server_id, uint64_t conn_id)
{
}

void worker_test_forward(struct worker *w, uint32_t server_id,
	const struct forward_spec *spec, uint32_t request)
{
}

void worker_retry(struct worker *w, uint32_t server_id)
{
}

void worker_probe(struct worker *w)
{
}
