/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads members of structs and unions, enumerators and parameters, and finds members by name. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "gdb_enums_generated.h"
#include "types/source_calls.h"
#include "types/source_choice.h"
#include "types/types.h"

static void
set_place(MpykMember *member, uint64_t bit_offset, uint32_t bit_size)
{
    member->offset = bit_offset / 8;
    member->bit_offset = bit_offset % 8;
    member->bit_size = bit_size;
}

static int
make_field(MpykMember *field, const MpykType *type, const struct mpyk_field_desc *desc)
{
    field->name = mpyk_arena_string(desc->name != NULL ? desc->name : "");
    if (field->name == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    field->value = desc->value;
    set_place(field, desc->bit_offset, desc->bit_size);
    if (desc->type == NULL) {
        return 0;
    }
    field->type = mpyk_type_intern(type->source, desc->type);
    return field->type != NULL ? 0 : -1;
}

/* Remember the parent of an anonymous struct: gdb finds such a struct only through its parent. */
static void
note_parent(MpykType *parent, int index, MpykType *type)
{
    while (type != NULL && type->code == MPYK_TYPE_CODE_ARRAY) {
        type = type->target;
    }
    if (type != NULL && type->anonymous && type->kind == MPYK_KIND_STRUCT && type->parent == NULL &&
        type != parent) {
        type->parent = parent;
        type->parent_index = index;
    }
}

static MpykMember *
make_fields(MpykType *type, const struct mpyk_field_desc *descs)
{
    MpykMember *fields = mpyk_arena_alloc((size_t)type->nfields * sizeof(*fields));

    if (fields == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int i = 0; i < type->nfields; i++) {
        if (make_field(&fields[i], type, &descs[i]) < 0) {
            return NULL;
        }
        note_parent(type, i, fields[i].type);
    }
    return fields;
}

static int
load_fields(MpykType *type)
{
    MPYK_PYMEM struct mpyk_field_desc *descs = NULL;

    if (type->handle == NULL) {
        return MPYK_FAILED(MPYK_FAIL_TYPE, "The debug information that described %s is gone.",
                           type->name[0] != '\0' ? type->name : "this type");
    }
    descs = PyMem_Calloc((size_t)type->nfields, sizeof(*descs));
    if (descs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (mpyk_source_fields(type->source, type->handle, descs, type->nfields) == 0) {
        type->fields = make_fields(type, descs);
    } else if (!PyErr_Occurred()) {
        mpyk_fail(MPYK_FAIL_TYPE, "The members of %s cannot be read.", type->name);
    }
    return type->fields != NULL ? 0 : -1;
}

/*
 * Whether this is a `struct { ... };` without a name, whose members belong to the parent.  (A
 * bit-field without a name is only padding.)
 */
static int
is_transparent(const MpykMember *field)
{
    return field->name[0] == '\0' && field->type != NULL && mpyk_type_is_struct(field->type);
}

static int
count_members(MpykType *type)
{
    int count = 0;

    for (int i = 0; i < type->nfields; i++) {
        if (!is_transparent(&type->fields[i])) {
            count += type->fields[i].name[0] != '\0';
            continue;
        }
        if (mpyk_type_load(type->fields[i].type) < 0) {
            return -1;
        }
        count += type->fields[i].type->real->nmembers;
    }
    return count;
}

/*
 * Whether gdb must be asked for the dimensions before this member is used.  `char x[16]` is
 * frequent, and often the first member that is read, so for text gdb is asked only if it is long.
 */
static int
may_have_shape(const MpykMember *member)
{
    uint64_t elements = member->type->elements;

    return member->type->code == MPYK_TYPE_CODE_ARRAY && elements > 0 &&
           (!member->type->target->real->is_char || elements >= 64);
}

static void
mark_arrays(MpykType *type)
{
    for (int i = 0; i < type->nmembers; i++) {
        MpykMember *member = &type->members[i];
        int is_open = !type->shaped && type->source != &mpyk_gdb_source && member->type != NULL;
        member->shape_of = is_open && may_have_shape(member) ? type : NULL;
    }
}

void
mpyk_type_promote(MpykType *type)
{
    MpykMember *members = type->members;

    for (int i = 0; i < type->nfields; i++) {
        const MpykMember *field = &type->fields[i];
        if (!is_transparent(field)) {
            if (field->name[0] != '\0') {
                *members++ = *field;
            }
            continue;
        }
        for (int j = 0; j < field->type->real->nmembers; j++) {
            *members = field->type->real->members[j];
            members->offset += field->offset;
            members++;
        }
    }
    mark_arrays(type);
}

/*
 * Members should have different names; of equal ones the first is found.  An index that has slots
 * is also the sign that the members are loaded, so it gets some even if there is no member with a
 * name.
 */
static int
make_index(MpykType *type)
{
    if (mpyk_index_reserve(&type->index, (size_t)type->nmembers + 1) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    for (int i = 0; i < type->nmembers; i++) {
        mpyk_index_add(&type->index, mpyk_hash_string(type->members[i].name), (uint32_t)i + 1);
    }
    return 0;
}

static int
load_members(MpykType *type)
{
    int count = count_members(type);

    if (count < 0) {
        return -1;
    }
    type->members = mpyk_arena_alloc((size_t)(count + 1) * sizeof(*type->members));
    if (type->members == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    type->nmembers = count;
    mpyk_type_promote(type);
    return make_index(type);
}

int
mpyk_type_load(MpykType *type)
{
    int status;

    type = type->real;
    if (type->index.slots != NULL) {
        return 0;
    }
    if (mpyk_type_complete(type) < 0) {
        return -1;
    }
    if (type->incomplete || type->nfields == 0) {
        return 0;
    }
    if (type->fields == NULL && load_fields(type) < 0) {
        return -1;
    }
    if (type->loading) {
        mpyk_fail(MPYK_FAIL_TYPE, "%s contains itself: its type is broken.", type->name);
        return -1;
    }
    type->loading = 1;
    status = load_members(type);
    type->loading = 0;
    return status;
}

const MpykMember *
mpyk_type_member(MpykType *type, const char *name)
{
    uint32_t hash = mpyk_hash_string(name), position = hash, number;

    type = type->real;
    if (mpyk_type_load(type) < 0 || !mpyk_type_is_struct(type)) {
        return NULL;
    }
    while ((number = mpyk_index_next(&type->index, hash, &position)) != 0) {
        const MpykMember *member = &type->members[number - 1];
        if (strcmp(member->name, name) == 0) {
            return member;
        }
    }
    return NULL;
}
