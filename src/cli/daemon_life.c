#include "cli/daemon_life.h"

#include <assert.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/catalog.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/daemon_shed.h"
#include "cli/daemon_unlock.h"
#include "cli/log_file.h"
#include "cli/text.h"
#include "daemon/control.h"
#include "daemon/lock.h"
#include "daemon/places.h"
#include "daemon/vault.h"
#include "store/store.h"
#include "tunnel/netwatch.h"

static const int signums[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
#define SIGNALS (sizeof(signums) / sizeof(signums[0]))

struct life {
	const struct daemon_args *args;
	struct service *service;
	struct places places;
	struct lock lock;
	struct store *store;
	struct vault *vault;
	uv_loop_t loop;
	struct control *control;
	struct api *api;
	struct netwatch *watch;
	uv_signal_t signal[SIGNALS];
	bool stopping;
	bool told;        /* to end, by a signal */
	bool on_terminal; /* stderr was one */
	char *log_level;  /* the setting that was applied last, or NULL */
};

/* ---- the log ---- */

/* The setting counts when it changes; so what the command line or a signal
 * chose stays until then. */
static void apply_log_level(struct life *l)
{
	enum log_level level;
	struct trouble why;
	char *name = NULL;

	if (store_get_setting(l->store, "log_level", &name, &why) < 0)
		return;
	if (name != NULL &&
		(l->log_level == NULL || strcmp(name, l->log_level) != 0) &&
		log_level_parse(name, &level))
		log_set_level(level);
	free(l->log_level);
	l->log_level = name;
}

static void choose_log_level(struct life *l)
{
	log_set_level(LOG_INFO);
	apply_log_level(l);
	if (l->args->has_level)
		log_set_level(l->args->level);
}

static void on_settings(void *arg)
{
	apply_log_level(arg);
}

static const struct control_observer observer = {.settings = on_settings};

/* ---- ready, reload, stop ---- */

static char *page_url(const struct life *l)
{
	const char *listen = api_listen(l->api);

	if (l->args->public_url != NULL)
		return mem_strdup(l->args->public_url);
	if (*listen == '\0')
		return mem_strdup("");
	return mem_printf("%s://%s",
		l->args->tls_cert != NULL ? "https" : "http", listen);
}

static void say_ready(struct life *l, bool first)
{
	char text[TEXT_MAX], *url = page_url(l);

	text_format(text, sizeof(text),
		*url != '\0' ? "daemon.listening" : "daemon.listening_socket",
		"socket", l->places.socket_path, "url", url, NULL);
	service_ready(l->service, text);
	if (first && (service_has_journal() || l->args->log == DAEMON_LOG_JSON))
		log_facts(LOG_INFO, text, "socket", l->places.socket_path,
			"page", url, NULL);
	else if (first)
		text_complain(text);
	free(url);
}

/* What has failed for good is tried again, and every link is looked after. */
static void retry(struct life *l)
{
	const struct control_forward *const *forwards;
	struct trouble why;
	uint32_t *ids;
	size_t n, failed = 0;

	forwards = control_forwards(l->control, &n);
	ids = mem_zalloc(n, sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		if (forwards[i]->want.wanted &&
			forwards[i]->state == STATE_ERROR)
			ids[failed++] = forwards[i]->want.id;
	if (failed != 0 &&
		control_act(l->control, CONTROL_UP, ids, failed, &why) < 0)
		log_warn("what has failed can't be tried again: %s",
			err_name((int)why.code));
	free(ids);
}

static void reload(void *arg)
{
	struct life *l = arg;

	if (l->stopping)
		return;
	service_reloading(l->service);
	log_info("reload");
	free(l->log_level);
	l->log_level = NULL;
	apply_log_level(l);
	retry(l);
	say_ready(l, false);
}

static void on_stopped(void *arg)
{
	struct life *l = arg;

	uv_stop(&l->loop);
}

static void stop(void *arg)
{
	struct life *l = arg;

	if (l->stopping)
		return;
	l->stopping = true;
	service_stopping(l->service);
	log_info("stopping");
	control_stop(l->control, on_stopped, l);
}

/* ---- what comes from outside ---- */

static void on_change(void *arg, enum netwatch_change change)
{
	struct life *l = arg;

	if (l->stopping)
		return;
	if (change == NETWATCH_CLOCK)
		control_clock_set(l->control);
	else
		control_probe(l->control, change == NETWATCH_WOKE
						  ? "notice.woke_up"
						  : "notice.network_changed");
}

/* SIGHUP from a terminal that has been closed means what it always did. */
static bool has_lost_its_terminal(const struct life *l)
{
	return l->on_terminal && isatty(STDERR_FILENO) == 0;
}

static void shift_log_level(int step)
{
	log_shift_level(step);
	log_write(log_get_level(), "the log's level is %s",
		log_level_name(log_get_level()));
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct life *l = handle->data;

	switch (signum) {
	case SIGUSR1:
		shift_log_level(1);
		break;
	case SIGUSR2:
		shift_log_level(-1);
		break;
	case SIGHUP:
		if (has_lost_its_terminal(l))
			stop(l);
		else
			reload(l);
		break;
	default:
		if (l->told)
			_exit(128 + signum);
		l->told = true;
		stop(l);
		break;
	}
}

static void watch_signals(struct life *l)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(&l->loop, &l->signal[i]);
		l->signal[i].data = l;
		if (uv_signal_start(&l->signal[i], on_signal, signums[i]) < 0)
			log_warn("signal %d can't be watched", signums[i]);
	}
}

/* ---- start and end ---- */

static int open_state(struct life *l, struct trouble *trouble)
{
	int err = store_open(l->places.state_dir, &l->store, trouble);

	if (err < 0)
		return err;
	choose_log_level(l);
	err = vault_open(l->store, l->places.state_dir, &l->vault, trouble);
	if (err < 0)
		store_close(l->store);
	else
		daemon_unlock(l->vault, l->args->passphrase_fd);
	return err;
}

static int open_api(struct life *l, struct trouble *trouble)
{
	const struct api_config config = {
		.loop = &l->loop,
		.control = l->control,
		.state_dir = l->places.state_dir,
		.socket_fd = service_take_socket(l->service),
		.socket_path = l->places.socket_path,
		.listen = l->args->listen,
		.allow_remote = l->args->allow_remote,
		.tls_cert = l->args->tls_cert,
		.tls_key = l->args->tls_key,
		.public_url = l->args->public_url,
		.page_dir = l->args->page,
		.started_ms = clock_wall_ms(),
		.on_shutdown = stop,
		.on_reload = reload,
		.arg = l,
	};

	return api_new(&config, &l->api, trouble);
}

static void close_signals(struct life *l)
{
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&l->signal[i], NULL);
}

/* Everything that is on the loop; false: a worker is stuck in a name lookup. */
static bool close_all(struct life *l)
{
	bool ended;

	api_free(l->api);
	netwatch_free(l->watch);
	close_signals(l);
	service_free(l->service);
	l->service = NULL;
	control_forget(l->control, &observer, l);
	ended = control_free(l->control);
	uv_run(&l->loop, UV_RUN_DEFAULT);
	return ended;
}

static int carry(struct life *l, bool *ret_ended, struct trouble *trouble)
{
	const struct control_config config = {
		.loop = &l->loop, .store = l->store, .vault = l->vault};
	int err = control_new(&config, &l->control, trouble);

	if (err < 0)
		return err;
	control_observe(l->control, &observer, l);
	l->watch = netwatch_new(&l->loop, on_change, l);
	watch_signals(l);
	service_watch(l->service, &l->loop);
	err = open_api(l, trouble);
	if (err < 0) {
		l->stopping = true;
		control_stop(l->control, on_stopped, l);
	} else {
		say_ready(l, true);
		daemon_shed();
	}
	uv_run(&l->loop, UV_RUN_DEFAULT);
	*ret_ended = close_all(l);
	return err;
}

static int with_state(struct life *l, struct trouble *trouble)
{
	bool ended = true;
	int err = open_state(l, trouble);

	if (err < 0)
		return err;
	if (uv_loop_init(&l->loop) < 0) {
		err = trouble_say(trouble, ERR_SYSTEM, "event loop");
	} else {
		err = carry(l, &ended, trouble);
		uv_loop_close(&l->loop);
	}
	vault_close(l->vault);
	store_close(l->store);
	if (!ended) {
		/* exit(3) would wait for the answer. */
		fflush(NULL);
		_exit(err < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	return err;
}

/* Whoever hands the socket over decides where it is; the lock tells others. */
static void take_socket_path(struct life *l)
{
	char *path = service_socket_path(l->service);

	if (path == NULL)
		return;
	free(l->places.socket_path);
	l->places.socket_path = path;
}

int daemon_life_run(const struct daemon_args *args, struct service *service,
	struct trouble *trouble)
{
	struct life l = {.args = args, .service = service};
	int err;

	/* Each large answer that is freed would have the C library join the
	 * small blocks of all its JSON. */
	mallopt(M_MXFAST, 0);
	l.on_terminal = isatty(STDERR_FILENO) != 0;
	err = places_resolve(args->state, args->socket, &l.places, trouble);
	if (err == 0)
		take_socket_path(&l);
	if (err == 0)
		err = places_make(&l.places, trouble);
	if (err == 0)
		err = lock_take(&l.places, &l.lock, trouble);
	if (err == 0) {
		log_file_bound(l.places.state_dir);
		err = with_state(&l, trouble);
		lock_release(&l.lock);
	}
	service_free(l.service);
	places_done(&l.places);
	free(l.log_level);
	return err;
}
