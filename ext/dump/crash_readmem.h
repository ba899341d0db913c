/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crash's readmem() under guard.  Include crash/crash_compat.h first. */
#ifndef MPYK_DUMP_CRASH_READMEM_H
#define MPYK_DUMP_CRASH_READMEM_H

/* Read with crash's readmem().  0; -1 when it failed.  Only KeyboardInterrupt is left as an
 * exception. */
int mpyk_crash_readmem(ulonglong addr, int memtype, void *buffer, long size);

#endif /* MPYK_DUMP_CRASH_READMEM_H */
