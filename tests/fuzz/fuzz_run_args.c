/* The command line of `taupe run`: arguments, one a line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run_args.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *next, *argv[WORDS_MAX + 1];
	char name[] = "run", error[TEXT_MAX];
	struct run_args args;
	int argc = 0;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	argv[argc++] = name;
	for (next = text; next != NULL && argc < WORDS_MAX;) {
		char *word = strsep(&next, "\n");

		argv[argc++] = word;
	}
	argv[argc] = NULL;
	if (run_args_parse(argc, argv, &args, error) < 0 &&
		memchr(error, '\0', sizeof(error)) == NULL)
		abort();
	run_args_done(&args);
	free(text);
	return 0;
}
