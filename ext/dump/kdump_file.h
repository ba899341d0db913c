/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages out of a kdump-compressed dump file, as makedumpfile and QEMU write it.  Knows neither
 * Python nor crash.  What it cannot serve it leaves to the caller, who asks crash.
 */
#ifndef MPYK_KDUMP_FILE_H
#define MPYK_KDUMP_FILE_H

#include <stddef.h>
#include <stdint.h>

struct mpyk_kdump;

/* The file behind a descriptor, which stays the caller's.  NULL when it is no whole
 * kdump-compressed dump of this machine's kind with pages of page_size, or memory is short. */
struct mpyk_kdump *mpyk_kdump_create(int fd, size_t page_size);
void mpyk_kdump_destroy(struct mpyk_kdump *dump);

/* Copy a page of physical memory.  0; -1 when the dump has no such page, or has it in a form that
 * is not read here (another compression than zlib, or damaged); `page` may hold anything then. */
int mpyk_kdump_page(struct mpyk_kdump *dump, uint64_t pfn, void *page);

#endif /* MPYK_KDUMP_FILE_H */
