/*
 * A pasted ssh command line: ssh(1)'s flags, told apart in those that make the
 * server, those that are its forwards, and habits that change nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/rd.h"
#include "import/import_build.h"
#include "import/import_formats.h"
#include "import/shell_words.h"

enum does {
	DOES_FORWARD,
	DOES_WORD,   /* the option `option`, one word */
	DOES_PRESET, /* `option` with the value `preset` */
	DOES_ASSIGN, /* -o */
	DOES_PORT,
	DOES_USER,
	DOES_SKIP, /* told as skipped */
};

static const struct flag {
	char letter;
	enum does does;
	const char *option, *preset;
	enum forward_type type;
} flags[] = {
	{'L', .does = DOES_FORWARD, .type = FORWARD_LOCAL},
	{'R', .does = DOES_FORWARD, .type = FORWARD_REMOTE},
	{'D', .does = DOES_FORWARD, .type = FORWARD_DYNAMIC},
	{'i', .does = DOES_WORD, .option = "IdentityFile"},
	{'J', .does = DOES_WORD, .option = "ProxyJump"},
	{'b', .does = DOES_WORD, .option = "BindAddress"},
	{'c', .does = DOES_WORD, .option = "Ciphers"},
	{'m', .does = DOES_WORD, .option = "MACs"},
	{'4', .does = DOES_PRESET, .option = "AddressFamily", .preset = "inet"},
	{'6', .does = DOES_PRESET, .option = "AddressFamily",
		.preset = "inet6"},
	{'g', .does = DOES_PRESET, .option = "GatewayPorts", .preset = "yes"},
	{'o', .does = DOES_ASSIGN},
	{'p', .does = DOES_PORT},
	{'l', .does = DOES_USER},
	{'F', .does = DOES_SKIP},
	{'W', .does = DOES_SKIP},
	{'w', .does = DOES_SKIP},
};
/* ssh's other flags with a value, and those without. */
static const char other_with_value[] = "BEIOPQSe";
static const char habits[] = "1246AaCfGgKkMNnqsTtVvXxYy";

/* What one command line says, before the server is known. */
struct line {
	const struct string_list *words;
	size_t at;
	unsigned no;
	struct import_set *set;
	const char *destination, *port, *user;
	bool is_autossh; /* whose -M takes a port */
	struct {         /* in order: pointers into the words */
		const struct flag *flag;
		const char *value;
	} * given;
	size_t n_given;
};

static const struct flag *find_flag(char letter)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].letter == letter)
			return &flags[i];
	return NULL;
}

static void take(struct line *l, const struct flag *f, const char *value)
{
	switch (f->does) {
	case DOES_PORT:
		l->port = value;
		return;
	case DOES_USER:
		l->user = value;
		return;
	default:
		l->given = mem_realloc(
			l->given, l->n_given + 1, sizeof(*l->given));
		l->given[l->n_given].flag = f;
		l->given[l->n_given++].value = value;
	}
}

/* One word of joined letters; the first that takes a value has the rest of it,
 * or the next word. */
static void letters(struct line *l, const char *word)
{
	for (const char *c = word + 1; *c != '\0'; c++) {
		const struct flag *f = find_flag(*c);
		const char *value = c + 1;

		if (f != NULL && f->does == DOES_PRESET) {
			take(l, f, NULL);
			continue;
		}
		if (f == NULL && !(l->is_autossh && *c == 'M') &&
			strchr(other_with_value, *c) == NULL) {
			if (strchr(habits, *c) == NULL)
				import_build_skip(l->set, l->no, slice_of(word),
					"unknown option");
			continue;
		}
		if (*value == '\0')
			value = l->at < l->words->n ? l->words->item[l->at++]
						    : NULL;
		if (value == NULL)
			import_build_skip(l->set, l->no, slice_of(word),
				"it has no value");
		else if (f != NULL)
			take(l, f, value);
		return;
	}
}

static void split(struct line *l)
{
	while (l->at < l->words->n) {
		const char *word = l->words->item[l->at++];

		if (word[0] == '-' && word[1] != '\0' &&
			strcmp(word, "--") != 0)
			letters(l, word);
		else if (l->destination == NULL && strcmp(word, "--") != 0)
			l->destination = word;
		else if (strcmp(word, "--") != 0)
			import_build_skip(l->set, l->no, slice_of(word),
				"taupe runs no command on the server");
	}
}

static bool assign_is(const char *text, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(text, name, n) == 0 &&
	       strchr("= \t", text[n]) != NULL;
}

/* -o Name=value; the forwards among them are forwards. */
static int assign(struct line *l, size_t server, const char *text)
{
	static const struct {
		const char *name;
		enum forward_type type;
	} forwards[] = {{"LocalForward", FORWARD_LOCAL},
		{"RemoteForward", FORWARD_REMOTE},
		{"DynamicForward", FORWARD_DYNAMIC}};
	size_t n = strcspn(text, "= \t");
	char *name = mem_dup(text, n);
	const char *value = text + n + strspn(text + n, "= \t");
	int r = 0;

	for (size_t i = 0; i < 3; i++)
		if (assign_is(text, forwards[i].name)) {
			r = import_build_forward(l->set, l->no, server,
				forwards[i].type, value, NULL);
			goto out;
		}
	import_build_option(l->set, l->no, server, name, value);
out:
	free(name);
	return r == -ERR_LIMIT ? r : 0;
}

static int apply(struct line *l, size_t server)
{
	for (size_t i = 0; i < l->n_given; i++) {
		const struct flag *f = l->given[i].flag;
		const char *value = l->given[i].value;
		int r = 0;

		switch (f->does) {
		case DOES_FORWARD:
			r = import_build_forward(
				l->set, l->no, server, f->type, value, NULL);
			break;
		case DOES_WORD:
			import_build_word(
				l->set, l->no, server, f->option, value);
			break;
		case DOES_PRESET:
			import_build_option(
				l->set, l->no, server, f->option, f->preset);
			break;
		case DOES_ASSIGN:
			r = assign(l, server, value);
			break;
		default:
			import_build_skip(l->set, l->no, slice_of(value),
				"taupe does not do");
		}
		if (r == -ERR_LIMIT)
			return r;
	}
	return 0;
}

/* Port and user as ssh finds them: -p and -l before the destination's. */
static int make_server(struct line *l, size_t *ret_server)
{
	struct destination d;
	struct trouble why = {0};
	unsigned long port = 0;
	char *end;
	int r = destination_parse(l->destination, &d, &why);

	if (r < 0) {
		import_build_skip_trouble(
			l->set, l->no, slice_of(l->destination), &why);
		return r;
	}
	port = d.port;
	if (l->port != NULL) {
		port = strtoul(l->port, &end, 10);
		if (*end != '\0' || port == 0 || port > 65535) {
			import_build_skip(l->set, l->no, slice_of(l->port),
				"is not a port");
			port = d.port;
		}
	}
	/* Options of its own: two lines to one host may differ in them. */
	r = (l->n_given == 0 ? import_build_server : import_build_own_server)(
		l->set, l->no, NULL, d.host, (uint16_t)port,
		l->user != NULL ? l->user : d.user, ret_server);
	destination_done(&d);
	return r;
}

/* Finds ssh, which stands behind assignments and what runs another command. */
static bool find_ssh(struct line *l)
{
	for (size_t i = 0; i < l->words->n; i++) {
		const char *word = l->words->item[i];
		const char *slash = strrchr(word, '/');
		const char *name = slash != NULL ? slash + 1 : word;

		l->is_autossh = strcmp(name, "autossh") == 0;
		if (l->is_autossh || strcmp(name, "ssh") == 0 ||
			strcmp(name, "ssh.exe") == 0) {
			l->at = i + 1;
			return true;
		}
	}
	return false;
}

static int one_command(struct import_set *set, unsigned no, const char *text,
	const struct string_list *words)
{
	struct line l = {.words = words, .no = no, .set = set};
	size_t server;
	int r;

	if (!find_ssh(&l)) {
		import_build_skip(
			set, no, slice_of(text), "it is no ssh command");
		return 0;
	}
	split(&l);
	if (l.destination == NULL) {
		import_build_skip(
			set, no, slice_of(text), "the host is missing");
		r = 0;
	} else {
		r = make_server(&l, &server);
		if (r == 0)
			r = apply(&l, server);
		if (r == 0)
			import_build_fold_last(set);
	}
	free(l.given);
	return r == -ERR_LIMIT ? r : 0;
}

int import_command_read(char *text, const char *path, struct import_set *set,
	struct trouble *trouble)
{
	const char *at = text;
	unsigned no = 1;
	int r = 0;

	while (*at != '\0' && r == 0) {
		struct string_list words = {0};
		const char *next = shell_words_next(at, &words);

		if (next == NULL) {
			import_build_skip(
				set, no, slice_of(at), "a quote is not closed");
			shell_words_done(&words);
			break;
		}
		if (words.n != 0) {
			char *command = mem_dup(at, (size_t)(next - at));

			r = one_command(set, no, command, &words);
			free(command);
		}
		shell_words_done(&words);
		for (; at < next; at++)
			no += *at == '\n';
	}
	if (r == 0 && set->n_servers == 0)
		r = trouble_say(trouble, ERR_INVALID, "it is no ssh command");
	return r;
}
