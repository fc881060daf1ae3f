#include "import/import.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/import_build.h"
#include "import/import_formats.h"
#include "import/import_text.h"

static const struct {
	const char *name;
	import_format_fn *read;
} formats[IMPORT_FORMAT_COUNT] = {
	[IMPORT_SSH_CONFIG] = {"ssh-config", import_ssh_config_read},
	[IMPORT_COMMAND] = {"command", import_command_read},
	[IMPORT_PUTTY] = {"putty", import_putty_read},
	[IMPORT_BORING] = {"boring", import_boring_read},
	[IMPORT_MOLE] = {"mole", import_mole_read},
	[IMPORT_MARIX] = {"marix", import_marix_read},
	[IMPORT_JSON] = {"json", NULL},
};

const char *import_format_name(enum import_format format)
{
	return formats[format].name;
}

enum import_format import_format_of(const char *name)
{
	for (int i = 0; i < IMPORT_FORMAT_COUNT; i++)
		if (strcmp(formats[i].name, name) == 0)
			return (enum import_format)i;
	return IMPORT_FORMAT_COUNT;
}

int import_read(enum import_format format, const char *text, size_t n,
	const char *path, struct import_set *ret_set, struct trouble *trouble)
{
	struct import_set set = {0};
	struct trouble why = {0};
	char *copy;
	int r;

	if (n > IMPORT_TEXT_MAX)
		return trouble_say(trouble, ERR_LIMIT, "the text is too long");
	if (formats[format].read == NULL)
		return trouble_say(
			trouble, ERR_INVALID, "%s", formats[format].name);
	copy = import_text_read(text, n, &n);
	if (memchr(copy, '\0', n) != NULL)
		r = trouble_say(&why, ERR_INVALID, "the text is not a text");
	else
		r = formats[format].read(copy, path, &set, &why);
	import_build_end(&set);
	free(copy);
	if (r < 0) {
		import_set_done(&set);
		if (r == -ERR_LIMIT && why.code != ERR_LIMIT)
			(void)trouble_say(&why, ERR_LIMIT, "too many entries");
		*trouble = why;
		return r;
	}
	*ret_set = set;
	return 0;
}

void import_set_done(struct import_set *set)
{
	for (size_t i = 0; i < set->n_servers; i++) {
		store_server_done(&set->servers[i].server);
		free(set->servers[i].jump);
	}
	for (size_t i = 0; i < set->n_forwards; i++)
		store_forward_done(&set->forwards[i].forward);
	for (size_t i = 0; i < set->n_skipped; i++)
		free(set->skipped[i].what);
	free(set->servers);
	free(set->forwards);
	free(set->skipped);
	memset(set, 0, sizeof(*set));
}
