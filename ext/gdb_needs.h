/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions that a bridge calls and that another gdb major lacks, as weak symbols: without them
 * dlopen() would fail with a linker's message; so the extension loads, sees that they are NULL and
 * says in a sentence what it was built for.  A bridge defines MPYK_GDB_NEEDS(X) as a list of
 * X(number, mangled name) and includes this.
 */
#ifndef MPYK_GDB_NEEDS_H
#define MPYK_GDB_NEEDS_H

#define MPYK_DECLARE_NEED(number, mangled)                                                         \
    extern "C" const char mpyk_gdb_need_##number __asm__(mangled) __attribute__((weak));
#define MPYK_NAME_NEED(number, mangled) &mpyk_gdb_need_##number,

MPYK_GDB_NEEDS(MPYK_DECLARE_NEED)

extern "C" int mpyk_gdb_fits(void)
{
    static const char *const needs[] = {MPYK_GDB_NEEDS(MPYK_NAME_NEED)};

    for (const char *need : needs) {
        if (need == nullptr)
            return 0;
    }
    return 1;
}

#endif /* MPYK_GDB_NEEDS_H */
