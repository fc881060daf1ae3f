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
	DOES_HOST, /* -o HostName: where the destination really is */
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
	/* The first that is given counts. */
	const char *destination, *port, *user, *host;
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

/* What -o has a flag or a place of its own for. */
static const struct assignment {
	const char *name;
	struct flag flag;
} assignments[] = {
	{"LocalForward", {'L', .does = DOES_FORWARD, .type = FORWARD_LOCAL}},
	{"RemoteForward", {'R', .does = DOES_FORWARD, .type = FORWARD_REMOTE}},
	{"DynamicForward",
		{'D', .does = DOES_FORWARD, .type = FORWARD_DYNAMIC}},
	{"Port", {'p', .does = DOES_PORT}},
	{"User", {'l', .does = DOES_USER}},
	{"HostName", {'o', .does = DOES_HOST}},
};

static const char *assigned(const char *text, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(text, name, n) != 0 || text[n] == '\0' ||
		strchr("= \t", text[n]) == NULL)
		return NULL;
	return text + n + strspn(text + n, "= \t");
}

static void take(struct line *l, const struct flag *f, const char *value)
{
	const char **place = f->does == DOES_PORT   ? &l->port
			     : f->does == DOES_USER ? &l->user
			     : f->does == DOES_HOST ? &l->host
						    : NULL;

	if (f->does == DOES_ASSIGN)
		for (size_t i = 0;
			i < sizeof(assignments) / sizeof(assignments[0]); i++) {
			const char *at = assigned(value, assignments[i].name);

			if (at != NULL) {
				take(l, &assignments[i].flag, at);
				return;
			}
		}
	if (place != NULL) {
		*place = *place != NULL ? *place : value;
		return;
	}
	l->given = mem_realloc(l->given, l->n_given + 1, sizeof(*l->given));
	l->given[l->n_given].flag = f;
	l->given[l->n_given++].value = value;
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

/* Options stand before and behind the destination; what comes then is the
 * server's command, with all that follows. */
static void split(struct line *l)
{
	bool ended = false;

	while (l->at < l->words->n) {
		const char *word = l->words->item[l->at++];

		if (!ended && strcmp(word, "--") == 0) {
			ended = true;
		} else if (!ended && word[0] == '-' && word[1] != '\0') {
			letters(l, word);
		} else if (l->destination == NULL) {
			l->destination = word;
			ended = false;
		} else {
			import_build_skip(l->set, l->no, slice_of(word),
				"taupe runs no command on the server");
			return;
		}
	}
}

static void assign(struct line *l, size_t server, const char *text)
{
	size_t n = strcspn(text, "= \t");
	char *name = mem_dup(text, n);

	import_build_option(l->set, l->no, server, name,
		text + n + strspn(text + n, "= \t"));
	free(name);
}

/* As it was typed: "-w 3". */
static void skip(struct line *l, const struct flag *f, const char *value)
{
	char *typed = mem_printf("-%c %s", f->letter, value);

	import_build_skip(
		l->set, l->no, slice_of(typed), "taupe can't do that");
	free(typed);
}

static void put_option(struct line *l, size_t server, size_t i)
{
	const struct flag *f = l->given[i].flag;
	const char *value = l->given[i].value;

	switch (f->does) {
	case DOES_WORD:
		import_build_word(l->set, l->no, server, f->option, value);
		break;
	case DOES_PRESET:
		import_build_option(
			l->set, l->no, server, f->option, f->preset);
		break;
	case DOES_ASSIGN:
		assign(l, server, value);
		break;
	case DOES_SKIP:
		skip(l, f, value);
		break;
	default:
		break;
	}
}

/* Options first: they tell whether the server is one of an earlier line. */
static int apply(struct line *l, size_t server)
{
	int r = 0;

	for (size_t i = 0; i < l->n_given; i++)
		put_option(l, server, i);
	server = import_build_fold(l->set);
	for (size_t i = 0; i < l->n_given && r != -ERR_LIMIT; i++)
		if (l->given[i].flag->does == DOES_FORWARD)
			r = import_build_forward(l->set, l->no, server,
				l->given[i].flag->type, l->given[i].value,
				NULL);
	return r == -ERR_LIMIT ? r : 0;
}

/* Port and user as ssh finds them: -p and -l before the destination's. */
static int make_server(struct line *l, size_t *ret_server)
{
	struct destination d;
	struct trouble why = {0};
	uint16_t port;
	int r = destination_parse(l->destination, &d, &why);

	if (r < 0) {
		import_build_skip_trouble(
			l->set, l->no, slice_of(l->destination), &why);
		return r;
	}
	port = import_build_port(l->set, l->no, l->port);
	r = import_build_server(l->set, l->no, d.host,
		l->host != NULL ? l->host : d.host, port != 0 ? port : d.port,
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
			const char *start = at + strspn(at, " \t\r\n");
			char *command = mem_dup(start, (size_t)(next - start));

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
