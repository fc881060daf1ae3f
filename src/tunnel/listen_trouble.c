#include "tunnel/listen_trouble.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "tunnel/port_holder.h"

#define PORT_START      "/proc/sys/net/ipv4/ip_unprivileged_port_start"
#define PORT_START_LAST 1024 /* of kernels that have no such file */

unsigned listen_trouble_first_port(void)
{
	FILE *f = fopen(PORT_START, "re");
	unsigned long first = PORT_START_LAST;
	char line[16];

	if (f != NULL) {
		if (fgets(line, sizeof(line), f) != NULL)
			first = strtoul(line, NULL, 10);
		fclose(f);
	}
	return (unsigned)first;
}

static void holder_text(bool known, const struct port_holder *holder,
	char *ret_text, size_t size)
{
	if (known)
		snprintf(ret_text, size, "%s (pid %ld)", holder->name,
			(long)holder->pid);
	else
		snprintf(ret_text, size, "%s",
			catalog_get("word.another_program"));
}

int listen_trouble_in_use(struct trouble *trouble, const char *address,
	const struct sockaddr *sa, uint16_t next)
{
	struct port_holder holder;
	char text[TROUBLE_VALUE];

	if (trouble != NULL) {
		holder_text(port_holder_find(sa, &holder), &holder, text,
			sizeof(text));
		trouble_set(trouble, ERR_PORT_IN_USE);
		trouble_arg(trouble, "address", "%s", address);
		trouble_arg(trouble, "holder", "%s", text);
		if (next != 0)
			trouble_arg(trouble, "next", "%u", next);
	}
	return -ERR_PORT_IN_USE;
}

int listen_trouble_not_permitted(struct trouble *trouble, const char *address)
{
	unsigned first = listen_trouble_first_port();

	if (trouble != NULL) {
		trouble_set(trouble, ERR_PORT_NOT_PERMITTED);
		trouble_arg(trouble, "address", "%s", address);
		trouble_arg(trouble, "right",
			"CAP_NET_BIND_SERVICE "
			"(net.ipv4.ip_unprivileged_port_start = %u)",
			first);
		trouble_arg(trouble, "first", "%u", first);
	}
	return -ERR_PORT_NOT_PERMITTED;
}

static int failed(
	struct trouble *trouble, const char *address, const char *detail)
{
	if (trouble != NULL) {
		trouble_set(trouble, ERR_LISTEN_FAILED);
		trouble_arg(trouble, "address", "%s", address);
		trouble_arg(trouble, "detail", "%s", detail);
	}
	return -ERR_LISTEN_FAILED;
}

int listen_trouble_failed(
	struct trouble *trouble, const char *address, int error)
{
	static const struct {
		int error;
		const char *key;
	} table[] = {
		{EADDRNOTAVAIL, "listen.no_such_address"},
		{EACCES, "listen.no_permission"},
		{EPERM, "listen.no_permission"},
		{ENOENT, "listen.no_such_folder"},
		{ENAMETOOLONG, "listen.path_too_long"},
		{EMFILE, "listen.too_many_files"},
		{ENFILE, "listen.too_many_files"},
	};
	char text[TROUBLE_VALUE];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].error == error)
			return failed(
				trouble, address, catalog_get(table[i].key));
	return failed(trouble, address, strerror_r(error, text, sizeof(text)));
}

int listen_trouble_path(
	struct trouble *trouble, const char *path, const char *key)
{
	struct port_holder holder;
	struct catalog_arg arg = {.name = "holder"};
	char name[TROUBLE_VALUE], text[TROUBLE_VALUE];

	if (trouble == NULL)
		return -ERR_LISTEN_FAILED;
	holder_text(port_holder_find_path(path, &holder), &holder, name,
		sizeof(name));
	arg.value = name;
	catalog_format(catalog_lang(), key, &arg, 1, text, sizeof(text));
	return failed(trouble, path, text);
}
