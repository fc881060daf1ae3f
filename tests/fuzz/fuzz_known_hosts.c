/* ssh/known_hosts: a file, looked up for names and keys taken from itself. */
#include <stdlib.h>
#include <string.h>

#include "ssh/known_hosts.h"
#include "ssh/known_hosts_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of a plain line that names "h" must be found, unless revoked. */
static void look_up(const struct known_hosts *kh, struct slice text)
{
	struct known_hosts_answer answer;
	struct known_hosts_line line;
	struct slice raw;
	struct pubkey *key;

	for (unsigned n = 0; n < 8 && known_hosts_line_next(&text, &raw); n++) {
		if (!known_hosts_line_parse(raw, &line) ||
			pubkey_parse_line(line.key, &key, NULL) != 0)
			continue;
		known_hosts_check(kh, "h", key, &answer);
		if (line.marker == KNOWN_HOSTS_PLAIN && !pubkey_is_cert(key) &&
			known_hosts_line_names(&line, "h") &&
			answer.verdict != KNOWN_HOSTS_MATCH &&
			answer.verdict != KNOWN_HOSTS_REVOKED)
			abort();
		pubkey_free(key);
	}
}

/* What is listed is what is looked up: an entry for "h" that is not revoked
 * matches its own key. */
static void look_at(void *arg, const struct known_hosts_entry *e)
{
	struct known_hosts_answer answer;

	if (e->key == NULL || strlen(e->marker) + strlen(e->names) == 0 ||
		e->comment == NULL)
		abort();
	if (*e->marker != '\0' || !known_hosts_entry_is_for(e, "h"))
		return;
	known_hosts_check(arg, "h", e->key, &answer);
	if (answer.verdict != KNOWN_HOSTS_MATCH &&
		answer.verdict != KNOWN_HOSTS_REVOKED)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct known_hosts *kh = known_hosts_new();
	const char *defaults = pubkey_host_alg_default_list();
	char *list;

	known_hosts_parse(kh, (struct slice){data, size}, "fuzz");
	look_up(kh, (struct slice){data, size});
	known_hosts_each(kh, look_at, kh);
	list = known_hosts_order_algs(kh, "[h]:2222", defaults);
	if (strlen(list) != strlen(defaults))
		abort();
	free(list);
	known_hosts_free(kh);
	return 0;
}
