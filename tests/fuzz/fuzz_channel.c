/*
 * A server that is in: channels and global requests after a faked handshake,
 * with an application that opens, writes, consumes and closes as the input
 * says. Steps: a byte for what happens, a byte for whom, a length and as many
 * bytes. What the application does inside its callbacks is set by a step too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/channel_private.h"
#include "ssh/namelist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SLOTS 16

/* Inside the next callbacks. */
enum habit {
	CLOSE_SELF = 1,
	CLOSE_OTHER = 2,
	CONSUME = 4,
	DISCONNECT = 8,
	OPEN = 16,
	EOF_SELF = 32,
};

struct app {
	struct channel *ch;
	size_t held; /* given and not consumed */
	bool asked;
};

static struct world {
	struct window_budget budget;
	struct session_config config;
	struct session *s;
	uint64_t now_us;
	uint8_t habits;
	bool reads; /* the server takes what we send */
	unsigned n_down;
	struct app app[SLOTS];
} w;

static void close_it(struct app *a)
{
	struct channel *ch = a->ch;

	*a = (struct app){0};
	if (ch != NULL)
		channel_close(ch);
}

static struct app *free_slot(void)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (w.app[i].ch == NULL)
			return &w.app[i];
	return NULL;
}

static const struct channel_ops app_ops;

static void open_one(bool path)
{
	struct app *a = free_slot();

	if (a != NULL)
		a->ch = path ? channel_open_unix(w.s, "/run/x", &app_ops, a)
			     : channel_open_tcp(w.s, "host", 80, "127.0.0.1",
				       4000, &app_ops, a);
}

static void write_some(struct app *a)
{
	struct iovec iov[3];
	size_t total = 0;
	int n;

	if (a->ch == NULL)
		return;
	n = channel_reserve(a->ch, iov, 3);
	for (int i = 0; i < n; i++) {
		memset(iov[i].iov_base, 'w', iov[i].iov_len);
		total += iov[i].iov_len;
	}
	if (total != 0)
		channel_commit(a->ch, total > 5000 ? 5000 : total);
}

static void consume(struct app *a)
{
	size_t n = a->held;

	a->held = 0;
	if (a->ch != NULL && n != 0)
		channel_consumed(a->ch, n, w.now_us);
}

static void act(struct app *a)
{
	struct app *other = a == &w.app[SLOTS - 1] ? w.app : a + 1;

	if ((w.habits & OPEN) != 0)
		open_one(false);
	if ((w.habits & CONSUME) != 0)
		consume(a);
	if ((w.habits & EOF_SELF) != 0 && a->ch != NULL)
		channel_eof(a->ch);
	if ((w.habits & CLOSE_OTHER) != 0)
		close_it(other);
	if ((w.habits & CLOSE_SELF) != 0)
		close_it(a);
	if ((w.habits & DISCONNECT) != 0)
		session_disconnect(w.s);
}

static void on_opened(void *arg)
{
	act(arg);
}

static void on_failed(void *arg, uint32_t reason, const char *text)
{
	*(struct app *)arg = (struct app){0};
	for (; *text != '\0'; text++)
		if ((uint8_t)*text < 0x20)
			abort();
}

static void on_data(void *arg, const uint8_t *p, size_t n)
{
	struct app *a = arg;

	if (n == 0 || a->ch == NULL)
		abort();
	a->held += n;
	if (a->held > CHANNEL_WINDOW_MAX)
		abort();
	act(a);
}

static void on_eof(void *arg)
{
	act(arg);
}

static void on_closed(void *arg, bool lost)
{
	struct app *a = arg;

	if (a->ch == NULL)
		abort();
	*a = (struct app){0};
	if ((w.habits & CLOSE_OTHER) != 0)
		close_it(&w.app[(size_t)(a - w.app + 1) % SLOTS]);
}

static void on_writable(void *arg)
{
	write_some(arg);
	act(arg);
}

static const struct channel_ops app_ops = {
	.opened = on_opened,
	.failed = on_failed,
	.data = on_data,
	.eof = on_eof,
	.closed = on_closed,
	.writable = on_writable,
};

static void on_forwarded(void *arg, struct channel *ch, struct slice host,
	uint32_t port, bool is_path, struct slice originator,
	uint32_t originator_port)
{
	struct app *a = free_slot();

	if (a == NULL || (port & 1) != 0) {
		channel_refuse(ch, OPEN_CONNECT_FAILED, "no");
		return;
	}
	a->ch = ch;
	channel_claim(ch, &app_ops, a);
	if ((port & 2) != 0)
		channel_accept(ch);
	else
		a->asked = true;
}

static bool on_host_key_is_new(void *arg, const struct pubkey *key)
{
	return true;
}

static void on_host_keys(void *arg, const struct pubkey *const *keys, size_t n)
{
	abort(); /* it can't have proven any */
}

static void on_down(void *arg, int err, const struct trouble *trouble)
{
	w.n_down++;
}

static void on_output(void *arg)
{
}

static const struct session_ops ops = {
	.forwarded = on_forwarded,
	.host_key_is_new = on_host_key_is_new,
	.host_keys = on_host_keys,
	.down = on_down,
	.output = on_output,
};

static void on_reply(void *arg, bool success, uint32_t port)
{
	if ((w.habits & DISCONNECT) != 0)
		session_disconnect(w.s);
	else if ((w.habits & OPEN) != 0)
		session_forget(w.s, &w);
}

static void message(uint8_t type, struct slice body)
{
	struct packet *p = packet_new();
	struct iovec iov;
	uint8_t *at;

	if (body.len >= PACKET_PAYLOAD_MAX)
		body.len = PACKET_PAYLOAD_MAX - 1;
	at = packet_reserve(p, body.len + 1);
	at[0] = type;
	memcpy(at + 1, body.p, body.len);
	if (packet_commit(p, body.len + 1) != 0)
		abort();
	while (packet_out_iov(p, &iov, 1) == 1) {
		size_t room, n = iov.iov_len;
		uint8_t *to = session_input_space(w.s, &room);

		if (room == 0)
			abort();
		n = n < room ? n : room;
		memcpy(to, iov.iov_base, n);
		packet_out_done(p, n);
		session_input(w.s, n, w.now_us);
	}
	packet_free(p);
}

static void answer_asked(struct app *a, bool yes)
{
	struct channel *ch = a->ch;

	if (!a->asked || ch == NULL)
		return;
	a->asked = false;
	if (yes) {
		channel_accept(ch);
		return;
	}
	*a = (struct app){0};
	channel_refuse(ch, OPEN_CONNECT_FAILED, "");
}

static void step(uint8_t what, uint8_t whom, struct slice bytes)
{
	struct app *a = &w.app[whom % SLOTS];

	switch (what % 16) {
	case 0:
		w.habits = whom;
		break;
	case 1:
		open_one((whom & 1) != 0);
		break;
	case 2:
		write_some(a);
		break;
	case 3:
		consume(a);
		break;
	case 4:
		if (a->ch != NULL && !a->asked)
			channel_eof(a->ch);
		break;
	case 5:
		close_it(a);
		break;
	case 6:
		answer_asked(a, bytes.len != 0);
		break;
	case 7:
		w.now_us += (uint64_t)whom * 100000;
		session_tick(w.s, w.now_us);
		break;
	case 8:
		session_forward(w.s, (whom & 1) != 0 ? "/run/f" : NULL, "", 0,
			on_reply, &w);
		break;
	case 9:
		session_probe(w.s, w.now_us, 1000000);
		w.reads = (whom & 1) != 0;
		break;
	case 10:
		message(whom, bytes);
		break;
	default:
		message(whom % 4 == 0 ? 80 + whom / 4 % 3 : 90 + whom % 11,
			bytes);
	}
}

static void begin(void)
{
	w = (struct world){
		.budget = {.limit_bytes = 4 << 20},
		.config = {.alive_interval_s = 5,
			.alive_count_max = 3,
			.update_host_keys = true},
		.now_us = 1000000,
		.reads = true,
	};
	w.config.budget = &w.budget;
	w.s = session_new(&w.config, &ops, NULL);
	w.s->phase = PHASE_READY;
	w.s->now_us = w.s->last_input_us = w.now_us;
	w.s->min_rtt_us = 1000;
	w.s->kex.choice.cipher_in = w.s->kex.choice.cipher_out =
		cipher_alg_find(slice_of("aes128-ctr"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);

	begin();
	while (r.left >= 3 && w.n_down == 0) {
		uint8_t what = rd_u8(&r), whom = rd_u8(&r);
		size_t n = rd_u8(&r);

		w.now_us += 100;
		step(what, whom, rd_bytes(&r, n < r.left ? n : r.left));
		if (w.reads)
			session_output_done(w.s, session_output_bytes(w.s));
		if (w.budget.used_bytes > w.budget.limit_bytes)
			abort();
	}
	if (w.n_down > 1 || (w.n_down == 1 && session_channels(w.s) != 0))
		abort();
	session_free(w.s);
	if (w.budget.used_bytes != 0)
		abort();
	return 0;
}
