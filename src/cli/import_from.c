#include "cli/import_from.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/action.h"

/* As the daemon takes bodies. */
#define TEXT_MAX_BYTES (1024 * 1024)

/* ---- where programs keep their own ---- */

static char *below(
	const char *variable, const char *otherwise, const char *path)
{
	const char *folder = getenv(variable);
	const char *home = getenv("HOME");

	if (folder != NULL && *folder != '\0')
		return mem_printf("%s/%s", folder, path);
	return mem_printf("%s%s/%s", home != NULL ? home : "", otherwise, path);
}

/* Older ones kept it right in the home folder. */
static char *boring_place(void)
{
	const char *named = getenv("BORING_CONFIG");
	char *path;

	if (named != NULL && *named != '\0')
		return mem_strdup(named);
	path = below("XDG_CONFIG_HOME", "/.config", "boring/.boring.toml");
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return below("HOME", "", ".boring.toml");
}

/* malloc'ed; NULL: it has none. */
static char *own_place(const char *format)
{
	static const struct {
		const char *format, *path;
	} places[] = {
		{"ssh-config", ".ssh/config"},
		{"putty", ".putty/sessions"},
		{"mole", ".mole"},
	};

	if (strcmp(format, "boring") == 0)
		return boring_place();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(places[i].format, format) == 0)
			return below("HOME", "", places[i].path);
	return NULL;
}

/* ---- bodies ---- */

static void add_path(json_t *bodies, const char *format, const char *path)
{
	char *folder = *path != '/' ? getcwd(NULL, 0) : NULL;
	char *whole = folder != NULL ? mem_printf("%s/%s", folder, path)
				     : mem_strdup(path);

	json_array_append_new(bodies,
		json_pack("{s:s, s:s*}", "format", format, "path", whole));
	free(folder);
	free(whole);
}

static int add_text(
	json_t *bodies, const char *format, const char *text, size_t n)
{
	json_t *string = json_stringn(text, n);

	if (string == NULL)
		return action_misuse(
			"cli.bad_text", "flag", "stdin", "value", "", NULL);
	json_array_append_new(bodies,
		json_pack("{s:s, s:o}", "format", format, "text", string));
	return 0;
}

static int add_stdin(json_t *bodies, const char *format)
{
	struct buf text = BUF_INIT;
	ssize_t n;
	int code;

	do {
		n = read(STDIN_FILENO, buf_reserve(&text, 65536), 65536);
		if (n > 0)
			buf_commit(&text, (size_t)n);
	} while ((n > 0 && buf_len(&text) <= TEXT_MAX_BYTES) ||
		 (n < 0 && errno == EINTR));
	if (buf_len(&text) > TEXT_MAX_BYTES)
		code = action_misuse("import.too_long", NULL);
	else
		code = add_text(bodies, format, (const char *)buf_ptr(&text),
			buf_len(&text));
	buf_done(&text);
	return code;
}

/* The shell has taken the quotes off the words: they come back. */
static int add_words(json_t *bodies, const char *format, const struct args *a)
{
	struct buf text = BUF_INIT;
	int code;

	for (int i = 0; i < a->n_words; i++) {
		if (a->n_words == 1) {
			buf_printf(&text, "%s", a->words[i]);
			break;
		}
		buf_printf(&text, "%s'", i != 0 ? " " : "");
		for (const char *at = a->words[i]; *at != '\0'; at++)
			buf_printf(&text, *at == '\'' ? "'\\%c'" : "%c", *at);
		buf_put_u8(&text, '\'');
	}
	code = add_text(
		bodies, format, (const char *)buf_ptr(&text), buf_len(&text));
	buf_done(&text);
	return code;
}

static int add_own(json_t *bodies, const char *format)
{
	char *path = own_place(format);

	if (path == NULL)
		return add_stdin(bodies, format);
	add_path(bodies, format, path);
	free(path);
	return 0;
}

int import_from(const char *format, const struct args *a, json_t **ret_bodies)
{
	json_t *bodies = json_array();
	int code = 0;

	if (a->n_words == 0)
		code = add_own(bodies, format);
	else if (strcmp(format, "command") == 0 &&
		 strcmp(a->words[0], "-") != 0)
		code = add_words(bodies, format, a);
	else
		for (int i = 0; i < a->n_words && code == 0; i++)
			if (strcmp(a->words[i], "-") == 0)
				code = add_stdin(bodies, format);
			else
				add_path(bodies, format, a->words[i]);
	if (code == 0)
		*ret_bodies = bodies;
	else
		json_decref(bodies);
	return code;
}
