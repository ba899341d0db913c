/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the extension takes from crash and from crash's gdb (crash_symbols.json), and how the
 * running crash compares.  All of it is weak: what is missing is NULL, and dlopen() never fails for
 * it.  Nothing here needs a structure of crash's.
 */
#ifndef MPYK_CRASH_NEEDS_H
#define MPYK_CRASH_NEEDS_H

#include <stddef.h>
#include <stdio.h>

/* The first name that is missing of those without a fallback: crash's own for gdb 0, those of a
 * bridge for its major.  NULL if all are there. */
const char *mpyk_needs_missing(int gdb);

/* Write what is missing and what that means, for crash's own names and those of the gdb bridge. */
void mpyk_needs_print(FILE *out, int gdb);

/* crash_abi.c: 0, or -1 with a clause in `text` that says how crash's structures differ. */
int mpyk_abi_check(char *text, size_t size);
/* Write which structures have another size than where this was built. */
void mpyk_abi_print(FILE *out);

/* crash_fit.c: whether this file can be used in the running crash; if not, it has said so. */
int mpyk_fits(void);
/* Whether it was built for the very release that runs: then also what cannot be seen from outside
 * (structures that crash allocates) is as in defs.h. */
int mpyk_runs_in_its_release(void);

#endif /* MPYK_CRASH_NEEDS_H */
