#include "api/ssh_command.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/option_text.h"

#define SPEC_TEXT 1280
#define SSH_PORT  22
#define SAFE_CHARS                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"                 \
	"0123456789_@%+=:,./-"

void ssh_command_quote(struct buf *out, const char *word)
{
	if (*word != '\0' && word[strspn(word, SAFE_CHARS)] == '\0') {
		buf_put(out, word, strlen(word));
		return;
	}
	buf_put_u8(out, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			buf_put(out, "'\\''", 4);
		else
			buf_put_u8(out, (uint8_t)*word);
	}
	buf_put_u8(out, '\'');
}

bool ssh_command_knows(const char *option)
{
	return strncasecmp(option, "Taupe", 5) != 0;
}

void ssh_command_hop(struct buf *out, const struct store_server *server)
{
	if (server->user != NULL)
		buf_printf(out, "%s@", server->user);
	if (strchr(server->host, ':') != NULL)
		buf_printf(out, "[%s]", server->host);
	else
		buf_printf(out, "%s", server->host);
	if (server->port != 0 && server->port != SSH_PORT)
		buf_printf(out, ":%u", server->port);
}

/* " flag word" */
static void put_flag(struct buf *out, const char *flag, const char *word)
{
	buf_printf(out, " %s ", flag);
	ssh_command_quote(out, word);
}

static void put_forward(struct buf *out, const struct ssh_command *c)
{
	static const char *const flags[] = {[FORWARD_LOCAL] = "-L",
		[FORWARD_REMOTE] = "-R",
		[FORWARD_DYNAMIC] = "-D"};
	struct forward_spec spec = {0};
	char text[SPEC_TEXT];

	forward_spec_copy(&spec, &c->forward->spec);
	if (spec.listen.path == NULL && spec.listen.port == 0)
		spec.listen.port = c->bound_port;
	forward_spec_text(&spec, text, sizeof(text));
	forward_spec_done(&spec);
	put_flag(out, flags[c->forward->spec.type], text);
}

static void put_way(struct buf *out, const struct ssh_command *c)
{
	const char *jump = option_text_last(&c->server->options, "ProxyJump");
	struct buf hops = BUF_INIT;

	for (size_t i = 0; i < c->n_way; i++) {
		if (i != 0)
			buf_put_u8(&hops, ',');
		ssh_command_hop(&hops, c->way[i]);
	}
	if (c->n_way == 0 && jump != NULL)
		buf_put(&hops, jump, strlen(jump));
	if (buf_len(&hops) != 0) {
		buf_put_u8(&hops, 0);
		put_flag(out, "-J", (const char *)buf_ptr(&hops));
	}
	buf_done(&hops);
}

static void put_identity(struct buf *out, const char *value)
{
	struct string_list words = {0};

	option_text_words(value, &words);
	for (size_t i = 0; i < words.n; i++) {
		put_flag(out, "-i", words.item[i]);
		free(words.item[i]);
	}
	free(words.item);
}

static void put_options(struct buf *out, const struct string_list *options)
{
	for (size_t i = 0; i < options->n; i++) {
		const char *item = options->item[i];

		if (option_text_is(item, "IdentityFile"))
			put_identity(out, option_text_value(item));
		else if (!option_text_is(item, "ProxyJump") &&
			 ssh_command_knows(item))
			put_flag(out, "-o", item);
	}
}

void ssh_command_write(struct buf *out, const struct ssh_command *c)
{
	const struct store_server *s = c->server;
	char *destination;

	buf_printf(out, "ssh -N");
	put_forward(out, c);
	if (s->port != 0 && s->port != SSH_PORT)
		buf_printf(out, " -p %u", s->port);
	put_way(out, c);
	put_options(out, &s->options);
	destination = s->user != NULL ? mem_printf("%s@%s", s->user, s->host)
				      : mem_strdup(s->host);
	buf_put_u8(out, ' ');
	ssh_command_quote(out, destination);
	free(destination);
}
