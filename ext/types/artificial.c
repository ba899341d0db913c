/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structs that a program makes from types of the kernel.  The program gives their members; no
 * source is read.  A name of the kernel always has priority.
 */
#include "base/arena.h"
#include "base/hash_map.h"
#include "gdb_enums_generated.h"
#include "types/source_choice.h"
#include "types/types.h"

/*
 * For each name, the struct that was made last; earlier ones with another layout follow by
 * `variant`.
 */
static struct mpyk_map made = MPYK_STRING_MAP;

MpykType *
mpyk_type_made(const char *name)
{
    return mpyk_map_get(&made, name, NULL);
}

static int
same_fields(const MpykType *type, const MpykMember *fields)
{
    for (int i = 0; i < type->nfields; i++) {
        const MpykMember *a = &type->fields[i], *b = &fields[i];
        if (strcmp(a->name, b->name) != 0 || a->type != b->type || a->offset != b->offset ||
            a->bit_offset != b->bit_offset || a->bit_size != b->bit_size) {
            return 0;
        }
    }
    return 1;
}

/* Each run of a program makes its structs again.  This must not take more memory each time. */
static MpykType *
find_made(const char *name, uint64_t size, const MpykMember *fields, int count)
{
    MpykType *type = mpyk_type_made(name);

    for (; type != NULL; type = type->variant) {
        if (type->size == size && type->nfields == count && same_fields(type, fields)) {
            return type;
        }
    }
    return NULL;
}

static MpykMember *
copy_fields(const MpykMember *fields, int count)
{
    MpykMember *copy = mpyk_arena_alloc((size_t)(count + 1) * sizeof(*copy));

    for (int i = 0; copy != NULL && i < count; i++) {
        copy[i] = fields[i];
        copy[i].name = mpyk_arena_string(fields[i].name);
        if (copy[i].name == NULL) {
            return NULL;
        }
    }
    return copy;
}

static MpykType *
new_made(const char *name, uint64_t size, const MpykMember *fields, int count)
{
    MpykType *type = mpyk_type_blank(MPYK_TYPE_CODE_STRUCT, NULL);

    if (type == NULL) {
        return NULL;
    }
    type->name = mpyk_arena_string(name);
    type->fields = copy_fields(fields, count);
    if (type->name == NULL || type->fields == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    type->size = size;
    type->nfields = count;
    type->source = &mpyk_gdb_source; /* gdb is not asked for dimensions of its own arrays */
    return type;
}

/* Put `type` in front of the other types with this name, where lookups find it. */
static int
make_first(MpykType *type)
{
    MpykType *first = mpyk_type_made(type->name), *at = first;

    if (first == type) {
        return 0;
    }
    while (at != NULL && at->variant != type) {
        at = at->variant;
    }
    if (at != NULL) {
        at->variant = type->variant;
    }
    type->variant = first;
    mpyk_type_names_changed();
    return mpyk_map_set(&made, type->name, type);
}

MpykType *
mpyk_type_make(const char *name, uint64_t size, const MpykMember *fields, int count)
{
    MpykType *type = find_made(name, size, fields, count);

    if (type == NULL) {
        type = new_made(name, size, fields, count);
    }
    if (type != NULL && make_first(type) < 0) {
        PyErr_NoMemory();
        return NULL;
    }
    return type;
}

static void __attribute__((destructor))
free_made(void)
{
    mpyk_map_free(&made);
}
