/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions and variables that the extension takes from crash and from crash's gdb
 * (crash_symbols.json), and which of them the running crash has.  All are weak: a missing one is
 * NULL, and dlopen() succeeds without it.  This header needs no structure of crash.
 */
#ifndef MPYK_CRASH_SYMBOLS_H
#define MPYK_CRASH_SYMBOLS_H

#include <stdio.h>

/*
 * The first missing name that has no fallback; NULL if there is none.  With 0, crash's own names
 * are checked; with a gdb major, the names that the bridge for this gdb takes.
 */
const char *mpyk_symbols_missing(int gdb);

/* Write which names are missing and which feature each one costs: crash's own and the bridge's. */
void mpyk_symbols_print(FILE *out, int gdb);

#endif /* MPYK_CRASH_SYMBOLS_H */
