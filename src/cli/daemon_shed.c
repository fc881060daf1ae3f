#include "cli/daemon_shed.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int shed_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		uintptr_t from = (info->dlpi_addr + h->p_vaddr) & ~(page - 1);
		uintptr_t to = info->dlpi_addr + h->p_vaddr + h->p_memsz;

		/* Whole pages: those at a segment's end may hold the next
		 * one's first bytes, which were written to. */
		to &= ~(page - 1);
		if (h->p_type != PT_LOAD || (h->p_flags & PF_W) != 0 ||
			from >= to)
			continue;
		if (madvise((void *)from, to - from, MADV_DONTNEED) != 0) {
			/* Then it stays: only memory is at stake. */
		}
	}
	return 0;
}

void daemon_shed(void)
{
	dl_iterate_phdr(shed_object, NULL);
}
