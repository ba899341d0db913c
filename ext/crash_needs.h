/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the extension takes from crash and from crash's gdb (crash_symbols.json), and how the
 * running crash compares.  All of it is weak: what is missing is NULL, and dlopen() never fails for
 * it.  Nothing here needs a structure of crash's.
 */
#ifndef MPYK_CRASH_NEEDS_H
#define MPYK_CRASH_NEEDS_H

#include <stddef.h>

/* The first name that is missing of those without a fallback: crash's own for gdb 0, those of a
 * bridge for its major.  NULL if all are there. */
const char *mpyk_needs_missing(int gdb);

/* A function or variable that the extension takes from crash or from its gdb. */
struct mpyk_need {
    const char *name;
    int present;          /* the running crash has it */
    const char *since;    /* the crash release that has it */
    const char *fallback; /* what is used instead; NULL if nothing is */
    const char *feature;  /* what is lost without it */
};

/* Describe the index-th of crash's own names (gdb 0), or of those of a gdb bridge.  1; 0 after the
 * last one. */
int mpyk_needs_get(int gdb, int index, struct mpyk_need *row);

/* crash_abi.c: 0, or -1 with a clause in `text` that says how crash's structures differ. */
int mpyk_abi_check(char *text, size_t size);

/* Sizes of a structure of crash in bytes. */
struct mpyk_abi_size {
    const char *name;
    size_t running; /* in the running crash; 0 if it does not show */
    size_t built;   /* where this file was built */
    size_t used;    /* so many bytes, from the start, have all members that we use */
};

/* Describe the index-th structure.  1; 0 after the last one. */
int mpyk_abi_get(int index, struct mpyk_abi_size *row);

/* crash_fit.c: whether this file can be used in the running crash; if not, it has said so. */
int mpyk_fits(void);
/* Whether it was built for the very release that runs: then also what cannot be seen from outside
 * (structures that crash allocates) is as in defs.h. */
int mpyk_runs_in_its_release(void);

#endif /* MPYK_CRASH_NEEDS_H */
