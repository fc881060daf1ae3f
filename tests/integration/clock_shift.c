/*
 * For LD_PRELOAD, by the tests: a machine that sleeps. The file that
 * TAUPE_TEST_CLOCK names holds by how many seconds the clocks that count sleep,
 * CLOCK_BOOTTIME and CLOCK_REALTIME, are ahead of CLOCK_MONOTONIC, which does
 * not; a timer that is to be cancelled when the clock is set is the FIFO beside
 * it (".set") instead: each byte is one setting.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* boottime, realtime */
static volatile int64_t *ahead_s;
static int timer = -1;

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("TAUPE_TEST_CLOCK");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		ahead_s = map;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*next)(clockid_t, struct timespec *);
	int r;

	if (next == NULL)
		next = (int (*)(clockid_t, struct timespec *))dlsym(
			RTLD_NEXT, "clock_gettime");
	r = next(id, ts);
	if (r == 0 && ahead_s != NULL && id == CLOCK_BOOTTIME)
		ts->tv_sec += ahead_s[0];
	if (r == 0 && ahead_s != NULL && id == CLOCK_REALTIME)
		ts->tv_sec += ahead_s[1];
	return r;
}

int timerfd_create(int id, int flags)
{
	char path[4096];

	if (id != CLOCK_REALTIME || ahead_s == NULL) {
		errno = ENOSYS;
		return -1;
	}
	snprintf(path, sizeof(path), "%s.set", getenv("TAUPE_TEST_CLOCK"));
	/* For both, so that it has no end when the writer closes it. */
	timer = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return timer;
}

int timerfd_settime(
	int fd, int flags, const struct itimerspec *to, struct itimerspec *from)
{
	return 0;
}

ssize_t read(int fd, void *to, size_t n)
{
	static ssize_t (*next)(int, void *, size_t);
	char byte;

	if (next == NULL)
		next = (ssize_t(*)(int, void *, size_t))dlsym(
			RTLD_NEXT, "read");
	if (fd < 0 || fd != timer)
		return next(fd, to, n);
	if (next(fd, &byte, 1) == 1)
		errno = ECANCELED;
	return -1;
}
