/*
 * User authentication against a hostile server. The input is a run of steps:
 * a byte for what happens, a length, and as many bytes for it. A message's type
 * is chosen among those that matter, or taken as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/auth.h"
#include "ssh/namelist.h"

struct world {
	struct auth *a;
	unsigned fields; /* of the question that waits; 0: none */
	bool signing, over;
};

static void on_send(void *arg, const uint8_t *payload, size_t n)
{
	if (n == 0 || payload[0] < 50)
		abort();
}

static void on_ask(void *arg, struct prompt *prompt)
{
	struct world *w = arg;

	w->fields = prompt->n_fields;
	if (w->fields == 0 || w->fields > PROMPT_FIELDS_MAX)
		abort();
	prompt_free(prompt);
}

static void on_agent_sign(
	void *arg, struct slice key_blob, struct slice data, const char *alg)
{
	((struct world *)arg)->signing = true;
}

static void on_banner(void *arg, const char *text)
{
	if (strpbrk(text, "\r\x1b\x07") != NULL)
		abort();
}

static void on_learned(void *arg, enum prompt_kind kind, const char *about,
	const struct secret *secret)
{
	if (!secret_is_set(secret))
		abort();
}

static void on_done(void *arg, int err, const struct trouble *trouble,
	const char *method, const char *how)
{
	struct world *w = arg;

	if (w->over || (err != 0) != (trouble != NULL))
		abort();
	w->over = true;
}

static const struct auth_ops ops = {
	on_send, on_ask, on_agent_sign, on_banner, on_learned, on_done};

static struct auth_key keys[] = {
	{NULL, NULL, NULL, "agent"},
	{NULL, NULL, NULL, "agent"},
	{NULL, NULL, "/nonexistent/key", ""},
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const lines[] = {
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLaoqhyEDR6H6rWcdSMCPtq"
		"9C1z9lkCN36rvWq00Qrs",
		"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCuEAnYj1toRcDctnx6bSf2"
		"E4GSONN5lNguujZXaZLCC0AEAXnpwfMnv6zB+i9WD+wmrAqtAraywzjGu4tH"
		"6Rva/2Eu0ihvdoMxDFBvs/yGguV7MPQZ8i4uopmBSgTx1C4juwRiE02QnJL8"
		"6xbN8DNn0GQtqunTy8fDS+gydd2Wy2M7EZhgzICR6td7znT4AuL3HdYO27Z/"
		"ea0vLVZnm35s1pOjdAH/Qr/v+ZohCOKsdIzucMgF1psJm8AXtZL7YA4LSCgA"
		"uI3eJDDwoF4PH3vq9NxQNFxZbyXB9+8SPRB38nShVvFmW0tB5cKP3v2cG8Az"
		"OhfMPDQfAxC9HpION1SJ",
	};
	struct pubkey *key;

	for (size_t i = 0; i < 2; i++) {
		if (pubkey_parse_line(slice_of(lines[i]), &key, NULL) != 0)
			abort();
		keys[i].key = key;
	}
	keys[2].key = keys[0].key;
	return 0;
}

static void answer(struct world *w, struct slice bytes)
{
	struct secret s[PROMPT_FIELDS_MAX] = {SECRET_INIT};
	unsigned n = w->fields;

	w->fields = 0;
	for (unsigned i = 0; i < n; i++)
		secret_set(&s[i], bytes.p, bytes.len);
	auth_answer(w->a, bytes.len != 0 ? s : NULL, n);
	for (unsigned i = 0; i < n; i++)
		secret_done(&s[i]);
}

static void message(struct world *w, uint8_t type, struct slice body)
{
	uint8_t *payload = mem_alloc(body.len + 1);

	payload[0] = type;
	if (body.len != 0)
		memcpy(payload + 1, body.p, body.len);
	if (auth_input(w->a, (struct slice){payload, body.len + 1}) != 0)
		w->over = true;
	free(payload);
}

static void step(struct world *w, uint8_t what, struct slice bytes)
{
	static const uint8_t types[] = {51, 52, 53, 60};
	struct rd r = rd_slice(bytes);
	uint8_t type;

	switch (what % 8) {
	case 4:
		answer(w, bytes);
		break;
	case 5:
		auth_agent_signed(w->a, bytes);
		break;
	case 6:
		auth_server_sig_algs(w->a, bytes);
		break;
	case 7:
		type = rd_u8(&r);
		message(w, type, (struct slice){r.p, r.left});
		break;
	default:
		message(w, types[what % 8], bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	struct secret known = SECRET_INIT;
	struct auth_config config = {.user = "ada",
		.host = "box",
		.preferred = "publickey,keyboard-interactive,password",
		.keys = keys,
		.n_keys = sizeof(keys) / sizeof(keys[0]),
		.password = &known,
		.password_prompts = 3};
	struct world w = {0};
	uint8_t flags = rd_u8(&r);

	config.may_ask = (flags & 1) != 0;
	if ((flags & 2) != 0)
		secret_set(&known, "known", 5);
	w.a = auth_new(&config, &ops, &w);
	auth_start(w.a, slice_of("session"));
	while (r.left >= 3 && !w.over) {
		uint8_t what = rd_u8(&r);
		size_t n = (size_t)rd_u8(&r) << 8;

		n |= rd_u8(&r);
		step(&w, what, rd_bytes(&r, n < r.left ? n : r.left));
	}
	auth_free(w.a);
	secret_done(&known);
	return 0;
}
