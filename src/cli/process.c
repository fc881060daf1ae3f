#include "cli/process.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"

void process_prepare(void)
{
	const char *debug = getenv("TAUPE_DEBUG");
	struct rlimit files;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) < 0)
			log_warn("the limit of open files can't be raised");
	}
	if (debug == NULL || strcmp(debug, "1") != 0)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
