#include "api/import_source.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/import_json.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "tunnel/options.h"

#define FILES_MAX 1000

static const char *const own_places[IMPORT_FORMAT_COUNT] = {
	[IMPORT_SSH_CONFIG] = "~/.ssh/config",
	[IMPORT_PUTTY] = "~/.putty/sessions",
	[IMPORT_BORING] = "~/.config/boring/.boring.toml",
	[IMPORT_MOLE] = "~/.mole",
};

static int read_text(enum import_format format, const char *text, size_t n,
	const char *path, struct import_set *ret_set, struct trouble *trouble)
{
	if (format == IMPORT_JSON)
		return import_json_read(text, n, ret_set, trouble);
	return import_read(format, text, n, path, ret_set, trouble);
}

static int not_found(const char *path, struct trouble *trouble)
{
	return trouble_say(
		trouble, ERR_NOT_FOUND, "%s: %s", path, strerror(ENOENT));
}

static int read_file(enum import_format format, const char *path,
	struct import_set *ret_set, struct trouble *trouble)
{
	struct buf text = BUF_INIT;
	int err = file_read(path, IMPORT_TEXT_MAX, &text, trouble);

	if (err == -ERR_NOT_FOUND)
		err = not_found(path, trouble);
	if (err == 0)
		err = read_text(format, (const char *)buf_ptr(&text),
			buf_len(&text), path, ret_set, trouble);
	buf_wipe_done(&text); /* others' files may hold passwords */
	return err;
}

static void *append(
	void *to, size_t *n_to, const void *from, size_t n, size_t size)
{
	if (n == 0)
		return to;
	to = mem_realloc(to, *n_to + n, size);
	memcpy((char *)to + *n_to * size, from, n * size);
	*n_to += n;
	return to;
}

/* Takes what `more` has. */
static void join(struct import_set *set, struct import_set *more)
{
	for (size_t i = 0; i < more->n_forwards; i++)
		more->forwards[i].server += set->n_servers;
	set->servers = append(set->servers, &set->n_servers, more->servers,
		more->n_servers, sizeof(*set->servers));
	set->forwards = append(set->forwards, &set->n_forwards, more->forwards,
		more->n_forwards, sizeof(*set->forwards));
	set->skipped = append(set->skipped, &set->n_skipped, more->skipped,
		more->n_skipped, sizeof(*set->skipped));
	set->servers_room = set->n_servers;
	set->forwards_room = set->n_forwards;
	set->skipped_room = set->n_skipped;
	free(more->servers);
	free(more->forwards);
	free(more->skipped);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* PuTTY and mole keep a file for each. */
static int nothing_in(
	enum import_format format, const char *folder, struct trouble *trouble)
{
	if (format == IMPORT_PUTTY)
		return trouble_say(trouble, ERR_INVALID,
			"%s: it names no session of SSH", folder);
	if (format == IMPORT_MOLE)
		return trouble_say(
			trouble, ERR_INVALID, "%s: it names no tunnel", folder);
	return file_trouble(trouble, ERR_FILE, folder, EISDIR);
}

/* A file among others that is something else is left aside. */
static int read_folder(enum import_format format, const char *folder,
	struct import_set *ret_set, struct trouble *trouble)
{
	struct import_set set = {0}, more;
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, visible, alphasort), found = 0;

	for (int i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", folder, entries[i]->d_name);

		if (found < FILES_MAX && set.n_servers < IMPORT_ITEMS_MAX &&
			read_file(format, path, &more, trouble) == 0) {
			join(&set, &more);
			found++;
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
	if (found == 0) {
		import_set_done(&set);
		return nothing_in(format, folder, trouble);
	}
	*ret_set = set;
	return 0;
}

static int read_path(enum import_format format, const char *path,
	struct import_set *ret_set, struct trouble *trouble)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return read_folder(format, path, ret_set, trouble);
	return read_file(format, path, ret_set, trouble);
}

int import_source_read(enum import_format format, const char *text,
	const char *path, struct import_set *ret_set, struct trouble *trouble)
{
	const struct option_tokens none = {
		.host = "", .original_host = "", .user = ""};
	char *expanded;
	int err;

	if (text != NULL)
		return read_text(
			format, text, strlen(text), NULL, ret_set, trouble);
	if (path == NULL)
		path = own_places[format];
	if (path == NULL)
		return trouble_say(trouble, ERR_INVALID,
			"neither a text nor a path is given");
	if (*path != '~')
		return read_path(format, path, ret_set, trouble);
	err = options_expand(path, &none, &expanded, trouble);
	if (err != 0)
		return err;
	err = read_path(format, expanded, ret_set, trouble);
	free(expanded);
	return err;
}
