/* Sleep and changes of the network: every link is to prove that it is alive. */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/run_private.h"

/* A laptop that opens wakes up, finds its Wi-Fi, gets its addresses… */
#define NOTICE_EVERY_MS 5000

static void notice(struct run *run, const char *key)
{
	uint64_t now_ms = clock_mono_ms();
	struct event *e;

	if (run->state.state != STATE_CONNECTED &&
		run->state.state != STATE_RECONNECTING)
		return;
	if (run->noticed_ms != 0 && now_ms - run->noticed_ms < NOTICE_EVERY_MS)
		return;
	run->noticed_ms = now_ms;
	e = event_new(EVENT_NOTICE, RUN_SERVER_ID);
	e->wall_ms = clock_wall_ms();
	e->text = mem_strdup(key);
	event_queue_push(run->events, e);
}

static void on_change(void *arg, enum netwatch_change change)
{
	struct run *run = arg;

	if (run->phase != RUN_GOING || change == NETWATCH_CLOCK)
		return;
	notice(run, change == NETWATCH_WOKE ? "notice.woke_up"
					    : "notice.network_changed");
	worker_probe(run->worker);
}

void run_watch_start(struct run *run)
{
	run->watch = netwatch_new(&run->loop, on_change, run);
}

void run_watch_stop(struct run *run)
{
	netwatch_free(run->watch);
	run->watch = NULL;
}
