/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one reader of the dump's memory.  It needs Python, because it sets exceptions, but no header
 * of crash.
 */
#ifndef MPYK_DUMP_READMEM_H
#define MPYK_DUMP_READMEM_H

/* crash's memory types, under names that need no defs.h; readmem.c asserts that they are equal. */
enum mpyk_memtype {
    MPYK_KVADDR = 0x1,
    MPYK_UVADDR = 0x2,
    MPYK_PHYSADDR = 0x4,
    MPYK_XENMACHADDR = 0x8,
};

/*
 * Read size bytes of the dump at addr into buf.  0, or -1 with an exception set: IndexError for a
 * NULL address, otherwise crash.error, which names the address and the reason.  No longjmp() leaves
 * this function.
 */
int mpyk_readmem(unsigned long long addr, int memtype, void *buf, long size);

/*
 * Read user addresses in the memory of this task from now on; 0 ends it.  0, or -1 if there is no
 * such task.
 */
int mpyk_readmem_set_task(unsigned long long task);

/* A new top-level run begins: forget the task, and what a live system may have changed. */
void mpyk_readmem_run_starts(void);

#endif /* MPYK_DUMP_READMEM_H */
