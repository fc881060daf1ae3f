#include "api/server_way.h"

#include "api/ssh_command.h"
#include "base/mem.h"

size_t server_way_find(const struct control *c,
	const struct store_server *server,
	const struct store_server *ret_way[SERVER_WAY_MAX])
{
	const struct store_server *back[SERVER_WAY_MAX];
	uint32_t id = server->jump_server;
	size_t n = 0;

	while (id != 0 && n < SERVER_WAY_MAX) {
		const struct control_server *hop = control_server(c, id);

		if (hop == NULL)
			break;
		back[n++] = &hop->want;
		id = hop->want.jump_server;
	}
	for (size_t i = 0; i < n; i++)
		ret_way[i] = back[n - 1 - i];
	return n;
}

char *server_way_command(const struct control *c,
	const struct store_forward *forward, uint16_t bound_port)
{
	const struct control_server *server =
		control_server(c, forward->server);
	const struct store_server *way[SERVER_WAY_MAX];
	struct ssh_command command = {
		.forward = forward, .bound_port = bound_port, .way = way};
	struct buf line = BUF_INIT;
	char *text;

	if (server == NULL)
		return NULL;
	command.server = &server->want;
	command.n_way = server_way_find(c, &server->want, way);
	ssh_command_write(&line, &command);
	text = mem_dup(buf_ptr(&line), buf_len(&line));
	buf_done(&line);
	return text;
}
