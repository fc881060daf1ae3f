/* tunnel/forward_spec: the first byte chooses -L, -R or -D; whatever parses
 * must be written as a text that parses to the same. */
#include <stdlib.h>
#include <string.h>

#include "tunnel/forward_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_text(const char *a, const char *b)
{
	if ((a != NULL) != (b != NULL) || (a != NULL && strcmp(a, b) != 0))
		abort();
}

static void same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	same_text(a->host, b->host);
	same_text(a->path, b->path);
	if (a->port != b->port)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct forward_spec f = {0}, again = {0};
	struct trouble trouble;
	char text[2048], *spec;

	if (size < 1 || size > 2000)
		return 0;
	spec = strndup((const char *)data + 1, size - 1);
	if (forward_spec_parse((enum forward_type)(data[0] % 3), spec, &f,
		    &trouble) == 0) {
		if (forward_spec_text(&f, text, sizeof(text)) >= sizeof(text))
			abort();
		if (forward_spec_parse(f.type, text, &again, NULL) != 0)
			abort();
		same_endpoint(&f.listen, &again.listen);
		same_endpoint(&f.target, &again.target);
		if (f.bind_left_out != again.bind_left_out ||
			f.reverse_dynamic != again.reverse_dynamic)
			abort();
		forward_spec_done(&again);
	}
	forward_spec_done(&f);
	free(spec);
	return 0;
}
