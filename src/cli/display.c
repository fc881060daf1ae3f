#include "cli/display.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void display_free(struct display *d)
{
	if (d != NULL)
		d->ops->free(d);
}

void display_write(struct display *d, struct buf *out)
{
	while (buf_len(out) != 0 && !d->broken) {
		ssize_t n = write(d->fd, buf_ptr(out), buf_len(out));
		struct pollfd p = {.fd = d->fd, .events = POLLOUT};

		if (n >= 0)
			buf_consume(out, (size_t)n);
		else if (errno == EAGAIN)
			/* Someone shares the file and made it non-blocking. */
			(void)poll(&p, 1, -1);
		else if (errno != EINTR)
			d->broken = true;
	}
	buf_clear(out);
}
