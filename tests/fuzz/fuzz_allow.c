/* tunnel/allow: a list, and after its first newline an address in words. Who is
 * on a list as a single address is let in by it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tunnel/allow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text that is a list of one address names that address. */
static void names_itself(const char *text)
{
	struct allow *a;

	if (strpbrk(text, ", \t/") != NULL || allow_parse(text, &a, NULL) != 0)
		return;
	if (!allow_has_text(a, text))
		abort();
	allow_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char *client = strchr(text, '\n');
	struct allow *a;

	if (client != NULL)
		*client++ = '\0';
	names_itself(text);
	if (allow_parse(text, &a, NULL) == 0) {
		(void)allow_has_text(a, client != NULL ? client : text);
		allow_free(a);
	}
	free(text);
	return 0;
}
