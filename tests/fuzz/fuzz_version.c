/*
 * What a server says before any key is agreed on: lines, its version, packets
 * in the clear. The first byte is how many bytes arrive at once.
 */
#include <stdlib.h>
#include <string.h>

#include "ssh/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_down;

static void on_host_key(void *arg, const struct pubkey *key)
{
	abort(); /* it would have had to sign our random numbers */
}

static void on_ready(void *arg, const char *method, const char *how)
{
	abort();
}

static void on_down(void *arg, int err, const struct trouble *trouble)
{
	n_down++;
	if (err == 0 || trouble->code != (enum err) - err)
		abort();
}

static void on_output(void *arg)
{
}

static const struct session_ops ops = {
	.host_key = on_host_key,
	.ready = on_ready,
	.down = on_down,
	.output = on_output,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct window_budget budget = {.limit_bytes = 1 << 20};
	struct session_config config = {.budget = &budget};
	struct session *s = session_new(&config, &ops, NULL);
	size_t step = size != 0 ? data[0] : 0, at = 1;

	n_down = 0;
	session_start(s, 1);
	while (at < size && !session_is_down(s)) {
		size_t room, n = size - at;
		uint8_t *to = session_input_space(s, &room);

		if (room == 0)
			abort();
		n = n < room ? n : room;
		if (step != 0 && n > step)
			n = step;
		memcpy(to, data + at, n);
		session_input(s, n, at);
		at += n;
	}
	if (n_down != (session_is_down(s) ? 1 : 0))
		abort();
	session_free(s);
	return 0;
}
