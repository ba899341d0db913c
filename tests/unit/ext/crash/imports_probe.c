/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replaces an import of its own, and puts it back. Prints what the calls
 * return. */
#include "crash/imports.h"

#include <stdio.h>
#include <unistd.h>

static pid_t
ours(void)
{
    return -1;
}

static const char *
caller(void)
{
    return getppid() == -1 ? "ours" : "theirs";
}

int
main(int count, char **words)
{
    uintptr_t old;

    if (count > 1) {
        (void)caller(); /* the linker fills the slot at the first call */
    }
    (void)words;
    old = mpyk_import_replace("getppid", (uintptr_t)&ours);
    printf("%s %d\n", caller(), old != 0);
    (void)mpyk_import_replace("getppid", old);
    printf("%s\n", caller());
    printf("%d\n", mpyk_import_replace("no_such_function", 1) != 0);
    return 0;
}
