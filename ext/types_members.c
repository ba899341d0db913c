/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of structs and unions, enumerators, parameters: loading, promotion, lookup. */
#include "types.h"

#include "gdb_enums_generated.h"
#include "types_map.h"

#include <stdlib.h>
#include <string.h>

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

/* Remember where an anonymous struct is: gdb can be asked for it only by way of its parent. */
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
    struct mpyk_field_desc *descs = PyMem_Calloc((size_t)type->nfields, sizeof(*descs));

    if (descs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (mpyk_source_fields(type->source, type->handle, descs, type->nfields) == 0) {
        type->fields = make_fields(type, descs);
    } else if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "The members of %s cannot be read.", type->name);
    }
    PyMem_Free(descs);
    return type->fields != NULL ? 0 : -1;
}

/*
 * Is this the `struct { ... };` whose members belong to the parent?  (Unnamed bit-fields are only
 * padding.)
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
    mpyk_type_mark_arrays(type);
}

/*
 * A table of member numbers + 1, half full at most; of equal names (there should be none) the first
 * wins.
 */
static int
make_index(MpykType *type)
{
    uint32_t size = 4;

    while (size < 2 * (uint32_t)type->nmembers) {
        size *= 2;
    }
    type->index = mpyk_arena_alloc(size * sizeof(*type->index));
    if (type->index == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    type->index_mask = size - 1;
    for (int i = 0; i < type->nmembers; i++) {
        uint32_t slot = mpyk_hash_string(type->members[i].name) & type->index_mask;
        while (type->index[slot] != 0) {
            slot = (slot + 1) & type->index_mask;
        }
        type->index[slot] = i + 1;
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
    if (type->index != NULL) {
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
        PyErr_Format(PyExc_TypeError, "%s contains itself: its type is broken.", type->name);
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
    uint32_t slot;

    type = type->real;
    if (mpyk_type_load(type) < 0 || type->index == NULL || !mpyk_type_is_struct(type)) {
        return NULL;
    }
    slot = mpyk_hash_string(name) & type->index_mask;
    for (; type->index[slot] != 0; slot = (slot + 1) & type->index_mask) {
        const MpykMember *member = &type->members[type->index[slot] - 1];
        if (strcmp(member->name, name) == 0) {
            return member;
        }
    }
    return NULL;
}

/* "[3][4]" after a member's name. */
static int
path_subscripts(const char **path, MpykMember *place)
{
    while (**path == '[') {
        MpykType *array = place->type->real;
        char *end;
        long long index = strtoll(*path + 1, &end, 0);

        if (array->kind != MPYK_KIND_ARRAY || end == *path + 1 || *end != ']') {
            return -1;
        }
        place->type = array->target;
        place->offset += (uint64_t)index * array->target->real->size;
        *path = end + 1;
    }
    return 0;
}

/* One "name[i][j]" of a path; *path is moved behind it and its dot. */
static int
path_step(const char **path, MpykMember *place)
{
    size_t length = strcspn(*path, ".[");
    const MpykMember *member;
    uint64_t base = place->offset;
    char name[256];

    if (length == 0 || length >= sizeof(name)) {
        return -1;
    }
    memcpy(name, *path, length);
    name[length] = '\0';
    member = mpyk_type_member(place->type, name);
    if (member == NULL) {
        return -1;
    }
    if (path[0][length] == '[' && mpyk_member_shape((MpykMember *)member) < 0) {
        return -1;
    }
    *place = *member;
    place->offset += base;
    *path += length;
    if (path_subscripts(path, place) < 0) {
        return -1;
    }
    if (**path == '.') {
        (*path)++;
        return **path == '\0' ? -1 : 0;
    }
    return **path == '\0' ? 0 : -1;
}

int
mpyk_type_path(MpykType *type, const char *path, MpykMember *result)
{
    memset(result, 0, sizeof(*result));
    result->type = type;
    do {
        if (path_step(&path, result) < 0) {
            return -1;
        }
    } while (*path != '\0');
    return 0;
}
