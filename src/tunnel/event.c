#include "tunnel/event.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

static const char *const state_names[] = {
	[STATE_DISCONNECTED] = "disconnected",
	[STATE_CONNECTING] = "connecting",
	[STATE_CONNECTED] = "connected",
	[STATE_RECONNECTING] = "reconnecting",
	[STATE_ERROR] = "error",
};
static_assert(sizeof(state_names) / sizeof(*state_names) == STATE_COUNT,
	"one name a state");

static const bool may_follow[STATE_COUNT][STATE_COUNT] = {
	[STATE_DISCONNECTED] = {[STATE_CONNECTING] = true,
		[STATE_CONNECTED] = true,
		[STATE_ERROR] = true},
	[STATE_CONNECTING] = {[STATE_CONNECTED] = true,
		[STATE_ERROR] = true,
		[STATE_DISCONNECTED] = true},
	[STATE_CONNECTED] = {[STATE_RECONNECTING] = true,
		[STATE_ERROR] = true,
		[STATE_DISCONNECTED] = true},
	[STATE_RECONNECTING] = {[STATE_CONNECTED] = true,
		[STATE_ERROR] = true,
		[STATE_DISCONNECTED] = true},
	[STATE_ERROR] = {[STATE_CONNECTING] = true,
		[STATE_CONNECTED] = true,
		[STATE_RECONNECTING] = true,
		[STATE_DISCONNECTED] = true},
};

static const char *const kind_names[] = {
	[EVENT_SERVER] = "server",
	[EVENT_LINK] = "link",
	[EVENT_FORWARD] = "forward",
	[EVENT_TARGET] = "target",
	[EVENT_PROMPT] = "prompt",
	[EVENT_PROMPT_GONE] = "prompt_gone",
	[EVENT_BANNER] = "banner",
	[EVENT_NOTICE] = "notice",
	[EVENT_STATS] = "stats",
	[EVENT_ACTIVE] = "active",
	[EVENT_CONNS] = "conns",
	[EVENT_STAGE] = "stage",
	[EVENT_STOPPED] = "stopped",
};
static_assert(sizeof(kind_names) / sizeof(*kind_names) == EVENT_KIND_COUNT,
	"one name a kind");

static const char *const stage_names[] = {
	[STAGE_DNS] = "dns",
	[STAGE_TCP] = "tcp",
	[STAGE_BANNER] = "banner",
	[STAGE_HOST_KEY] = "host_key",
	[STAGE_AUTH] = "auth",
	[STAGE_PERMISSION] = "permission",
	[STAGE_TARGET] = "target",
};
static_assert(sizeof(stage_names) / sizeof(*stage_names) == STAGE_COUNT,
	"one name a stage");

const char *tunnel_state_name(enum tunnel_state state)
{
	return state_names[state];
}

bool tunnel_state_may_follow(enum tunnel_state from, enum tunnel_state to)
{
	return may_follow[from][to];
}

const char *event_kind_name(enum event_kind kind)
{
	return kind_names[kind];
}

const char *stage_name(enum stage stage)
{
	return stage_names[stage];
}

struct event *event_new(enum event_kind kind, uint32_t server_id)
{
	struct event *e = mem_zalloc(1, sizeof(*e));

	e->kind = kind;
	e->server_id = server_id;
	return e;
}

void event_free(struct event *e)
{
	if (e == NULL)
		return;
	prompt_free(e->prompt);
	free(e->text);
	free(e->stats);
	free(e->conns);
	free(e);
}
