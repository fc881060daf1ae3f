#include "api/fresh.h"

#include <stdlib.h>

#include "base/mem.h"

struct fresh {
	struct request *request;
	void (*run)(struct request *r);
};

static void on_fresh(void *arg)
{
	struct fresh *f = arg;
	struct fresh copy = *f;

	free(f);
	copy.run(copy.request);
}

static void on_gone(void *arg)
{
	struct fresh *f = arg;

	control_refresh_cancel(request_control(f->request), f);
	free(f);
}

void fresh_reply(struct request *r, void (*run)(struct request *r))
{
	struct fresh *f = mem_zalloc(1, sizeof(*f));

	*f = (struct fresh){.request = r, .run = run};
	request_wait(r, on_gone, f);
	control_refresh(request_control(r), on_fresh, f);
}
