/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions and variables that the extension takes from crash and from crash's gdb
 * (crash_symbols.json), and which of them the running crash has.  All are weak: a missing one is
 * NULL, and dlopen() succeeds without it.  This header needs no structure of crash.
 */
#ifndef MPYK_CRASH_SYMBOLS_H
#define MPYK_CRASH_SYMBOLS_H

/*
 * The first missing name that has no fallback; NULL if there is none.  With 0, crash's own names
 * are checked; with a gdb major, the names that the bridge for this gdb takes.
 */
const char *mpyk_symbols_missing(int gdb);

/* A function or variable that the extension takes from crash or from crash's gdb. */
struct mpyk_symbol_row {
    const char *name;
    int present;          /* the running crash has it */
    const char *since;    /* the crash release that has it */
    const char *fallback; /* what is used instead; NULL if nothing is */
    const char *feature;  /* what is lost without it */
};

/*
 * Describe the index-th of crash's own names (gdb 0), or of the names that a bridge takes.  1; 0
 * after the last one.
 */
int mpyk_symbols_get(int gdb, int index, struct mpyk_symbol_row *row);

#endif /* MPYK_CRASH_SYMBOLS_H */
