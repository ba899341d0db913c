/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why memory of the dump cannot be read.  Include crash/crash_compat.h first. */
#ifndef MPYK_DUMP_FAULT_H
#define MPYK_DUMP_FAULT_H

/*
 * Set crash.error with the reason why `size` bytes at addr cannot be read, of which `done` bytes
 * were read.  Always -1.
 */
int mpyk_raise_fault(ulonglong addr, int memtype, long size, long done);

#endif /* MPYK_DUMP_FAULT_H */
