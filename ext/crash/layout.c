/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See layout.h.  crash exports its variables with their sizes, but not where their members are.  So
 * a variable must at least be large enough for the members that we use.
 */
#include "crash/crash_compat.h"

#include "crash/layout.h"
#include "crash/layout_tables.h"

#include <dlfcn.h>
#include <link.h>

#define OBJECT_NUMBER(variable, pointer, exact) OBJECT_##variable,
#define OBJECT_ROW(variable, pointer, exact) {#variable, sizeof(struct variable), exact},
#define OBJECT_ADDRESS(variable, pointer, exact) pointer,
#define MEMBER_ROW(structure, member)                                                              \
    {#structure, offsetof(struct structure, member) + sizeof(((struct structure *)0)->member)},

enum { MPYK_ABI_OBJECTS(OBJECT_NUMBER) OBJECT_COUNT };

static const struct {
    const char *name;
    size_t size;
    int exact;
} objects[] = {MPYK_ABI_OBJECTS(OBJECT_ROW)};

static const struct {
    const char *structure;
    size_t end;
} members[] = {MPYK_ABI_MEMBERS(MEMBER_ROW)};

/* How many bytes of the structure contain all members that we use. */
static size_t
used_bytes(int object)
{
    size_t end = 0;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(members); i++) {
        if (strcmp(members[i].structure, objects[object].name) == 0 && members[i].end > end) {
            end = members[i].end;
        }
    }
    return end;
}

/* The size of the variable in the running crash; 0 if it cannot be seen. */
static size_t
visible_size(int object)
{
    const void *const addresses[] = {MPYK_ABI_OBJECTS(OBJECT_ADDRESS)};
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;

    if (dladdr1(addresses[object], &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 ||
        symbol == NULL || info.dli_saddr != addresses[object]) {
        return 0;
    }
    return symbol->st_size;
}

int
mpyk_layout_check(char *text, size_t size)
{
    for (int i = 0; i < OBJECT_COUNT; i++) {
        size_t seen = visible_size(i);
        size_t wanted = objects[i].exact ? objects[i].size : used_bytes(i);

        if (seen != 0 && (objects[i].exact ? seen != wanted : seen < wanted)) {
            snprintf(text, size, "whose struct %s has %zu bytes where %s%zu are expected",
                     objects[i].name, seen, objects[i].exact ? "" : "at least ", wanted);
            return -1;
        }
    }
    return 0;
}

int
mpyk_layout_get(int index, struct mpyk_layout_size *row)
{
    if (index >= OBJECT_COUNT) {
        return 0;
    }
    *row = (struct mpyk_layout_size){objects[index].name, visible_size(index), objects[index].size,
                                     used_bytes(index)};
    return 1;
}
