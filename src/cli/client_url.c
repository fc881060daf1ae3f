#include "cli/client_url.h"

#include <stdio.h>

#include "base/catalog.h"
#include "base/mem.h"

/* Over a Unix socket the host is a matter of form. */
#define BASE "http://localhost/api/v1"

char *client_url_make(const char *path)
{
	return mem_printf(BASE "%s", path);
}

void client_url_prepare(CURL *easy, const char *socket, const char *url)
{
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(
		easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "taupe/" TAUPE_VERSION);
}

struct curl_slist *client_url_headers(bool has_body)
{
	struct curl_slist *list;
	char line[64];

	snprintf(line, sizeof(line), "Accept-Language: %s",
		catalog_lang_name(catalog_lang()));
	list = curl_slist_append(NULL, line);
	/* The daemon takes a body without being asked first. */
	list = curl_slist_append(list, "Expect:");
	return curl_slist_append(list,
		has_body ? "Content-Type: application/json" : "Content-Type:");
}
