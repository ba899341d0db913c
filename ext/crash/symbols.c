/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See symbols.h. */
#include "crash/symbols.h"

#include "crash_symbols_generated.h"

#include <stddef.h>

/* X(number, name for the linker, name for people, gdb majors, since, fallback, feature) */
#define DECLARE(number, linked, shown, majors, since, fallback, feature)                           \
    extern const char mpyk_need_##number __asm__(linked) __attribute__((weak));
#define ROW(number, linked, shown, majors, since, fallback, feature)                               \
    {&mpyk_need_##number, shown, majors, since, fallback, feature},

MPYK_CRASH_SYMBOLS(DECLARE)

static const struct need {
    const char *address;
    const char *name;
    int majors[MPYK_BRIDGES + 1]; /* of gdb, ended by 0; none for crash's own */
    const char *since;
    const char *fallback; /* NULL: there is none */
    const char *feature;
} needs[] = {MPYK_CRASH_SYMBOLS(ROW)};

#define NEEDS_COUNT (sizeof(needs) / sizeof(needs[0]))

static int
belongs_to(const struct need *need, int gdb)
{
    const int *major = need->majors;

    if (gdb == 0) {
        return *major == 0;
    }
    while (*major != 0 && *major != gdb) {
        major++;
    }
    return *major != 0;
}

const char *
mpyk_symbols_missing(int gdb)
{
    for (size_t i = 0; i < NEEDS_COUNT; i++) {
        if (belongs_to(&needs[i], gdb) && needs[i].address == NULL && needs[i].fallback == NULL) {
            return needs[i].name;
        }
    }
    return NULL;
}

int
mpyk_symbols_get(int gdb, int index, struct mpyk_symbol_row *row)
{
    for (size_t i = 0; i < NEEDS_COUNT; i++) {
        if (belongs_to(&needs[i], gdb) && index-- == 0) {
            *row = (struct mpyk_symbol_row){needs[i].name, needs[i].address != NULL, needs[i].since,
                                            needs[i].fallback, needs[i].feature};
            return 1;
        }
    }
    return 0;
}
