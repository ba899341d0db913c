/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions by their name.  They are not indexed, because few programs ask for them. */
#include "btf/format.h"

/* Whether the type with this number is a function with this name. */
static int
is_function(const struct mpyk_btf *btf, uint32_t id, const char *name, struct record *record)
{
    return mpyk_btf_record_of(btf, id, record) != NULL && kind_of(record) == MPYK_BTF_FUNC &&
           strcmp(mpyk_btf_string(btf, record->name), name) == 0;
}

int
mpyk_btf_find_function(const struct mpyk_btf *btf, const char *name, struct mpyk_btf_type *type)
{
    struct record record;

    for (uint32_t id = btf->first; id < btf->end; id++) {
        if (is_function(btf, id, name, &record)) {
            return mpyk_btf_type(btf, record.size_or_type, type) == 0 &&
                           type->kind == MPYK_BTF_FUNC_PROTO
                       ? 0
                       : -1;
        }
    }
    return -1;
}
