/*
 * The snapshot and its lookups.
 *
 * Loading only cuts lines; a key is parsed when its line is first found to name
 * the host that is asked for, so a file of many thousand hosts costs little.
 */
#include "ssh/known_hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "ssh/known_hosts_line.h"

struct source {
	struct source *next;
	char *path;
	struct buf text; /* what the entries' slices borrow from */
};

struct entry {
	struct known_hosts_line line;
	const char *path;
	unsigned number;
	struct pubkey *key; /* NULL: not looked at yet, or unusable */
	bool unusable;
};

struct known_hosts {
	struct source *sources;
	struct entry *entries;
	size_t n_entries, cap_entries;
};

struct known_hosts *known_hosts_new(void)
{
	return mem_zalloc(1, sizeof(struct known_hosts));
}

void known_hosts_free(struct known_hosts *kh)
{
	struct source *source, *next;

	if (kh == NULL)
		return;
	for (size_t i = 0; i < kh->n_entries; i++)
		pubkey_free(kh->entries[i].key);
	free(kh->entries);
	for (source = kh->sources; source != NULL; source = next) {
		next = source->next;
		free(source->path);
		buf_done(&source->text);
		free(source);
	}
	free(kh);
}

static void add_entry(struct known_hosts *kh,
	const struct known_hosts_line *line, const char *path, unsigned number)
{
	if (kh->n_entries == kh->cap_entries) {
		kh->cap_entries = kh->cap_entries ? kh->cap_entries * 2 : 16;
		kh->entries = mem_realloc(
			kh->entries, kh->cap_entries, sizeof(*kh->entries));
	}
	kh->entries[kh->n_entries++] = (struct entry){
		.line = *line,
		.path = path,
		.number = number,
	};
}

/* Takes over what `text` holds. */
static void add_source(
	struct known_hosts *kh, struct buf *text, const char *path)
{
	struct source *source = mem_zalloc(1, sizeof(*source));
	struct slice left = buf_slice(text), line;
	struct known_hosts_line parsed;
	unsigned number = 0;

	source->path = mem_strdup(path);
	source->text = *text;
	*text = (struct buf)BUF_INIT;
	source->next = kh->sources;
	kh->sources = source;
	while (known_hosts_line_next(&left, &line)) {
		number++;
		if (known_hosts_line_parse(line, &parsed))
			add_entry(kh, &parsed, source->path, number);
	}
}

void known_hosts_parse(
	struct known_hosts *kh, struct slice text, const char *path)
{
	struct buf copy = BUF_INIT;

	if (text.len == 0)
		return;
	buf_put(&copy, text.p, text.len);
	add_source(kh, &copy, path);
}

int known_hosts_load(
	struct known_hosts *kh, const char *path, struct trouble *trouble)
{
	struct buf text = BUF_INIT;
	struct trouble local;
	int err;

	err = file_read(path, KNOWN_HOSTS_FILE_MAX, &text, &local);
	if (err == 0 && buf_len(&text) != 0)
		add_source(kh, &text, path);
	else if (err == -ERR_NOT_FOUND)
		err = 0;
	else if (err != 0 && trouble != NULL)
		*trouble = local;
	buf_done(&text);
	return err;
}

char *known_hosts_name(const char *host, uint16_t port)
{
	char *name = port == 22 ? mem_strdup(host)
				: mem_printf("[%s]:%u", host, port);

	for (char *p = name; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return name;
}

/* NULL: the line's key is malformed, or of a kind that can't be recorded. */
static const struct pubkey *entry_key(struct entry *e)
{
	if (e->key != NULL || e->unusable)
		return e->key;
	if (pubkey_parse_line(e->line.key, &e->key, NULL) != 0) {
		e->unusable = true;
	} else if (pubkey_is_cert(e->key)) {
		pubkey_free(e->key);
		e->key = NULL;
		e->unusable = true;
	}
	return e->key;
}

/* The entries that name `name` and have a usable key. */
struct found {
	const struct entry **entry;
	size_t n;
};

static struct found find(const struct known_hosts *kh, const char *name)
{
	struct found found = {NULL, 0};

	for (size_t i = 0; i < kh->n_entries; i++) {
		struct entry *e = &kh->entries[i];

		if (e->unusable || !known_hosts_line_names(&e->line, name) ||
			entry_key(e) == NULL)
			continue;
		found.entry = mem_realloc(
			found.entry, found.n + 1, sizeof(*found.entry));
		found.entry[found.n++] = e;
	}
	return found;
}

static bool is_authority_of(const struct pubkey *ca, const struct cert_info *c)
{
	return c != NULL && slice_equal(pubkey_blob(ca), c->ca_blob);
}

/* What speaks for or against a key, the first of each. */
struct evidence {
	const struct entry *revoked, *authority, *same;
	const struct entry *other; /* of the key's type, where there is one */
};

static struct evidence weigh(
	const struct found *found, const struct pubkey *key)
{
	const struct cert_info *cert = pubkey_cert(key);
	enum pubkey_type type = pubkey_type(key);
	struct evidence ev = {NULL, NULL, NULL, NULL};

	for (size_t i = found->n; i-- > 0;) {
		const struct entry *e = found->entry[i];
		bool equal = pubkey_equal_plain(e->key, key);
		bool signs = is_authority_of(e->key, cert);

		if (e->line.marker == KNOWN_HOSTS_REVOKE) {
			if (equal || signs)
				ev.revoked = e;
		} else if (e->line.marker == KNOWN_HOSTS_AUTHORITY) {
			if (signs)
				ev.authority = e;
		} else if (equal) {
			ev.same = e;
		} else if (ev.other == NULL || pubkey_type(e->key) == type ||
			   pubkey_type(ev.other->key) != type) {
			ev.other = e;
		}
	}
	return ev;
}

void known_hosts_check(const struct known_hosts *kh, const char *name,
	const struct pubkey *key, struct known_hosts_answer *ret_answer)
{
	struct found found = find(kh, name);
	struct evidence ev = weigh(&found, key);
	struct known_hosts_answer answer = {.verdict = KNOWN_HOSTS_UNKNOWN};
	const struct entry *e;

	if ((e = ev.revoked) != NULL)
		answer.verdict = KNOWN_HOSTS_REVOKED;
	else if ((e = ev.authority) != NULL || (e = ev.same) != NULL)
		answer.verdict = KNOWN_HOSTS_MATCH;
	else if ((e = ev.other) != NULL)
		answer.verdict = KNOWN_HOSTS_CHANGED;
	if (e != NULL) {
		answer.path = e->path;
		answer.line = e->number;
		answer.recorded = e->key;
		answer.via_authority = e == ev.authority;
	}
	*ret_answer = answer;
	free(found.entry);
}

/* ---- for people to look at ---- */

static struct slice comment_of(const struct entry *e)
{
	struct slice rest = e->line.key;

	(void)known_hosts_line_word(&rest); /* type */
	(void)known_hosts_line_word(&rest);
	return rest;
}

void known_hosts_each(
	struct known_hosts *kh, known_hosts_entry_fn *fn, void *arg)
{
	static const char *const markers[] = {
		[KNOWN_HOSTS_PLAIN] = "",
		[KNOWN_HOSTS_AUTHORITY] = "@cert-authority",
		[KNOWN_HOSTS_REVOKE] = "@revoked",
	};

	for (size_t i = 0; i < kh->n_entries; i++) {
		struct entry *e = &kh->entries[i];
		struct slice hosts = e->line.hosts, comment = comment_of(e);
		const struct pubkey *key = entry_key(e);
		char *names, *words;

		/* Words with a NUL in them would be read as others. */
		if (key == NULL || memchr(hosts.p, 0, hosts.len) != NULL)
			continue;
		names = mem_dup(hosts.p, hosts.len);
		words = mem_dup(comment.p, comment.len);
		fn(arg, &(struct known_hosts_entry){
				.path = e->path,
				.line = e->number,
				.marker = markers[e->line.marker],
				.names = names,
				.hashed = names[0] == '|',
				.key = key,
				.comment = words,
			});
		free(names);
		free(words);
	}
}

bool known_hosts_entry_is_for(
	const struct known_hosts_entry *entry, const char *name)
{
	struct known_hosts_line line = {.hosts = slice_of(entry->names)};

	return known_hosts_line_names(&line, name);
}

/* ---- the order of host key algorithms ---- */

enum rank { RANK_AUTHORITY, RANK_RECORDED, RANK_OTHER, RANK_CERT, RANK_COUNT };

static bool is_cert_alg(struct slice alg)
{
	static const char tail[] = "-cert-v01@openssh.com";
	size_t n = sizeof(tail) - 1;

	return alg.len > n && memcmp(alg.p + alg.len - n, tail, n) == 0;
}

static enum rank rank_of(const struct found *found, struct slice alg)
{
	bool cert = is_cert_alg(alg);

	for (size_t i = 0; i < found->n; i++) {
		const struct entry *e = found->entry[i];

		if (cert && e->line.marker == KNOWN_HOSTS_AUTHORITY)
			return RANK_AUTHORITY;
		if (!cert && e->line.marker == KNOWN_HOSTS_PLAIN &&
			pubkey_name_fits_alg(pubkey_name(e->key), alg))
			return RANK_RECORDED;
	}
	return cert ? RANK_CERT : RANK_OTHER;
}

char *known_hosts_order_algs(
	const struct known_hosts *kh, const char *name, const char *defaults)
{
	struct buf ranked[RANK_COUNT] = {0}, all = BUF_INIT;
	struct found found = find(kh, name);
	const char *p = defaults;
	char *list;

	while (*p != '\0') {
		struct slice alg = {(const uint8_t *)p, strcspn(p, ",")};
		struct buf *to = &ranked[rank_of(&found, alg)];

		buf_put(to, alg.p, alg.len);
		buf_put_u8(to, ',');
		p += alg.len + (p[alg.len] == ',');
	}
	for (size_t i = 0; i < RANK_COUNT; i++) {
		buf_put(&all, buf_ptr(&ranked[i]), buf_len(&ranked[i]));
		buf_done(&ranked[i]);
	}
	list = mem_dup(buf_ptr(&all), buf_len(&all) ? buf_len(&all) - 1 : 0);
	buf_done(&all);
	free(found.entry);
	return list;
}
