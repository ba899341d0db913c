/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See type_queries.h.  A handle is the address of the type's record in its block of BTF. */
#include "btf/type_queries.h"

#include "base/type_spelling.h"
#include "gdb_enums_generated.h"

#include <stdio.h>
#include <string.h>

#define TAGS                                                                                       \
    (MPYK_BTF_SET(MPYK_BTF_STRUCT) | MPYK_BTF_SET(MPYK_BTF_UNION) | MPYK_BTF_SET(MPYK_BTF_ENUM) |  \
     MPYK_BTF_SET(MPYK_BTF_ENUM64))

/* ---- names ---- */

uint32_t
mpyk_btf_kinds(int code)
{
    switch (code) {
    case MPYK_TYPE_CODE_STRUCT:
        return MPYK_BTF_SET(MPYK_BTF_STRUCT);
    case MPYK_TYPE_CODE_UNION:
        return MPYK_BTF_SET(MPYK_BTF_UNION);
    case MPYK_TYPE_CODE_ENUM:
        return MPYK_BTF_SET(MPYK_BTF_ENUM) | MPYK_BTF_SET(MPYK_BTF_ENUM64);
    case MPYK_TYPE_CODE_TYPEDEF:
        return MPYK_BTF_SET(MPYK_BTF_TYPEDEF) | MPYK_BTF_SET(MPYK_BTF_INT) |
               MPYK_BTF_SET(MPYK_BTF_FLOAT);
    default:
        return TAGS;
    }
}

/* "unsigned long" is "long unsigned int" in BTF: both are compared in the usual spelling. */
static uint32_t
find_integer(const struct mpyk_btf *btf, const char *name)
{
    char wanted[32], known[32];
    const char *spelled = mpyk_base_name(name, wanted, sizeof(wanted));
    struct mpyk_btf_type type;
    uint32_t id;

    for (unsigned n = 0; spelled == wanted && (id = mpyk_btf_base_type(btf, n)) != 0; n++) {
        if (mpyk_btf_type(btf, id, &type) == 0 &&
            strcmp(mpyk_base_name(type.name, known, sizeof(known)), wanted) == 0) {
            return id;
        }
    }
    return 0;
}

int
mpyk_btf_lookup(const struct mpyk_btf *btf, const char *name, int code, mpyk_handle *handle)
{
    uint32_t id = mpyk_btf_find(btf, name, mpyk_btf_kinds(code));
    struct mpyk_btf_type type;

    if (id == 0 && code == MPYK_TYPE_CODE_TYPEDEF) {
        id = find_integer(btf, name);
    }
    if (id == 0 || mpyk_btf_type(btf, id, &type) < 0) {
        return -1;
    }
    *handle = type.record;
    return 0;
}

/* ---- handles ---- */

/* The handle of a number, NULL for void.  -1 if it is not valid. */
static int
handle_of(const struct mpyk_btf *btf, uint32_t id, mpyk_handle *handle)
{
    struct mpyk_btf_type type;

    *handle = NULL;
    if (mpyk_btf_strip(btf, id, &id) < 0 || mpyk_btf_type(btf, id, &type) < 0) {
        return -1;
    }
    *handle = type.record;
    return 0;
}

static int
code_of(const struct mpyk_btf_type *type)
{
    static const int codes[MPYK_BTF_KINDS] = {
        [MPYK_BTF_VOID] = MPYK_TYPE_CODE_VOID,       [MPYK_BTF_INT] = MPYK_TYPE_CODE_INT,
        [MPYK_BTF_PTR] = MPYK_TYPE_CODE_PTR,         [MPYK_BTF_ARRAY] = MPYK_TYPE_CODE_ARRAY,
        [MPYK_BTF_STRUCT] = MPYK_TYPE_CODE_STRUCT,   [MPYK_BTF_UNION] = MPYK_TYPE_CODE_UNION,
        [MPYK_BTF_ENUM] = MPYK_TYPE_CODE_ENUM,       [MPYK_BTF_TYPEDEF] = MPYK_TYPE_CODE_TYPEDEF,
        [MPYK_BTF_FUNC_PROTO] = MPYK_TYPE_CODE_FUNC, [MPYK_BTF_FLOAT] = MPYK_TYPE_CODE_FLT,
        [MPYK_BTF_ENUM64] = MPYK_TYPE_CODE_ENUM,
    };

    if (type->kind == MPYK_BTF_FWD) {
        return type->is_union ? MPYK_TYPE_CODE_UNION : MPYK_TYPE_CODE_STRUCT;
    }
    return type->is_bool ? MPYK_TYPE_CODE_BOOL : codes[type->kind];
}

static int
is_declaration(const struct mpyk_btf_type *type)
{
    int is_enum = type->kind == MPYK_BTF_ENUM || type->kind == MPYK_BTF_ENUM64;

    return type->kind == MPYK_BTF_FWD || (is_enum && type->count == 0);
}

static int
fail(struct mpyk_source_error *error, const char *text)
{
    snprintf(error->text, sizeof(error->text), "%s", text);
    return -1;
}

int
mpyk_btf_describe(const struct mpyk_btf *btf, mpyk_handle handle, int pointer_size,
                  struct mpyk_type_desc *desc, struct mpyk_source_error *error)
{
    struct mpyk_btf_type type;

    memset(desc, 0, sizeof(*desc));
    if (btf == NULL || mpyk_btf_record(btf, handle, &type) < 0) {
        return fail(error, "this is not a type of the BTF.");
    }
    desc->code = code_of(&type);
    if (desc->code == MPYK_TYPE_CODE_UNDEF || !mpyk_btf_is_finite(btf, type.id) ||
        handle_of(btf, type.target, &desc->target) < 0) {
        return fail(error, "the BTF of this type is broken.");
    }
    desc->name = type.name[0] != '\0' ? type.name : NULL;
    if (desc->code == MPYK_TYPE_CODE_PTR) {
        desc->size = (uint64_t)pointer_size;
    } else {
        desc->size = desc->code == MPYK_TYPE_CODE_FUNC ? 1 : type.size;
    }
    desc->elements = type.elements;
    desc->is_unsigned = type.is_unsigned;
    desc->incomplete = is_declaration(&type);
    desc->nfields = (int)type.count;
    return 0;
}

int
mpyk_btf_fields(const struct mpyk_btf *btf, mpyk_handle handle, struct mpyk_field_desc *descs,
                int count, struct mpyk_source_error *error)
{
    struct mpyk_btf_field field;
    struct mpyk_btf_type type;

    if (btf == NULL || mpyk_btf_record(btf, handle, &type) < 0) {
        return fail(error, "this is not a type of the BTF.");
    }
    for (int i = 0; i < count; i++) {
        memset(&descs[i], 0, sizeof(descs[i]));
        if (mpyk_btf_field(btf, &type, (uint32_t)i, &field) < 0 ||
            handle_of(btf, field.type, &descs[i].type) < 0) {
            return fail(error, "the BTF of a member is broken.");
        }
        descs[i].name = field.name;
        descs[i].bit_offset = field.bit_offset;
        descs[i].bit_size = field.bit_size;
        descs[i].value = field.value;
    }
    return 0;
}
