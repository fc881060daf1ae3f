#include "tunnel/option_kind.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tunnel/option_value.h"
#include "tunnel/options.h"

#define LIST_MAX 256 /* items: beyond it is no person's configuration */

static_assert(sizeof(enum host_key_policy) == sizeof(int),
	"set_choice writes an int");

static int bad(const struct option_row *row, const char *value,
	struct trouble *trouble)
{
	char words[96] = "";
	size_t at = 0;

	for (const struct option_choice *c = row->choices;
		c != NULL && c->word != NULL && at < sizeof(words); c++)
		at += (size_t)snprintf(words + at, sizeof(words) - at, "%s%s",
			at != 0 ? ", " : "; it takes: ", c->word);
	return trouble_say(trouble, ERR_INVALID, "%s: it can't be \"%.60s\"%s",
		row->name, value, words);
}

/* The only word of `value`, or NULL. */
static char *only_word(const char *value)
{
	char *word = option_value_word(&value);

	while (isspace((unsigned char)*value))
		value++;
	if (word != NULL && *value != '\0') {
		free(word);
		word = NULL;
	}
	return word;
}

static const struct option_choice *choose(
	const struct option_row *row, const char *value)
{
	for (const struct option_choice *c = row->choices; c->word != NULL; c++)
		if (strcasecmp(c->word, value) == 0)
			return c;
	return NULL;
}

static int set_choice(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	const struct option_choice *c = choose(row, value);

	if (c == NULL)
		return bad(row, value, trouble);
	memcpy(place, &c->value, sizeof(c->value));
	return 0;
}

static int set_flag(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	const struct option_choice *c = choose(row, value);

	if (c == NULL)
		return bad(row, value, trouble);
	*(bool *)place = c->value != 0;
	return 0;
}

static int set_number(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	unsigned n;

	if (option_value_unsigned(value, row->max, &n) != 0 || n < row->min)
		return trouble_say(trouble, ERR_INVALID,
			"%s: a number is wanted (%u..%u), not \"%.40s\"",
			row->name, row->min, row->max, value);
	*(unsigned *)place = n;
	return 0;
}

static int set_port(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	unsigned n = 0;
	int err = set_number(row, value, &n, trouble);

	if (err == 0)
		*(uint16_t *)place = (uint16_t)n;
	return err;
}

static int set_time(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	if (strcasecmp(value, "none") == 0)
		*(unsigned *)place = 0;
	else if (option_value_time(value, place) != 0)
		return trouble_say(trouble, ERR_INVALID,
			"%s: a time is wanted (such as 90 or 1h30m), "
			"not \"%.40s\"",
			row->name, value);
	return 0;
}

static int set_mask(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	char *end;
	unsigned long mask = strtoul(value, &end, 8);

	if (!isdigit((unsigned char)*value) || *end != '\0' || mask > 0777)
		return trouble_say(trouble, ERR_INVALID,
			"%s: an octal number up to 0777 is wanted, "
			"not \"%.40s\"",
			row->name, value);
	*(unsigned *)place = (unsigned)mask;
	return 0;
}

static void replace(char **place, char *text)
{
	free(*place);
	*place = text;
}

/* One word. */
static int set_text(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	char *word = only_word(value);

	if (word == NULL || *word == '\0') {
		free(word);
		return bad(row, value, trouble);
	}
	replace(place, word);
	return 0;
}

/* As set_text, and "none" is as if it had never been set. */
static int set_text_or_none(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	if (strcasecmp(value, "none") != 0)
		return set_text(row, value, place, trouble);
	replace(place, NULL);
	return 0;
}

static int set_agent(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	if (strcmp(value, "SSH_AUTH_SOCK") != 0)
		return set_text(row, value, place, trouble);
	replace(place, NULL);
	return 0;
}

/* The rest of the line as it is, for a shell. */
static int set_command(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	replace(place,
		strcasecmp(value, "none") == 0 ? NULL : mem_strdup(value));
	return 0;
}

static int set_jumps(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	struct destination hops[JUMP_MAX];
	size_t n = 0;
	int err = 0;

	/* With tokens it can be judged only once they are expanded. */
	if (strcasecmp(value, "none") != 0 && strchr(value, '%') == NULL)
		err = destination_parse_jumps(value, hops, &n, trouble);
	for (size_t i = 0; i < n; i++)
		destination_done(&hops[i]);
	return err != 0 ? err : set_text_or_none(row, value, place, trouble);
}

static int set_algs(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	struct trouble inner = {0};
	char *list;
	int err = option_algs_resolve(row->algs, value, &list, &inner);

	if (err != 0)
		return trouble_say(trouble, err, "%s: %s", row->name,
			trouble_get(&inner, "detail"));
	replace(place, list);
	return 0;
}

static void list_done(struct string_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct string_list){0};
}

static void list_add(struct string_list *list, char *text)
{
	list->item = mem_realloc(list->item, list->n + 1, sizeof(char *));
	list->item[list->n++] = text;
}

static int too_many(const struct option_row *row, struct trouble *trouble)
{
	return trouble_say(trouble, ERR_INVALID, "%s: more than %d of them",
		row->name, LIST_MAX);
}

/* One word more. */
static int add_text(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	struct string_list *list = place;
	char *word = NULL;
	int err;

	if (list->n == LIST_MAX)
		return too_many(row, trouble);
	err = set_text(row, value, &word, trouble);
	if (err == 0)
		list_add(list, word);
	return err;
}

/* Quotes hold white space together, which a forward has backslashes for. NULL:
 * one is not closed. */
static char *unquoted(const char *value)
{
	struct buf b = BUF_INIT;
	char *word, *line = NULL;

	while ((word = option_value_word(&value)) != NULL) {
		if (buf_len(&b) != 0)
			buf_put_u8(&b, ' ');
		for (const char *c = word; *c != '\0'; c++) {
			if (*c == '\\' || isspace((unsigned char)*c))
				buf_put_u8(&b, '\\');
			buf_put_u8(&b, (uint8_t)*c);
		}
		free(word);
	}
	if (*value == '\0' && buf_len(&b) != 0)
		line = mem_dup(buf_ptr(&b), buf_len(&b));
	buf_done(&b);
	return line;
}

/* The rest of the line, once more. */
static int add_line(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	struct string_list *list = place;
	char *line;

	if (list->n == LIST_MAX)
		return too_many(row, trouble);
	line = strchr(value, '"') != NULL ? unquoted(value) : mem_strdup(value);
	if (line == NULL)
		return bad(row, value, trouble);
	list_add(list, line);
	return 0;
}

/* Any number of words, which replace those that were there. */
static int set_words(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	struct string_list list = {0};
	const char *cursor = value;
	char *word;

	while (list.n < LIST_MAX && (word = option_value_word(&cursor)) != NULL)
		list_add(&list, word);
	while (isspace((unsigned char)*cursor))
		cursor++;
	if (*cursor != '\0' || list.n == 0) {
		list_done(&list);
		return bad(row, value, trouble);
	}
	list_done(place);
	*(struct string_list *)place = list;
	return 0;
}

/* "default", or bytes; then, if there, a time. Its place is the bytes'. */
static int set_rekey(const struct option_row *row, const char *value,
	void *place, struct trouble *trouble)
{
	const size_t to_time = offsetof(struct options, rekey_s) -
			       offsetof(struct options, rekey_bytes);
	char *bytes = option_value_word(&value);
	char *time = option_value_word(&value);
	uint64_t n = 0;
	unsigned s = 0;
	bool good = bytes != NULL && *value == '\0';

	if (good && strcasecmp(bytes, "default") != 0 &&
		strcasecmp(bytes, "none") != 0)
		good = option_value_size(bytes, &n) == 0 && n >= 16;
	if (good && time != NULL && strcasecmp(time, "none") != 0)
		good = option_value_time(time, &s) == 0;
	free(bytes);
	free(time);
	if (!good)
		return trouble_say(trouble, ERR_INVALID,
			"%s: a size and a time are wanted, \"1G 1h\"",
			row->name);
	memcpy(place, &n, sizeof(n));
	memcpy((char *)place + to_time, &s, sizeof(s));
	return 0;
}

void option_kind_release(const struct option_kind *kind, void *place)
{
	if (kind->owns == OPTION_OWNS_TEXT)
		replace(place, NULL);
	else if (kind->owns == OPTION_OWNS_LIST)
		list_done(place);
}

void option_kind_unshare(const struct option_kind *kind, void *place)
{
	struct string_list copy = {0};
	const struct string_list *shared = place;
	char **text = place;

	if (kind->owns == OPTION_OWNS_TEXT && *text != NULL) {
		*text = mem_strdup(*text);
	} else if (kind->owns == OPTION_OWNS_LIST) {
		for (size_t i = 0; i < shared->n; i++)
			list_add(&copy, mem_strdup(shared->item[i]));
		*(struct string_list *)place = copy;
	}
}

const struct option_kind option_kind_choice = {set_choice, OPTION_OWNS_NOTHING};
const struct option_kind option_kind_flag = {set_flag, OPTION_OWNS_NOTHING};
const struct option_kind option_kind_number = {set_number, OPTION_OWNS_NOTHING};
const struct option_kind option_kind_port = {set_port, OPTION_OWNS_NOTHING};
const struct option_kind option_kind_time = {set_time, OPTION_OWNS_NOTHING};
const struct option_kind option_kind_mask = {set_mask, OPTION_OWNS_NOTHING};
const struct option_kind option_kind_text = {set_text, OPTION_OWNS_TEXT};
const struct option_kind option_kind_text_or_none = {
	set_text_or_none, OPTION_OWNS_TEXT};
const struct option_kind option_kind_agent = {set_agent, OPTION_OWNS_TEXT};
const struct option_kind option_kind_command = {set_command, OPTION_OWNS_TEXT};
const struct option_kind option_kind_jumps = {set_jumps, OPTION_OWNS_TEXT};
const struct option_kind option_kind_algs = {set_algs, OPTION_OWNS_TEXT};
const struct option_kind option_kind_texts = {add_text, OPTION_OWNS_LIST};
const struct option_kind option_kind_lines = {add_line, OPTION_OWNS_LIST};
const struct option_kind option_kind_words = {set_words, OPTION_OWNS_LIST};
const struct option_kind option_kind_rekey = {set_rekey, OPTION_OWNS_NOTHING};
