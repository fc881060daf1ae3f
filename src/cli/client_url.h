/*
 * What every transfer to the daemon has in common, for client.c and stream.c.
 */
#ifndef TAUPE_CLI_CLIENT_URL_H
#define TAUPE_CLI_CLIENT_URL_H

#include <stdbool.h>

#include "cli/curl_late.h"

/* The URL of a path below /api/v1; free() releases. */
char *client_url_make(const char *path);
/* Socket and URL, and nothing from the environment: no proxy, no signals, HTTP
 * alone. Both are copied. */
void client_url_prepare(CURL *easy, const char *socket, const char *url);
/* The language, and the type of what is sent. curl_slist_free_all releases. */
struct curl_slist *client_url_headers(bool has_body);

#endif
