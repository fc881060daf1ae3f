/*
 * What the machine must have for the daemon to work: room on the disk, a clock
 * that is right (certificates, one-time codes), descriptors, and its secrets.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "api/doctor.h"
#include "daemon/vault.h"

#define MIB         (1024 * 1024)
#define DISK_FAILED 16  /* MiB */
#define DISK_LOW    256 /* MiB */
#define FILES_LOW   1024
#define NUMBER_TEXT 24

static const struct doctor_about nothing;

static void check_secrets(struct doctor *d)
{
	const struct vault *vault = control_vault(d->control);
	struct trouble trouble = *vault_trouble(vault);

	if (!vault_is_locked(vault)) {
		doctor_add(d, "secrets", DOCTOR_OK, nothing,
			"doctor.secrets_ok", NULL, NULL, 0);
		return;
	}
	if (trouble.code == ERR_OK)
		trouble_set(&trouble, ERR_VAULT_LOCKED);
	doctor_trouble(d, "secrets", DOCTOR_WARNING, nothing,
		vault_how_name(vault_how(vault)), &trouble);
}

static void check_disk(struct doctor *d)
{
	struct catalog_arg args[] = {{"path", d->config->state_dir}, {0}};
	char number[NUMBER_TEXT];
	enum doctor_state state;
	struct statvfs fs;
	uint64_t free_mib;

	if (statvfs(d->config->state_dir, &fs) != 0)
		return;
	free_mib = (uint64_t)fs.f_bavail * fs.f_frsize / MIB;
	snprintf(number, sizeof(number), "%" PRIu64, free_mib);
	args[1] = (struct catalog_arg){"free", number};
	state = free_mib < DISK_FAILED ? DOCTOR_FAILED
		: free_mib < DISK_LOW  ? DOCTOR_WARNING
				       : DOCTOR_OK;
	doctor_add(d, "disk", state, nothing, "doctor.disk",
		state != DOCTOR_OK ? "doctor.disk_offer" : NULL, args, 2);
}

static void check_clock(struct doctor *d)
{
	struct timex now = {0};
	bool synced = adjtimex(&now) >= 0 && (now.status & STA_UNSYNC) == 0;

	doctor_add(d, "clock", synced ? DOCTOR_OK : DOCTOR_WARNING, nothing,
		synced ? "doctor.clock_ok" : "doctor.clock_free",
		synced ? NULL : "doctor.clock_offer", NULL, 0);
}

/* Open descriptors; 0: unknown. */
static uint64_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", ".." and the folder itself */
}

static void check_files(struct doctor *d)
{
	char used_text[NUMBER_TEXT], limit_text[NUMBER_TEXT];
	struct catalog_arg args[] = {
		{"used", used_text}, {"limit", limit_text}};
	enum doctor_state state = DOCTOR_OK;
	uint64_t used = open_files();
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_cur < FILES_LOW || used > limit.rlim_cur / 4 * 3)
		state = DOCTOR_WARNING;
	if (used > limit.rlim_cur / 20 * 19)
		state = DOCTOR_FAILED;
	snprintf(used_text, sizeof(used_text), "%" PRIu64, used);
	snprintf(limit_text, sizeof(limit_text), "%" PRIu64,
		(uint64_t)limit.rlim_cur);
	doctor_add(d, "open_files", state, nothing, "doctor.files",
		state != DOCTOR_OK ? "doctor.files_offer" : NULL, args, 2);
}

void doctor_machine_check(struct doctor *d)
{
	check_secrets(d);
	check_disk(d);
	check_clock(d);
	check_files(d);
}
