/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How values of a type are read. */
#include "gdb_enums_generated.h"
#include "types/types.h"

static enum mpyk_kind
kind_of_pointer(const MpykType *target)
{
    switch (target->real->kind) {
    case MPYK_KIND_STRUCT:
        return MPYK_KIND_PTR_STRUCT;
    case MPYK_KIND_FUNC:
        return MPYK_KIND_PTR_FUNC;
    case MPYK_KIND_INT:
        return target->real->is_char ? MPYK_KIND_PTR_CHAR : MPYK_KIND_PTR;
    default:
        return MPYK_KIND_PTR;
    }
}

enum mpyk_kind
mpyk_type_kind(const MpykType *type)
{
    switch (type->code) {
    case MPYK_TYPE_CODE_STRUCT:
    case MPYK_TYPE_CODE_UNION:
        return MPYK_KIND_STRUCT;
    case MPYK_TYPE_CODE_PTR:
        return kind_of_pointer(type->target);
    case MPYK_TYPE_CODE_ARRAY:
        return MPYK_KIND_ARRAY;
    case MPYK_TYPE_CODE_ENUM:
        return MPYK_KIND_ENUM;
    case MPYK_TYPE_CODE_INT:
    case MPYK_TYPE_CODE_CHAR:
        return MPYK_KIND_INT;
    case MPYK_TYPE_CODE_BOOL:
        return MPYK_KIND_BOOL;
    case MPYK_TYPE_CODE_FLT:
        return MPYK_KIND_FLOAT;
    case MPYK_TYPE_CODE_FUNC:
        return MPYK_KIND_FUNC;
    case MPYK_TYPE_CODE_VOID:
        return MPYK_KIND_VOID;
    default:
        return MPYK_KIND_OTHER;
    }
}

int
mpyk_code_is_tagged(int code)
{
    return code == MPYK_TYPE_CODE_STRUCT || code == MPYK_TYPE_CODE_UNION ||
           code == MPYK_TYPE_CODE_ENUM;
}
