/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Enumerators by their name.  They are not indexed, because programs seldom ask for them. */
#include "btf/btf.h"

#include <string.h>

static int
find_in_enum(const struct mpyk_btf *btf, const struct mpyk_btf_type *type, const char *name,
             int64_t *value)
{
    struct mpyk_btf_field field;

    for (uint32_t i = 0; i < type->count; i++) {
        if (mpyk_btf_field(btf, type, i, &field) == 0 && strcmp(field.name, name) == 0) {
            *value = field.value;
            return 0;
        }
    }
    return -1;
}

int
mpyk_btf_find_enumerator(const struct mpyk_btf *btf, uint32_t first, const char *name,
                         struct mpyk_btf_type *type, int64_t *value)
{
    for (uint32_t id = first; id < mpyk_btf_end(btf); id++) {
        if (mpyk_btf_type(btf, id, type) == 0 &&
            (type->kind == MPYK_BTF_ENUM || type->kind == MPYK_BTF_ENUM64) &&
            find_in_enum(btf, type, name, value) == 0) {
            return 0;
        }
    }
    return -1;
}
