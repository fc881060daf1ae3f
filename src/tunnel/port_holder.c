#include "tunnel/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTEN_STATE  0x0a    /* proc(5), /proc/net/tcp */
#define UNIX_LISTEN_FLAGS 0x10000 /* __SO_ACCEPTCON */
#define HEX_WORD          8

/* The columns that matter, and how many there are up to the last of them. */
enum { TCP_LOCAL = 1, TCP_STATE = 3, TCP_INODE = 9, TCP_WORDS };
enum { UNIX_FLAGS = 3, UNIX_INODE = 6, UNIX_WORDS };

struct address {
	int family;
	uint8_t bytes[16];
	size_t len;
	uint16_t port;
};

static bool address_of(const struct sockaddr *sa, struct address *ret)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	*ret = (struct address){.family = sa->sa_family};
	if (sa->sa_family == AF_INET) {
		ret->len = sizeof(in->sin_addr);
		memcpy(ret->bytes, &in->sin_addr, ret->len);
		ret->port = ntohs(in->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		ret->len = sizeof(in6->sin6_addr);
		memcpy(ret->bytes, &in6->sin6_addr, ret->len);
		ret->port = ntohs(in6->sin6_port);
	}
	return ret->len != 0;
}

/* "0100007F:0CEB": the kernel prints each 32-bit word of the address as a
 * number, then the port. */
static bool address_read(const char *text, struct address *ret)
{
	size_t n = strspn(text, "0123456789ABCDEF");
	char word[HEX_WORD + 1] = "";

	if ((n != 8 && n != 32) || text[n] != ':')
		return false;
	*ret = (struct address){
		.family = n == 8 ? AF_INET : AF_INET6,
		.len = n / 2,
		.port = (uint16_t)strtoul(text + n + 1, NULL, 16),
	};
	for (size_t i = 0; i < n / HEX_WORD; i++) {
		uint32_t number;

		memcpy(word, text + i * HEX_WORD, HEX_WORD);
		number = (uint32_t)strtoul(word, NULL, 16);
		memcpy(ret->bytes + i * 4, &number, 4);
	}
	return true;
}

/* Cuts `line` into its first `n` words; what follows them is the last entry of
 * `ret_word`, which has n + 1. False when there are fewer. */
static bool split(char *line, size_t n, char **ret_word)
{
	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < n; i++) {
		line += strspn(line, " ");
		if (*line == '\0')
			return false;
		ret_word[i] = line;
		line += strcspn(line, " ");
		if (*line != '\0')
			*line++ = '\0';
	}
	ret_word[n] = line;
	return true;
}

static bool is_wildcard(const struct address *a)
{
	static const uint8_t zero[16];

	return memcmp(a->bytes, zero, a->len) == 0;
}

/* How well `row` explains that `wanted` can't be bound; 0: not at all. */
static int likeness(const struct address *wanted, const struct address *row,
	unsigned long state)
{
	int rank = state == TCP_LISTEN_STATE ? 4 : 0;

	if (wanted->port != row->port)
		return 0;
	if (wanted->family == row->family) {
		if (memcmp(wanted->bytes, row->bytes, row->len) == 0)
			return rank + 3;
		return is_wildcard(wanted) || is_wildcard(row) ? rank + 2 : 0;
	}
	/* An IPv6 wildcard takes IPv4 as well, unless it was told not to. */
	return row->family == AF_INET6 && is_wildcard(row) ? rank + 1 : 0;
}

static void scan_tcp(const char *file, const struct address *wanted, int *best,
	unsigned long *ret_inode)
{
	FILE *f = fopen(file, "re");
	char *line = NULL, *word[TCP_WORDS + 1];
	size_t room = 0;

	while (f != NULL && getline(&line, &room, f) > 0) {
		unsigned long inode;
		struct address row;
		int rank;

		if (!split(line, TCP_WORDS, word) ||
			!address_read(word[TCP_LOCAL], &row))
			continue;
		rank = likeness(
			wanted, &row, strtoul(word[TCP_STATE], NULL, 16));
		inode = strtoul(word[TCP_INODE], NULL, 10);
		if (inode != 0 && rank > *best) {
			*best = rank;
			*ret_inode = inode;
		}
	}
	free(line);
	if (f != NULL)
		fclose(f);
}

static bool scan_unix(const char *path, unsigned long *ret_inode)
{
	FILE *f = fopen("/proc/self/net/unix", "re");
	char *line = NULL, *word[UNIX_WORDS + 1];
	size_t room = 0;
	bool found = false;

	while (f != NULL && !found && getline(&line, &room, f) > 0) {
		if (!split(line, UNIX_WORDS, word) ||
			strtoul(word[UNIX_FLAGS], NULL, 16) !=
				UNIX_LISTEN_FLAGS ||
			strcmp(word[UNIX_WORDS], path) != 0)
			continue;
		*ret_inode = strtoul(word[UNIX_INODE], NULL, 10);
		found = true;
	}
	free(line);
	if (f != NULL)
		fclose(f);
	return found;
}

static bool has_socket(const char *pid, const char *wanted)
{
	char path[64], target[64];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(
			dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	closedir(dir);
	return found;
}

static void read_name(const char *pid, struct port_holder *holder)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	f = fopen(path, "re");
	if (f == NULL || fgets(holder->name, sizeof(holder->name), f) == NULL)
		snprintf(holder->name, sizeof(holder->name), "?");
	holder->name[strcspn(holder->name, "\n")] = '\0';
	if (f != NULL)
		fclose(f);
}

/* The process with the lowest number, which of a server and its children is the
 * server. */
static bool find_process(unsigned long inode, struct port_holder *ret)
{
	const struct dirent *entry;
	char wanted[64], found[17] = "";
	DIR *dir = opendir("/proc");

	if (dir == NULL)
		return false;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	while ((entry = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
			strlen(entry->d_name) >= sizeof(found))
			continue;
		if ((*found == '\0' || strtol(entry->d_name, NULL, 10) <
					       strtol(found, NULL, 10)) &&
			has_socket(entry->d_name, wanted))
			memcpy(found, entry->d_name, strlen(entry->d_name) + 1);
	}
	closedir(dir);
	if (*found == '\0')
		return false;
	ret->pid = (pid_t)strtol(found, NULL, 10);
	read_name(found, ret);
	return true;
}

bool port_holder_find(
	const struct sockaddr *address, struct port_holder *ret_holder)
{
	struct address wanted;
	unsigned long inode = 0;
	int best = 0;

	if (!address_of(address, &wanted))
		return false;
	scan_tcp("/proc/self/net/tcp", &wanted, &best, &inode);
	scan_tcp("/proc/self/net/tcp6", &wanted, &best, &inode);
	return best != 0 && find_process(inode, ret_holder);
}

bool port_holder_find_path(const char *path, struct port_holder *ret_holder)
{
	unsigned long inode = 0;

	return scan_unix(path, &inode) && find_process(inode, ret_holder);
}
