/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chooses the gdb bridge of this file that fits the running crash.  gdb's version decides.  Its
 * names alone do not: a later gdb may export all names that a bridge needs, and have other classes.
 */
#include "built_for_generated.h"
#include "crash/symbols.h"
#include "gdb/bridge.h"

#include <stddef.h>
#include <stdlib.h>

/* "16.3" (gdb/version.c); NULL if this crash does not export it. */
extern const char mpyk_gdb_version[] __asm__("version") __attribute__((weak));

#define DECLARE(number) extern const struct mpyk_gdb_bridge mpyk_gdb##number##_bridge;
#define ADDRESS(number) &mpyk_gdb##number##_bridge,

MPYK_BUILT_FOR_GDB(DECLARE)

static const struct mpyk_gdb_bridge *const bridges[] = {MPYK_BUILT_FOR_GDB(ADDRESS)};
static const struct mpyk_gdb_bridge *bridge;

int
mpyk_gdb_choose(void)
{
    int running = mpyk_gdb_version != NULL ? atoi(mpyk_gdb_version) : 0;

    for (size_t i = 0; i < sizeof(bridges) / sizeof(bridges[0]); i++) {
        if ((running == 0 || running == bridges[i]->major) &&
            mpyk_symbols_missing(bridges[i]->major) == NULL) {
            bridge = bridges[i];
            return 0;
        }
    }
    return -1;
}

int
mpyk_gdb_major(void)
{
    return bridge->major;
}

const char *
mpyk_gdb_majors(void)
{
    return MPYK_BUILT_FOR_GDB_TEXT;
}

int
mpyk_gdb_target(struct mpyk_target *target, struct mpyk_source_error *error)
{
    return bridge->target(target, error);
}

int
mpyk_gdb_lookup(const char *name, int code, mpyk_handle *type, struct mpyk_source_error *error)
{
    return bridge->lookup(name, code, type, error);
}

int
mpyk_gdb_lookup_symbol(const char *name, struct mpyk_symbol_desc *symbol,
                       struct mpyk_source_error *error)
{
    return bridge->lookup_symbol(name, symbol, error);
}

int
mpyk_gdb_describe(mpyk_handle type, struct mpyk_type_desc *desc, struct mpyk_source_error *error)
{
    return bridge->describe(type, desc, error);
}

int
mpyk_gdb_fields(mpyk_handle type, struct mpyk_field_desc *fields, int count,
                struct mpyk_source_error *error)
{
    return bridge->fields(type, fields, count, error);
}

int
mpyk_gdb_symbol_file(char *path, size_t size, struct mpyk_source_error *error)
{
    return bridge->symbol_file(path, size, error);
}

int
mpyk_gdb_expression_type(const char *text, mpyk_handle *type, struct mpyk_source_error *error)
{
    return bridge->expression_type(text, type, error);
}

int
mpyk_gdb_watch(void (*changed)(const void *owner), struct mpyk_source_error *error)
{
    return bridge->watch(changed, error);
}

/* At unload this is also called if no bridge was found. */
void
mpyk_gdb_unwatch(void)
{
    if (bridge != NULL) {
        bridge->unwatch();
    }
}

enum mpyk_caught
mpyk_catching(void (*call)(void *), void *arg, char *message, size_t size)
{
    return bridge->catching(call, arg, message, size);
}
