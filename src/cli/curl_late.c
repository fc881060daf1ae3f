#define CURL_LATE_PLAIN
#include "cli/curl_late.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

struct curl_late curl_late;

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
#define SYMBOL(name) {#name, offsetof(struct curl_late, name)},
	CURL_LATE_LIST(SYMBOL)
#undef SYMBOL
};

static void *open_library(void)
{
	static const char *const names[] = {
		"libcurl.so.4", "libcurl-gnutls.so.4"};
	void *handle = NULL;

	for (size_t i = 0;
		i < sizeof(names) / sizeof(names[0]) && handle == NULL; i++)
		handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
	return handle;
}

bool curl_late_load(void)
{
	static bool loaded;
	void *handle;

	if (loaded)
		return true;
	handle = open_library();
	if (handle == NULL)
		return false;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (symbol == NULL)
			return false;
		memcpy((char *)&curl_late + symbols[i].offset, &symbol,
			sizeof(symbol));
	}
	loaded = true;
	return true;
}
