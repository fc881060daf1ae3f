#include "cli/term.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios kept;
static int kept_fd = -1; /* our own copy of the terminal's descriptor */
static volatile sig_atomic_t changed;
static volatile sig_atomic_t taken; /* the alternate screen stands */

/* DEC private modes: 1049 alternate screen, 7 wrapping, 25 cursor. */
static const char take_screen[] = "\033[?1049h\033[?7l\033[?25l";
static const char give_screen[] = "\033[?7h\033[?1049l";

/* Async-signal-safe. */
void term_restore(void)
{
	static const char show_cursor[] = "\033[?25h";

	if (!changed)
		return;
	changed = 0;
	tcsetattr(kept_fd, TCSANOW, &kept);
	if (taken && write(kept_fd, give_screen, sizeof(give_screen) - 1) < 0) {
		/* As below. */
	}
	taken = 0;
	if (write(kept_fd, show_cursor, sizeof(show_cursor) - 1) < 0) {
		/* The terminal is gone, and its settings with it. */
	}
}

static void on_fatal(int signum)
{
	term_restore();
	raise(signum); /* SA_RESETHAND: it kills now */
}

/* Where somebody (a sanitizer, a debugger's library) has a handler already,
 * that one stays. */
static void watch_fatal_signals(void)
{
	static const int signums[] = {
		SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	struct sigaction sa = {.sa_handler = on_fatal,
		.sa_flags = (int)SA_RESETHAND | SA_NODEFER};
	struct sigaction old;

	for (size_t i = 0; i < sizeof(signums) / sizeof(signums[0]); i++)
		if (sigaction(signums[i], NULL, &old) == 0 &&
			(old.sa_flags & SA_SIGINFO) == 0 &&
			old.sa_handler == SIG_DFL)
			sigaction(signums[i], &sa, NULL);
}

static int keep(int fd)
{
	if (kept_fd >= 0)
		return 0;
	if (tcgetattr(fd, &kept) < 0)
		return -ERR_SYSTEM;
	kept_fd = dup(fd);
	if (kept_fd < 0)
		return -ERR_SYSTEM;
	atexit(term_restore);
	watch_fatal_signals();
	return 0;
}

int term_hush(int fd, bool echo)
{
	struct termios wanted;

	if (keep(fd) < 0)
		return -ERR_SYSTEM;
	wanted = kept;
	wanted.c_lflag |= ICANON | ISIG;
	if (!echo)
		wanted.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
	else
		wanted.c_lflag |= ECHO | ECHOE | ECHOK;
	changed = 1;
	if (tcsetattr(fd, TCSAFLUSH, &wanted) < 0)
		return -ERR_SYSTEM;
	return 0;
}

int term_take(int fd)
{
	struct termios wanted;

	if (keep(fd) < 0)
		return -ERR_SYSTEM;
	wanted = kept;
	wanted.c_lflag |= ISIG;
	wanted.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ECHOE | ECHOK | ECHONL);
	wanted.c_cc[VMIN] = 1;
	wanted.c_cc[VTIME] = 0;
	changed = 1;
	if (tcsetattr(fd, TCSAFLUSH, &wanted) < 0)
		return -ERR_SYSTEM;
	taken = 1;
	if (write(fd, take_screen, sizeof(take_screen) - 1) < 0)
		return -ERR_SYSTEM;
	return 0;
}

bool term_is_foreground(int fd)
{
	return tcgetpgrp(fd) == getpgrp();
}

bool term_is_live(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term != NULL && *term != '\0' &&
	       strcmp(term, "dumb") != 0;
}

bool term_wants_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return no == NULL || *no == '\0';
}

/* A locale that is not installed still says what the terminal shows. */
bool term_speaks_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;

	if (setlocale(LC_CTYPE, "") != NULL)
		return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	for (size_t i = 0; i < 3 && (value == NULL || *value == '\0'); i++)
		value = getenv(names[i]);
	return value != NULL && (strcasestr(value, ".UTF-8") != NULL ||
					strcasestr(value, ".UTF8") != NULL);
}

void term_size(int fd, unsigned *ret_columns, unsigned *ret_rows)
{
	struct winsize size = {0};

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		memset(&size, 0, sizeof(size));
	*ret_columns = size.ws_col;
	*ret_rows = size.ws_row;
}
