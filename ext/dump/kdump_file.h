/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads pages of a kdump-compressed dump file, as makedumpfile and QEMU write it.  This unit knows
 * neither Python nor crash.  When it cannot read a page, the caller asks crash.
 */
#ifndef MPYK_KDUMP_FILE_H
#define MPYK_KDUMP_FILE_H

#include <stddef.h>
#include <stdint.h>

struct mpyk_kdump;

/*
 * Open the file of a descriptor, which still belongs to the caller.  NULL if memory is out, or if
 * it is not a whole kdump-compressed dump of a machine like this one with pages of page_size.
 */
struct mpyk_kdump *mpyk_kdump_create(int fd, size_t page_size);
void mpyk_kdump_destroy(struct mpyk_kdump *dump);

/*
 * Copy a page of physical memory.  0; -1 if the dump does not have the page, or has it in a form
 * that is not read here (another compression than zlib, or damaged).  Then `page` has undefined
 * contents.
 */
int mpyk_kdump_page(struct mpyk_kdump *dump, uint64_t pfn, void *page);

#endif /* MPYK_KDUMP_FILE_H */
