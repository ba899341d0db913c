/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dimensions of arrays.  BTF has only their product, so gdb is asked, once for all arrays of a
 * struct.
 */
#include "base/cleanup.h"
#include "gdb_enums_generated.h"
#include "types/source_calls.h"
#include "types/source_choice.h"
#include "types/types.h"

/* Levels of anonymous structs inside each other. */
#define MAX_NESTING 16

/* Follow gdb's handle through typedefs and arrays to the struct.  -1 if there is none. */
static int
strip(mpyk_handle *handle, struct mpyk_type_desc *desc)
{
    for (int i = 0; i < 2 * MAX_NESTING && *handle != NULL; i++, *handle = desc->target) {
        if (mpyk_source_describe(&mpyk_gdb_source, *handle, desc) < 0) {
            return -1;
        }
        if (desc->code != MPYK_TYPE_CODE_TYPEDEF && desc->code != MPYK_TYPE_CODE_ARRAY) {
            return 0;
        }
    }
    return -1;
}

/*
 * Whether gdb's struct has the same size and number of members: several structs may have one tag.
 */
static int
is_same(const MpykType *type, const struct mpyk_type_desc *desc)
{
    return desc->code == type->code && desc->size == type->size && desc->nfields == type->nfields &&
           !desc->incomplete;
}

/*
 * gdb's descriptions of the members of a struct, to be freed by the caller.  NULL if gdb's struct
 * has other members, or with an exception set.
 */
static struct mpyk_field_desc *
describe_fields(const MpykType *type, mpyk_handle handle)
{
    MPYK_PYMEM struct mpyk_field_desc *descs = NULL;
    struct mpyk_field_desc *result;
    struct mpyk_type_desc desc;

    if (strip(&handle, &desc) < 0 || !is_same(type, &desc) || type->nfields == 0) {
        return NULL;
    }
    descs = PyMem_Calloc((size_t)type->nfields, sizeof(*descs));
    if (descs == NULL || mpyk_source_fields(&mpyk_gdb_source, handle, descs, type->nfields) < 0) {
        return NULL;
    }
    result = descs;
    descs = NULL;
    return result;
}

static int
is_same_field(const MpykMember *field, const struct mpyk_field_desc *desc)
{
    return desc->type != NULL && desc->bit_offset == 8 * field->offset + field->bit_offset &&
           strcmp(desc->name != NULL ? desc->name : "", field->name) == 0;
}

static void shape_fields(MpykType *type, mpyk_handle handle, int depth);

static void
shape_field(MpykMember *field, mpyk_handle handle, int depth)
{
    MpykType *shape;

    if (field->type->code == MPYK_TYPE_CODE_ARRAY) {
        shape = mpyk_type_intern(&mpyk_gdb_source, handle);
        if (shape != NULL && shape->code == MPYK_TYPE_CODE_ARRAY &&
            shape->size == field->type->size) {
            field->type = shape;
        }
    } else if (field->name[0] == '\0' && mpyk_type_is_struct(field->type)) {
        shape_fields(field->type->real, handle, depth + 1);
    }
}

/* Give gdb's types to the arrays of a struct, and to the arrays of anonymous structs in it. */
static void
shape_fields(MpykType *type, mpyk_handle handle, int depth)
{
    MPYK_PYMEM struct mpyk_field_desc *descs = NULL;

    if (depth > MAX_NESTING || mpyk_type_load(type) < 0 || type->fields == NULL) {
        return;
    }
    descs = describe_fields(type, handle);
    for (int i = 0; descs != NULL && i < type->nfields && !PyErr_Occurred(); i++) {
        if (type->fields[i].type != NULL && is_same_field(&type->fields[i], &descs[i])) {
            shape_field(&type->fields[i], descs[i].type, depth);
        }
    }
    if (descs != NULL && !PyErr_Occurred()) {
        type->shaped = 1;
        mpyk_type_promote(type);
    }
}

static int find_in_gdb(const MpykType *type, mpyk_handle *handle, int depth);

/* gdb finds an anonymous struct only through its parent. */
static int
find_in_parent(const MpykType *type, mpyk_handle *handle, int depth)
{
    MPYK_PYMEM struct mpyk_field_desc *descs = NULL;
    const MpykType *parent = type->parent;
    int index = type->parent_index;

    if (parent == NULL || depth > MAX_NESTING || find_in_gdb(parent, handle, depth + 1) < 0) {
        return -1;
    }
    descs = describe_fields(parent, *handle);
    if (descs == NULL || !is_same_field(&parent->fields[index], &descs[index])) {
        return -1;
    }
    *handle = descs[index].type;
    return 0;
}

static int
find_in_gdb(const MpykType *type, mpyk_handle *handle, int depth)
{
    if (type->name[0] == '\0') {
        return find_in_parent(type, handle, depth);
    }
    return mpyk_source_lookup(&mpyk_gdb_source, type->name,
                              type->anonymous ? MPYK_TYPE_CODE_TYPEDEF : type->code, handle);
}

static int
shape_type(MpykType *type)
{
    mpyk_handle handle;

    if (find_in_gdb(type, &handle, 0) == 0 && !PyErr_Occurred()) {
        shape_fields(type, handle, 0);
    }
    if (PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
            return -1;
        }
        PyErr_Clear();
    }
    type->shape_asked = 1;
    return 0;
}

int
mpyk_member_shape(MpykMember *member)
{
    MpykType *owner = member->shape_of;
    const MpykMember *known;

    if (owner == NULL || (owner->shape_asked && !owner->shaped) ||
        !mpyk_source_is_used(&mpyk_gdb_source)) {
        return 0;
    }
    if (!owner->shape_asked && shape_type(owner) < 0) {
        return -1;
    }
    known = owner->shaped ? mpyk_type_member(owner, member->name) : NULL;
    if (known != NULL) {
        member->type = known->type;
        member->shape_of = NULL;
    }
    return 0;
}
