#include "api/known_host_list.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/store_list.h"

void known_host_list_id(
	const struct known_hosts_entry *entry, char ret_id[KNOWN_HOST_ID])
{
	char fingerprint[PUBKEY_FINGERPRINT_MAX];
	unsigned char hash[EVP_MAX_MD_SIZE];
	struct buf text = BUF_INIT;

	pubkey_fingerprint(entry->key, fingerprint);
	buf_printf(&text, "%s\n%u\n%s", entry->path, entry->line, fingerprint);
	if (EVP_Digest(buf_ptr(&text), buf_len(&text), hash, NULL, EVP_sha256(),
		    NULL) != 1)
		abort(); /* SHA-256 of a short text has no way to fail */
	buf_done(&text);
	for (size_t i = 0; i < (KNOWN_HOST_ID - 1) / 2; i++)
		snprintf(ret_id + 2 * i, 3, "%02x", hash[i]);
}

/* A server as its files know it. */
struct reader {
	const struct control_server *server;
	char *name, *plain_name;  /* known_hosts_name, with and without port */
	struct string_list paths; /* with ~ and tokens expanded */
};

static void add_paths(struct reader *r, const struct string_list *paths,
	const struct option_tokens *tokens)
{
	char *path;

	for (size_t i = 0; i < paths->n; i++) {
		if (strcmp(paths->item[i], "none") == 0 ||
			options_expand(paths->item[i], tokens, &path, NULL) !=
				0)
			continue;
		store_list_add(&r->paths, path);
		free(path);
	}
}

static void reader_init(struct reader *r, const struct control *c,
	const struct control_server *s)
{
	struct options o = {0};
	struct option_tokens tokens;
	const char *host;

	control_server_options(c, &s->want, &o);
	host = o.host_name != NULL ? o.host_name : s->want.host;
	tokens = (struct option_tokens){.host = host,
		.original_host = s->want.host,
		.user = o.user != NULL ? o.user : "",
		.host_key_alias = o.host_key_alias,
		.port = o.port};
	*r = (struct reader){.server = s};
	if (o.host_key_alias != NULL) {
		r->name = known_hosts_name(o.host_key_alias, 22);
	} else {
		r->name = known_hosts_name(s->want.host, o.port);
		r->plain_name = known_hosts_name(s->want.host, 22);
	}
	add_paths(r, &o.user_known_hosts, &tokens);
	add_paths(r, &o.global_known_hosts, &tokens);
	options_done(&o);
}

static void reader_done(struct reader *r)
{
	free(r->name);
	free(r->plain_name);
	store_list_done(&r->paths);
}

static bool has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->item[i], text) == 0)
			return true;
	return false;
}

struct walk {
	struct reader *reader;
	size_t n;
	const struct control_server **fitting;
	uint32_t only;
	known_host_list_fn *fn;
	void *arg;
};

static bool is_for(
	const struct known_hosts_entry *entry, const struct reader *r)
{
	return has(&r->paths, entry->path) &&
	       (known_hosts_entry_is_for(entry, r->name) ||
		       (r->plain_name != NULL &&
			       known_hosts_entry_is_for(entry, r->plain_name)));
}

static void on_entry(void *arg, const struct known_hosts_entry *entry)
{
	struct walk *w = arg;
	bool wanted = w->only == 0;
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (is_for(entry, &w->reader[i])) {
			w->fitting[n++] = w->reader[i].server;
			wanted = wanted ||
				 w->reader[i].server->want.id == w->only;
		}
	if (wanted)
		w->fn(w->arg, entry, w->fitting, n);
}

static void walk_files(struct walk *w)
{
	struct string_list seen = {0};
	struct trouble trouble;

	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->reader[i].paths.n; k++) {
			const char *path = w->reader[i].paths.item[k];
			struct known_hosts *kh;

			if (has(&seen, path))
				continue;
			store_list_add(&seen, path);
			kh = known_hosts_new();
			if (known_hosts_load(kh, path, &trouble) == 0)
				known_hosts_each(kh, on_entry, w);
			known_hosts_free(kh);
		}
	store_list_done(&seen);
}

void known_host_list_each(const struct control *c, uint32_t only,
	known_host_list_fn *fn, void *arg)
{
	size_t n;
	const struct control_server *const *s = control_servers(c, &n);
	struct walk w = {.n = n, .only = only, .fn = fn, .arg = arg};

	w.reader = mem_zalloc(n, sizeof(*w.reader));
	w.fitting = mem_zalloc(n, sizeof(*w.fitting));
	for (size_t i = 0; i < n; i++)
		reader_init(&w.reader[i], c, s[i]);
	walk_files(&w);
	for (size_t i = 0; i < n; i++)
		reader_done(&w.reader[i]);
	free(w.reader);
	free(w.fitting);
}
