/* taupe daemon */
#include <stdio.h>
#include <sys/stat.h>

#include "base/catalog.h"
#include "cli/command.h"
#include "cli/daemon_args.h"
#include "cli/daemon_life.h"
#include "cli/exit_code.h"
#include "cli/process.h"
#include "cli/text.h"

static void choose_log_form(enum daemon_log wanted)
{
	if (wanted == DAEMON_LOG_JSON)
		log_set_form(LOG_FORM_JSON);
	else if (wanted == DAEMON_LOG_AUTO && service_has_journal())
		log_set_form(LOG_FORM_JOURNAL);
	else
		log_set_form(LOG_FORM_TEXT);
}

static void complain(
	const struct daemon_args *args, const struct trouble *trouble)
{
	char text[TEXT_MAX];

	text_trouble(trouble, text, sizeof(text));
	if (args->log == DAEMON_LOG_JSON)
		log_facts(LOG_ERROR, text, "code", err_name((int)trouble->code),
			NULL);
	else
		text_complain(text);
}

static int run_command(int argc, char **argv)
{
	struct daemon_args args;
	struct trouble trouble;
	char text[TEXT_MAX];
	int err;

	if (daemon_args_parse(argc, argv, &args, text) < 0) {
		text_complain(text);
		text_complain(catalog_get("daemon.see_help"));
		return EXIT_CODE_USAGE;
	}
	if (args.help) {
		fputs(catalog_get("help.daemon"), stdout);
		return fflush(stdout) == 0 ? EXIT_CODE_STOPPED
					   : EXIT_CODE_OTHER;
	}
	umask(077);
	choose_log_form(args.log);
	process_prepare();
	err = daemon_life_run(&args, service_new(), &trouble);
	if (err < 0)
		complain(&args, &trouble);
	return (int)exit_code_of(err);
}

const struct command cmd_daemon = {.name = "daemon", .run = run_command};
