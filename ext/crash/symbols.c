/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See symbols.h. */
#include "crash/symbols.h"

#include "crash_symbols_generated.h"

/* X(number, name for the linker, name for people, gdb majors, since, fallback, feature) */
#define DECLARE(number, linked, shown, majors, since, fallback, feature)                           \
    extern const char mpyk_need_##number __asm__(linked) __attribute__((weak));
#define ROW(number, linked, shown, majors, since, fallback, feature)                               \
    {&mpyk_need_##number, shown, majors, since, fallback, feature},

MPYK_CRASH_SYMBOLS(DECLARE)

static const struct need {
    const char *address;
    const char *name;
    int majors[4]; /* of gdb, ended by 0; empty for crash's own names */
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

static void
print_group(FILE *out, const char *whose, int gdb)
{
    int count = 0, there = 0;

    for (size_t i = 0; i < NEEDS_COUNT; i++) {
        if (belongs_to(&needs[i], gdb)) {
            count++;
            there += needs[i].address != NULL;
        }
    }
    fprintf(out, "%s: %d of %d functions and variables are there\n", whose, there, count);
    for (size_t i = 0; i < NEEDS_COUNT; i++) {
        if (belongs_to(&needs[i], gdb) && needs[i].address == NULL) {
            fprintf(out, "  without %s (crash %s has it): %s; lost: %s\n", needs[i].name,
                    needs[i].since, needs[i].fallback, needs[i].feature);
        }
    }
}

void
mpyk_symbols_print(FILE *out, int gdb)
{
    char whose[32];

    snprintf(whose, sizeof(whose), "from gdb %d", gdb);
    print_group(out, "from crash", 0);
    print_group(out, whose, gdb);
}
