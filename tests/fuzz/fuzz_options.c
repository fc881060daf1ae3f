/* tunnel/options: one setting a line, and every text that comes out of them
 * goes through what would read it next: tokens, jumps, destinations. */
#include <stdlib.h>
#include <string.h>

#include "tunnel/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_on(const char *text)
{
	static const struct option_tokens tokens = {
		.host = "10.0.0.1",
		.original_host = "prod",
		.user = "me",
		.port = 22,
	};
	struct destination hop[JUMP_MAX];
	char *expanded;
	size_t n = 0;

	if (text == NULL)
		return;
	if (options_expand(text, &tokens, &expanded, NULL) == 0)
		free(expanded);
	if (destination_parse_jumps(text, hop, &n, NULL) != 0)
		n = 0;
	while (n > 0) {
		n--;
		if (!destination_host_valid(hop[n].host))
			abort();
		destination_done(&hop[n]);
	}
	if (destination_parse(text, hop, NULL) == 0) {
		if (!destination_host_valid(hop[0].host))
			abort();
		destination_done(&hop[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options o, copy = {0};
	struct trouble trouble;
	char *text, *rest, *line;

	if (size > 4096)
		return 0;
	text = rest = strndup((const char *)data, size);
	options_init(&o);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (options_set(&o, line, &trouble) != 0 &&
			trouble_get(&trouble, "detail") == NULL)
			abort();
		read_on(line);
	}
	options_copy(&copy, &o);
	options_done(&o);
	read_on(copy.proxy_command);
	read_on(copy.proxy_jump);
	for (size_t i = 0; i < copy.identity_files.n; i++)
		read_on(copy.identity_files.item[i]);
	options_done(&copy);
	free(text);
	return 0;
}
