/* The HTTP interface without HTTP: a request's line, headers and body, through
 * guards, routes and handlers, over a store of its own. What would reach for
 * the network (a start, a test) ends at its handler's door.
 *
 * The first byte says from where the request comes (the Unix socket, its owner
 * or not, TCP, there with a token); then lines: "METHOD target", headers, an
 * empty one, the body. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "api/api_private.h"
#include "api/request_private.h"
#include "base/mem.h"
#include "daemon/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define INPUT_MAX   16384
#define HEADERS_MAX 16
#define KEPT_MAX    40

static uv_loop_t loop;
static struct control *control;
static struct api *api;
static char bearer[16 + ACCESS_VALUE]; /* of a token */

static char folder[64];

static int remove_one(
	const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static void remove_folder(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void do_nothing(void *arg)
{
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char path[96];
	struct api_config config = {.loop = &loop,
		.state_dir = folder,
		.socket_fd = -1,
		.socket_path = path,
		.listen = "127.0.0.1:0",
		.on_shutdown = do_nothing,
		.on_reload = do_nothing};
	const struct store_access *token;
	struct trouble trouble;
	struct store *store;
	struct vault *vault;

	/* The vault would run this very program to ask a keyring. */
	if (strcmp((*argv)[0], "taupe") == 0)
		_exit(EXIT_FAILURE);
	snprintf(folder, sizeof(folder), "%s/taupe-fuzz-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(folder) == NULL)
		abort();
	atexit(remove_folder);
	/* Files of the machine's user are none of ours. */
	setenv("HOME", folder, 1);
	snprintf(path, sizeof(path), "%s/socket", folder);
	uv_loop_init(&loop);
	if (store_open(folder, &store, &trouble) != 0 ||
		store_set_setting(store, "secrets", "sealed", &trouble) != 0 ||
		vault_open(store, folder, &vault, &trouble) != 0 ||
		control_new(&(struct control_config){.loop = &loop,
				    .store = store,
				    .vault = vault,
				    .workers = 1},
			&control, &trouble) != 0)
		abort();
	config.control = control;
	if (api_new(&config, &api, &trouble) != 0)
		abort();
	snprintf(bearer, sizeof(bearer), "Bearer ");
	if (access_add_token(api->access, "fuzz", true, 0,
		    bearer + strlen(bearer), &token, &trouble) != 0)
		abort();
	return 0;
}

/* ---- one request ---- */

struct input {
	char *header[HEADERS_MAX]; /* "name: value" */
	size_t n_headers;
	bool has_token;
};

static const char *header(void *arg, const char *name)
{
	const struct input *in = arg;
	size_t n = strlen(name);

	if (in->has_token && strcasecmp(name, "Authorization") == 0)
		return bearer;
	if (in->has_token && strcasecmp(name, "Host") == 0)
		return api_listen(api);
	for (size_t i = 0; i < in->n_headers; i++)
		if (strncasecmp(in->header[i], name, n) == 0 &&
			in->header[i][n] == ':')
			return in->header[i] + n + 1;
	return NULL;
}

static void no_sleep(void *arg)
{
}

static bool reaches_out(const struct request *r)
{
	static const char *const words[] = {"start", "test", "reconnect",
		"import", "known-hosts", "settings/secrets", "unlock"};

	if (r->route == NULL || strcmp(r->route->method, "GET") == 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(r->route->pattern, words[i]) != NULL)
			return true;
	return request_flag(r, "start");
}

/* What was added does not pile up. */
static void tidy(void)
{
	const struct control_server *const *s;
	struct trouble trouble;
	size_t n;

	s = control_servers(control, &n);
	if (n <= KEPT_MAX)
		return;
	while (n > 0) {
		if (control_remove_server(control, s[0]->want.id, 0,
			    CONTROL_STOP, true, &trouble) != 0)
			break;
		s = control_servers(control, &n);
	}
}

/* What a token may never have done (docs/design.md). */
static void check_token(const struct request *r)
{
	if (r->grant.by == ACCESS_TOKEN && r->status < 300 &&
		r->route != NULL && r->route->scope == ROUTE_OWNER)
		abort();
}

static void check_answer(const struct request *r)
{
	if (r->state != REQUEST_ANSWERED)
		return;
	if (r->response == NULL || r->status < 200 || r->status > 599)
		abort();
	check_token(r);
}

static void serve(struct input *in, const char *method, const char *uri,
	const char *body, size_t n, uint8_t from)
{
	const struct request_source source = {
		.header = header,
		.pause = no_sleep,
		.resume = no_sleep,
		.arg = in,
		.local = (from & 1) == 0,
		.trusted = (from & 2) == 0,
	};
	struct request *r = request_new(api, uri);

	request_begin(r, &source, method);
	if (!reaches_out(r)) {
		request_take(r, body, n / 2);
		request_take(r, body + n / 2, n - n / 2);
		request_run(r);
	}
	for (int turns = 0; r->state == REQUEST_WAITING && turns < 4; turns++)
		uv_run(&loop, UV_RUN_NOWAIT);
	check_answer(r);
	request_gone(r);
	request_free(r);
	uv_run(&loop, UV_RUN_NOWAIT);
	tidy();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {0};
	char *text, *rest, *method, *uri, *line;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	text = mem_dup(data + 1, size - 1);
	rest = text;
	uri = strsep(&rest, "\n");
	method = strsep(&uri, " ");
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL &&
		*line != '\0')
		if (in.n_headers < HEADERS_MAX)
			in.header[in.n_headers++] = line;
	in.has_token = (data[0] & 4) != 0;
	if (uri != NULL)
		serve(&in, method, uri, rest != NULL ? rest : "",
			rest != NULL ? size - 1 - (size_t)(rest - text) : 0,
			data[0]);
	free(text);
	return 0;
}
