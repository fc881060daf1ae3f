#include "import/shell_words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static void end_word(struct buf *word, bool *in_word, struct string_list *words)
{
	if (!*in_word)
		return;
	words->item =
		mem_realloc(words->item, words->n + 1, sizeof(*words->item));
	words->item[words->n++] = mem_dup(buf_ptr(word), buf_len(word));
	buf_clear(word);
	*in_word = false;
}

/* From behind the quote to the closing one; NULL: there is none. */
static const char *quoted(const char *at, char quote, struct buf *word)
{
	for (; *at != quote; at++) {
		if (*at == '\0')
			return NULL;
		if (quote == '"' && *at == '\\' && at[1] != '\0' &&
			strchr("\"\\$`", at[1]) != NULL)
			at++;
		buf_put(word, at, 1);
	}
	return at;
}

/* "2>", ">>", "<", ">&1": the file or descriptor behind it is no word, nor is
 * the number before it. Returns the last byte of what was skipped. */
static const char *redirection(const char *at, struct buf *word, bool *in_word,
	struct string_list *words)
{
	bool numbered = *in_word && buf_len(word) == 1 &&
			strchr("0123456789", *buf_ptr(word)) != NULL;
	char quote = '\0';

	if (numbered) {
		buf_clear(word);
		*in_word = false;
	}
	end_word(word, in_word, words);
	at += strspn(at, "<>&|");
	at += strspn(at, " \t");
	for (; *at != '\0'; at++) {
		if (*at == quote)
			quote = '\0';
		else if (quote == '\0' && (*at == '"' || *at == '\''))
			quote = *at;
		else if (quote == '\0' && strchr(" \t\r\n;&|<>", *at) != NULL)
			break;
	}
	return at - 1;
}

const char *shell_words_next(const char *text, struct string_list *words)
{
	struct buf word = BUF_INIT;
	bool in_word = false;
	const char *at = text;

	for (; *at != '\0' && strchr("\n;&|", *at) == NULL; at++) {
		if (*at == ' ' || *at == '\t' || *at == '\r') {
			end_word(&word, &in_word, words);
			continue;
		}
		if (*at == '#' && !in_word) {
			at += strcspn(at, "\n");
			break;
		}
		if (*at == '<' || *at == '>') {
			at = redirection(at, &word, &in_word, words);
			continue;
		}
		if (*at == '\\' && at[1] == '\n') {
			at++;
			continue;
		}
		in_word = true;
		if (*at == '\'' || *at == '"') {
			at = quoted(at + 1, *at, &word);
			if (at == NULL)
				break;
		} else {
			if (*at == '\\' && at[1] != '\0')
				at++;
			buf_put(&word, at, 1);
		}
	}
	if (at != NULL)
		end_word(&word, &in_word, words);
	buf_done(&word);
	return at == NULL || *at == '\0' ? at : at + 1;
}

void shell_words_done(struct string_list *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->item[i]);
	free(words->item);
	*words = (struct string_list){0};
}
