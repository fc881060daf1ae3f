/*
 * A daemon under systemd: sd_notify(3), the watchdog, socket activation
 * (sd_listen_fds(3)), the journal. All of it is off where the environment does
 * not ask for it. Control thread.
 */
#ifndef TAUPE_DAEMON_SERVICE_H
#define TAUPE_DAEMON_SERVICE_H

#include <stdbool.h>

#include <uv.h>

struct service;

/* Reads the environment and takes what it used out of it, so that no child
 * believes it is meant. Before there are threads. */
struct service *service_new(void);
/* No ping follows. NULL is fine; the loop turns once more when service_watch
 * was called. */
void service_free(struct service *s);

/* The listening Unix socket that was passed, once: the caller's then. -1: none.
 */
int service_take_socket(struct service *s);
/* Its path, malloc'ed, as long as it was not taken; NULL: there is none, or it
 * has none. */
char *service_socket_path(const struct service *s);
/* Whether stderr goes to the journal. */
bool service_has_journal(void);

/* Pings the watchdog at half its interval, while the loop turns. */
void service_watch(struct service *s, uv_loop_t *loop);

/* `status`: one line for `systemctl status`, or NULL. */
void service_ready(struct service *s, const char *status);
void service_reloading(struct service *s);
void service_stopping(struct service *s);

#endif
