#include "cli/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "base/secret.h"
#include "cli/client_url.h"
#include "cli/curl_late.h"
#include "cli/problem.h"
#include "cli/text.h"

/* The longest answer is the list of some thousand forwards. */
#define ANSWER_MAX (64u << 20)
/* No answer takes that long unless the daemon hangs. */
#define ANSWER_SECONDS 60L
/* Read at once: lists are long. */
#define PIECE_BYTES (256L << 10)

struct client {
	CURL *easy;
	char *socket;
	json_t *problem;
	const struct args_option *options; /* NULL: none were named */
};

struct answer {
	struct buf text;
	bool too_long;
};

struct client *client_new(const char *socket_path)
{
	struct client *c;

	/* No TLS here: nothing of it is to be made ready. */
	if (!curl_late_load() || curl_global_init(CURL_GLOBAL_NOTHING) != 0)
		return NULL;
	c = mem_zalloc(1, sizeof(*c));
	c->easy = curl_easy_init();
	if (c->easy == NULL) {
		free(c);
		return NULL;
	}
	c->socket = mem_strdup(socket_path);
	return c;
}

void client_free(struct client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->easy);
	json_decref(c->problem);
	free(c->socket);
	free(c);
}

const char *client_socket(const struct client *c)
{
	return c->socket;
}

static size_t on_text(char *text, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;

	if (buf_len(&a->text) + n > ANSWER_MAX) {
		a->too_long = true;
		return 0;
	}
	buf_put(&a->text, text, n);
	return n;
}

static void no_daemon(struct client *c, const char *key)
{
	json_decref(c->problem);
	c->problem = problem_new(ERR_DAEMON_ABSENT, catalog_get(key),
		catalog_get("offer.daemon_absent"));
}

/* libcurl's verdict: the daemon is not there, or left in the middle. */
static int judge_transfer(struct client *c, CURLcode r, const struct answer *a)
{
	if (r == CURLE_OK)
		return 0;
	if (r == CURLE_COULDNT_CONNECT) {
		no_daemon(c, "cli.no_daemon");
		return -ERR_DAEMON_ABSENT;
	}
	if (a->too_long || r == CURLE_OPERATION_TIMEDOUT) {
		json_decref(c->problem);
		c->problem = problem_new(
			ERR_TIMEOUT, catalog_get("cli.daemon_silent"), "");
		return -ERR_TIMEOUT;
	}
	no_daemon(c, "cli.daemon_left");
	return -ERR_DAEMON_ABSENT;
}

static int judge_status(struct client *c, const struct answer *a)
{
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return 0;
	json_decref(c->problem);
	c->problem = problem_read(
		(const char *)buf_ptr(&a->text), buf_len(&a->text), status);
	return -problem_code(c->problem);
}

static int transfer(struct client *c, const char *method, const char *path,
	const void *body, size_t n, struct answer *a)
{
	struct curl_slist *headers = NULL;
	char *url = client_url_make(path);
	int r;

	curl_easy_reset(c->easy);
	client_url_prepare(c->easy, c->socket, url);
	headers = client_url_headers(body != NULL);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT, ANSWER_SECONDS);
	curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, PIECE_BYTES);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_text);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, a);
	if (body != NULL) {
		curl_easy_setopt(
			c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body);
	} else if (strcmp(method, "POST") == 0) {
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE, 0L);
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, "");
	}
	curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, method);
	r = judge_transfer(c, curl_easy_perform(c->easy), a);
	if (r == 0)
		r = judge_status(c, a);
	curl_slist_free_all(headers);
	free(url);
	return r;
}

static int read_json(struct client *c, const struct answer *a, json_t **ret)
{
	json_error_t error;

	if (buf_len(&a->text) == 0) {
		*ret = json_null();
		return 0;
	}
	*ret = json_loadb((const char *)buf_ptr(&a->text), buf_len(&a->text),
		JSON_DECODE_ANY, &error);
	if (*ret != NULL)
		return 0;
	json_decref(c->problem);
	c->problem = problem_new(
		ERR_PROTOCOL, catalog_get("cli.daemon_babbles"), "");
	return -ERR_PROTOCOL;
}

int client_call(struct client *c, const char *method, const char *path,
	json_t *body, json_t **ret_json)
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	struct answer a = {0};
	int r;

	r = transfer(
		c, method, path, text, text != NULL ? strlen(text) : 0, &a);
	if (r == 0 && ret_json != NULL)
		r = read_json(c, &a, ret_json);
	buf_done(&a.text);
	free(text);
	json_decref(body);
	return r;
}

int client_send(struct client *c, const char *method, const char *path,
	const struct buf *body, json_t **ret_json)
{
	struct answer a = {0};
	int r = transfer(c, method, path, buf_ptr(body), buf_len(body), &a);

	if (r == 0 && ret_json != NULL)
		r = read_json(c, &a, ret_json);
	buf_done(&a.text);
	return r;
}

int client_fetch(struct client *c, const char *path, struct buf *ret_text)
{
	struct answer a = {0};
	int r = transfer(c, "GET", path, NULL, 0, &a);

	if (r == 0)
		*ret_text = a.text;
	else
		buf_done(&a.text);
	return r;
}

int client_get(struct client *c, json_t **ret_json, const char *fmt, ...)
{
	char path[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return client_call(c, "GET", path, NULL, ret_json);
}

int client_post(
	struct client *c, json_t *body, json_t **ret_json, const char *fmt, ...)
{
	char path[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return client_call(c, "POST", path, body, ret_json);
}

int client_delete(struct client *c, const char *fmt, ...)
{
	char path[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return client_call(c, "DELETE", path, NULL, NULL);
}

void client_set_options(struct client *c, const struct args_option *options)
{
	c->options = options;
}

const json_t *client_problem(const struct client *c)
{
	return c->problem;
}

int client_complain(const struct client *c)
{
	problem_complain(c->problem, c->options);
	return (int)problem_exit(c->problem);
}
