#include "daemon/client_process.h"

#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"

/* The columns of /proc/net/tcp that matter, proc(5). */
enum { COLUMN_LOCAL = 1, COLUMN_REMOTE = 2, COLUMN_INODE = 9, COLUMNS };

/* Addresses as both families write them: IPv4 in its mapped form. */
struct end {
	uint8_t address[16];
	uint16_t port;
};

/* A client's socket: its own end is our peer. */
struct row {
	struct end client, at;
	unsigned long inode; /* 0: not seen */
	uint32_t pid;
	char name[64];
};

struct client_processes {
	struct row *row;
	size_t n, n_open; /* n_open: known by inode, without a process yet */
};

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool end_of(const struct sockaddr_storage *sa, struct end *ret)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	if (sa->ss_family == AF_INET) {
		memcpy(ret->address, mapped, sizeof(mapped));
		memcpy(ret->address + 12, &in->sin_addr, 4);
		ret->port = ntohs(in->sin_port);
	} else if (sa->ss_family == AF_INET6) {
		memcpy(ret->address, &in6->sin6_addr, 16);
		ret->port = ntohs(in6->sin6_port);
	} else {
		return false;
	}
	return true;
}

/* "0100007F:0CEB": each 32-bit word of the address as a number. */
static bool end_read(const char *text, struct end *ret)
{
	size_t n = strspn(text, "0123456789ABCDEF");
	char word[9] = "";

	if ((n != 8 && n != 32) || text[n] != ':')
		return false;
	memcpy(ret->address, mapped, sizeof(mapped));
	for (size_t i = 0; i < n / 8; i++) {
		uint32_t number;

		memcpy(word, text + i * 8, 8);
		number = (uint32_t)strtoul(word, NULL, 16);
		memcpy(ret->address + (n == 8 ? 12 : i * 4), &number, 4);
	}
	ret->port = (uint16_t)strtoul(text + n + 1, NULL, 16);
	return true;
}

static bool same_end(const struct end *a, const struct end *b)
{
	return a->port == b->port &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static int by_client(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->client.port != y->client.port)
		return x->client.port < y->client.port ? -1 : 1;
	return memcmp(x->client.address, y->client.address, 16);
}

static struct row *find_row(
	const struct client_processes *p, const struct end *client)
{
	struct row wanted = {.client = *client};

	if (p->n == 0)
		return NULL;
	return bsearch(&wanted, p->row, p->n, sizeof(*p->row), by_client);
}

/* ---- sockets ---- */

static bool split(char *line, char *ret_word[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		line += strspn(line, " ");
		if (*line == '\0' || *line == '\n')
			return false;
		ret_word[i] = line;
		line += strcspn(line, " \n");
		if (*line != '\0')
			*line++ = '\0';
	}
	return true;
}

static void look_at(struct client_processes *p, char *line)
{
	char *word[COLUMNS];
	struct end local, remote;
	struct row *row;

	if (!split(line, word) || !end_read(word[COLUMN_LOCAL], &local) ||
		!end_read(word[COLUMN_REMOTE], &remote))
		return;
	row = find_row(p, &local);
	if (row == NULL || !same_end(&row->at, &remote) || row->inode != 0)
		return;
	row->inode = strtoul(word[COLUMN_INODE], NULL, 10);
	p->n_open += row->inode != 0;
}

static void scan_sockets(struct client_processes *p, const char *file)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t room = 0;

	while (f != NULL && getline(&line, &room, f) > 0)
		look_at(p, line);
	free(line);
	if (f != NULL)
		fclose(f);
}

/* ---- processes ---- */

static int by_inode(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void read_name(const char *pid, struct row *row)
{
	char path[64], text[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	f = fopen(path, "re");
	if (f != NULL && fgets(text, sizeof(text), f) != NULL)
		text[strcspn(text, "\n")] = '\0';
	if (f != NULL)
		fclose(f);
	clean_line(row->name, sizeof(row->name), text, strlen(text));
	row->pid = (uint32_t)strtoul(pid, NULL, 10);
}

/* The rows are sorted by inode. */
static void look_into(struct client_processes *p, const char *pid)
{
	char path[64], target[64];
	const struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	while (dir != NULL && p->n_open != 0 &&
		(entry = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(
			dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		struct row wanted = {0}, *row;

		if (n < 0)
			continue;
		target[n] = '\0';
		if (strncmp(target, "socket:[", 8) != 0)
			continue;
		wanted.inode = strtoul(target + 8, NULL, 10);
		if (wanted.inode == 0)
			continue;
		row = bsearch(&wanted, p->row, p->n, sizeof(*p->row), by_inode);
		if (row == NULL || row->pid != 0)
			continue;
		read_name(pid, row);
		p->n_open--;
	}
	if (dir != NULL)
		closedir(dir);
}

static void scan_processes(struct client_processes *p)
{
	const struct dirent *entry;
	DIR *dir = p->n_open != 0 ? opendir("/proc") : NULL;

	if (dir == NULL)
		return;
	qsort(p->row, p->n, sizeof(*p->row), by_inode);
	while (p->n_open != 0 && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			look_into(p, entry->d_name);
	closedir(dir);
}

/* ---- life ---- */

struct client_processes *client_processes_new(const struct conns *conns)
{
	struct client_processes *p = mem_zalloc(1, sizeof(*p));

	p->row = mem_zalloc(conns->n + 1, sizeof(*p->row));
	for (uint32_t i = 0; i < conns->n; i++)
		if (end_of(&conns->conn[i].client, &p->row[p->n].client) &&
			end_of(&conns->conn[i].at, &p->row[p->n].at))
			p->n++;
	if (p->n == 0)
		return p;
	qsort(p->row, p->n, sizeof(*p->row), by_client);
	scan_sockets(p, "/proc/self/net/tcp");
	scan_sockets(p, "/proc/self/net/tcp6");
	scan_processes(p);
	qsort(p->row, p->n, sizeof(*p->row), by_client);
	return p;
}

void client_processes_free(struct client_processes *p)
{
	if (p == NULL)
		return;
	free(p->row);
	free(p);
}

/* A Unix socket's client is known to the system that made the connection. */
static bool find_pid(uint32_t pid, struct client_process *ret_process)
{
	struct row row = {0};
	char text[16];

	if (pid == 0)
		return false;
	snprintf(text, sizeof(text), "%u", pid);
	read_name(text, &row);
	ret_process->pid = pid;
	memcpy(ret_process->name, row.name, sizeof(row.name));
	return true;
}

bool client_processes_find(const struct client_processes *p,
	const struct conn_info *conn, struct client_process *ret_process)
{
	const struct row *row;
	struct end client;

	if (!end_of(&conn->client, &client))
		return find_pid(conn->client_pid, ret_process);
	row = find_row(p, &client);
	if (row == NULL || row->pid == 0)
		return false;
	ret_process->pid = row->pid;
	memcpy(ret_process->name, row->name, sizeof(ret_process->name));
	return true;
}
