/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides whether two descriptions of a struct, union or enum are the same type. */
#include "base/cleanup.h"
#include "gdb_enums_generated.h"
#include "types/source_calls.h"
#include "types/types.h"

/*
 * Whether two tagged types have the same members (names and places).  This does not load their
 * members.
 */
static int
same_fields(const MpykType *known, const struct mpyk_type_source *source, mpyk_handle handle,
            int count)
{
    MPYK_PYMEM struct mpyk_field_desc *a = NULL;
    struct mpyk_field_desc *b;
    int same = 0;

    if (known->handle == NULL || count == 0) {
        return count == 0;
    }
    a = PyMem_Calloc(2 * (size_t)count, sizeof(*a));
    if (a == NULL) {
        return 0;
    }
    b = a + count;
    if (mpyk_source_fields(known->source, known->handle, a, count) == 0 &&
        mpyk_source_fields(source, handle, b, count) == 0) {
        same = 1;
        for (int i = 0; same && i < count; i++) {
            same = a[i].bit_offset == b[i].bit_offset && a[i].value == b[i].value &&
                   strcmp(a[i].name ? a[i].name : "", b[i].name ? b[i].name : "") == 0;
        }
    }
    PyErr_Clear();
    return same;
}

int
mpyk_type_same_layout(const MpykType *known, const struct mpyk_type_source *source,
                      mpyk_handle handle, const struct mpyk_type_desc *desc)
{
    return known->code == desc->code && known->size == desc->size &&
           known->nfields == desc->nfields && same_fields(known, source, handle, desc->nfields);
}

int
mpyk_type_same_target(const MpykType *known, const MpykType *target)
{
    struct mpyk_type_desc desc = {0};

    if (known == target) {
        return 1;
    }
    if (!known->anonymous || !target->anonymous || !mpyk_code_is_tagged(target->code) ||
        target->handle == NULL) {
        return 0;
    }
    desc.code = target->code;
    desc.size = target->size;
    desc.nfields = target->nfields;
    return mpyk_type_same_layout(known, target->source, target->handle, &desc);
}
