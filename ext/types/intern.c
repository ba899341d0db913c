/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interning of types: types.h says which types are equal. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "base/hash_map.h"
#include "base/target.h"
#include "base/type_spelling.h"
#include "gdb_enums_generated.h"
#include "types/source_calls.h"
#include "types/source_choice.h"
#include "types/types.h"

/* The type of a handle, and the owner that frees the handle. */
struct known_handle {
    MpykType *type;
    const void *owner;
};

static struct mpyk_map handles = MPYK_ADDRESS_MAP;
/* Types that have a name, by their names.  Types with the same name are linked by `variant`. */
static struct mpyk_map structs = MPYK_STRING_MAP, unions = MPYK_STRING_MAP, enums = MPYK_STRING_MAP;
static struct mpyk_map typedefs = MPYK_STRING_MAP, bases = MPYK_STRING_MAP;
static MpykType *void_type;
static MpykType *all_types;
static unsigned generation;

static struct mpyk_map *
map_of_code(int code)
{
    switch (code) {
    case MPYK_TYPE_CODE_STRUCT:
        return &structs;
    case MPYK_TYPE_CODE_UNION:
        return &unions;
    case MPYK_TYPE_CODE_ENUM:
        return &enums;
    case MPYK_TYPE_CODE_TYPEDEF:
        return &typedefs;
    default:
        return &bases;
    }
}

MpykType *
mpyk_type_blank(int code, MpykType *target)
{
    MpykType *type = mpyk_arena_alloc(sizeof(*type));

    if (type == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    type->next = all_types;
    all_types = type;
    type->code = code;
    type->name = "";
    type->target = target;
    if (code == MPYK_TYPE_CODE_TYPEDEF) {
        type->real = target->real;
        type->kind = target->kind;
    } else {
        type->real = type;
        type->kind = mpyk_type_kind(type);
    }
    return type;
}

static void resize_arrays(MpykType *element);

/* Fill in what a source says about this one level of a type. */
static int
fill_type(MpykType *type, const struct mpyk_type_source *source, mpyk_handle handle,
          const struct mpyk_type_desc *desc)
{
    const char *name = desc->name != NULL ? desc->name : "";

    if (strcmp(type->name, name) != 0) {
        type->name = mpyk_arena_string(name);
        if (type->name == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    type->source = source;
    type->handle = handle;
    type->owner = desc->owner;
    type->size = desc->size;
    type->is_unsigned = desc->is_unsigned != 0;
    type->is_char = desc->size == 1 && strcmp(name, "char") == 0;
    type->incomplete = desc->incomplete != 0;
    type->anonymous = name[0] == '\0';
    type->nfields = desc->nfields;
    resize_arrays(type);
    return 0;
}

static MpykType *
void_get(void)
{
    if (void_type == NULL) {
        void_type = mpyk_type_blank(MPYK_TYPE_CODE_VOID, NULL);
        if (void_type != NULL) {
            void_type->name = "void";
        }
    }
    return void_type;
}

MpykType *
mpyk_type_pointer_to(MpykType *target)
{
    if (target->pointer == NULL) {
        MpykType *type = mpyk_type_blank(MPYK_TYPE_CODE_PTR, target);
        if (type == NULL) {
            return NULL;
        }
        type->size = mpyk_target.pointer_size;
        type->is_unsigned = 1;
        target->pointer = type;
    }
    return target->pointer;
}

/* The size of an array, from its innermost elements outwards. */
static void
set_array_size(MpykType *array)
{
    MpykType *element = array->target->real;

    if (element->code == MPYK_TYPE_CODE_ARRAY) {
        set_array_size(element);
    }
    element->arrayed |= element->size == 0;
    array->size = array->elements * element->size;
}

/* A type has got a definition: its arrays, and the arrays of its typedefs, have a size now. */
static void
resize_arrays(MpykType *element)
{
    if (!element->arrayed) {
        return;
    }
    element->arrayed = 0;
    for (MpykType *type = all_types; type != NULL; type = type->next) {
        if (type->code == MPYK_TYPE_CODE_ARRAY) {
            set_array_size(type);
        }
    }
}

MpykType *
mpyk_type_array_of(MpykType *target, uint64_t elements)
{
    MpykType *type;

    for (type = target->arrays; type != NULL; type = type->next_array) {
        if (type->elements == elements) {
            return type;
        }
    }
    type = mpyk_type_blank(MPYK_TYPE_CODE_ARRAY, target);
    if (type == NULL || mpyk_type_complete(target->real) < 0) {
        return NULL;
    }
    type->elements = elements;
    type->next_array = target->arrays;
    target->arrays = type;
    set_array_size(type);
    return type;
}

/*
 * The known type for a description.  A declaration means the definition that was found first.  A
 * definition completes a type that was only declared before.
 */
static MpykType *
find_tagged(MpykType *first, const struct mpyk_type_source *source, mpyk_handle handle,
            const struct mpyk_type_desc *desc)
{
    if (first == NULL || desc->incomplete) {
        return first;
    }
    if (first->incomplete) {
        return fill_type(first, source, handle, desc) < 0 ? NULL : first;
    }
    for (MpykType *type = first; type != NULL; type = type->variant) {
        if (mpyk_type_same_layout(type, source, handle, desc)) {
            return type;
        }
    }
    return NULL;
}

static MpykType *
find_base(MpykType *first, const struct mpyk_type_desc *desc)
{
    for (MpykType *type = first; type != NULL; type = type->variant) {
        if (type->code == desc->code && type->size == desc->size &&
            type->is_unsigned == (unsigned)(desc->is_unsigned != 0)) {
            return type;
        }
    }
    return NULL;
}

/* Add a type under its name.  The first type of a name stays the first. */
static int
add_named(struct mpyk_map *map, MpykType *first, MpykType *type)
{
    if (first != NULL) {
        type->variant = first->variant;
        first->variant = type;
        return 0;
    }
    if (mpyk_map_set(map, type->name, type) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

/*
 * The first type of a name.  Before a type of another source is taken, the first source (BTF) is
 * asked: its members cost less, and a struct should be one type, whichever source mentions it.
 */
static MpykType *
first_of_name(struct mpyk_map *map, const struct mpyk_type_source *source,
              const struct mpyk_type_desc *desc)
{
    MpykType *first = mpyk_map_get(map, desc->name, NULL);
    const struct mpyk_type_source *best = mpyk_type_sources[0];
    mpyk_handle handle;

    if (source == best || !mpyk_code_is_tagged(desc->code) ||
        (first != NULL && !first->incomplete)) {
        return first;
    }
    if (mpyk_source_lookup(best, desc->name, desc->code, &handle) == 0) {
        mpyk_type_intern(best, handle);
    }
    return PyErr_Occurred() ? NULL : mpyk_map_get(map, desc->name, NULL);
}

/* A tagged or base type. */
static MpykType *
intern_plain(const struct mpyk_type_source *source, mpyk_handle handle,
             const struct mpyk_type_desc *desc)
{
    struct mpyk_map *map = map_of_code(desc->code);
    int named = desc->name != NULL && desc->name[0] != '\0' && desc->code != MPYK_TYPE_CODE_FUNC;
    MpykType *first = NULL, *type = NULL;

    if (named) {
        first = first_of_name(map, source, desc);
        if (PyErr_Occurred()) {
            return NULL;
        }
        type = mpyk_code_is_tagged(desc->code) ? find_tagged(first, source, handle, desc)
                                               : find_base(first, desc);
        if (type != NULL || PyErr_Occurred()) {
            return type;
        }
    }
    type = mpyk_type_blank(desc->code, NULL);
    if (type == NULL || fill_type(type, source, handle, desc) < 0) {
        return NULL;
    }
    if (named && add_named(map, first, type) < 0) {
        return NULL;
    }
    return type;
}

static MpykType *
intern_typedef(const struct mpyk_type_desc *desc, MpykType *target)
{
    MpykType *first, *type;

    first = mpyk_map_get(&typedefs, desc->name, NULL);
    for (type = first; type != NULL; type = type->variant) {
        if (mpyk_type_same_target(type->target, target)) {
            return type;
        }
    }
    type = mpyk_type_blank(MPYK_TYPE_CODE_TYPEDEF, target);
    if (type == NULL) {
        return NULL;
    }
    type->name = mpyk_arena_string(desc->name);
    if (type->name == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (mpyk_code_is_tagged(target->code) && target->name[0] == '\0' && target->nfields != 0) {
        target->name = type->name;
    }
    return add_named(&typedefs, first, type) < 0 ? NULL : type;
}

static MpykType *
intern_desc(const struct mpyk_type_source *source, mpyk_handle handle,
            const struct mpyk_type_desc *desc)
{
    MpykType *target = NULL, *type;

    if (desc->code == MPYK_TYPE_CODE_VOID) {
        return void_get();
    }
    switch (desc->code) {
    case MPYK_TYPE_CODE_PTR:
    case MPYK_TYPE_CODE_ARRAY:
    case MPYK_TYPE_CODE_TYPEDEF:
    case MPYK_TYPE_CODE_FUNC:
        target = desc->target != NULL ? mpyk_type_intern(source, desc->target) : void_get();
        if (target == NULL) {
            return NULL;
        }
    }
    switch (desc->code) {
    case MPYK_TYPE_CODE_PTR:
        return mpyk_type_pointer_to(target);
    case MPYK_TYPE_CODE_ARRAY:
        return mpyk_type_array_of(target, desc->elements);
    case MPYK_TYPE_CODE_TYPEDEF:
        return intern_typedef(desc, target);
    default:
        type = intern_plain(source, handle, desc);
        if (type != NULL && desc->code == MPYK_TYPE_CODE_FUNC) {
            type->target = target;
        }
        return type;
    }
}

MpykType *
mpyk_type_intern(const struct mpyk_type_source *source, mpyk_handle handle)
{
    struct known_handle *known = mpyk_map_get_address(&handles, (uintptr_t)handle, NULL);
    struct mpyk_type_desc desc;
    char spelling[32];
    MpykType *type;

    if (known != NULL) {
        return known->type;
    }
    if (mpyk_source_describe(source, handle, &desc) < 0) {
        if (!PyErr_Occurred()) {
            mpyk_fail(MPYK_FAIL_TYPE, "The debug information does not describe this type.");
        }
        return NULL;
    }
    if (desc.code == MPYK_TYPE_CODE_INT && desc.name != NULL) {
        desc.name = mpyk_base_name(desc.name, spelling, sizeof(spelling));
    }
    type = intern_desc(source, handle, &desc);
    if (type == NULL) {
        return NULL;
    }
    known = mpyk_arena_alloc(sizeof(*known));
    if (known == NULL || mpyk_map_set_address(&handles, (uintptr_t)handle, known) < 0) {
        PyErr_NoMemory();
        return NULL;
    }
    known->type = type;
    known->owner = desc.owner;
    return type;
}

int
mpyk_type_complete(MpykType *type)
{
    struct mpyk_type_desc desc;
    mpyk_handle handle;

    type = type->real;
    if (!type->incomplete || type->searched || !mpyk_code_is_tagged(type->code)) {
        return 0;
    }
    type->searched = 1;
    for (int i = 0; mpyk_type_sources[i] != NULL; i++) {
        const struct mpyk_type_source *source = mpyk_type_sources[i];
        if (mpyk_source_lookup(source, type->name, type->code, &handle) == 0 &&
            mpyk_source_describe(source, handle, &desc) == 0 && !desc.incomplete) {
            return fill_type(type, source, handle, &desc);
        }
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static int
other_owner(const void *value, void *owner)
{
    return ((const struct known_handle *)value)->owner != owner;
}

/*
 * The handle is gone, so the members cannot be read any more if they were not read before.  The
 * name may get another definition later.
 */
static void
lose_handle(MpykType *type)
{
    type->handle = NULL;
    type->owner = NULL;
    if (type->fields == NULL && mpyk_code_is_tagged(type->code)) {
        type->incomplete = 1;
    }
}

void
mpyk_type_names_changed(void)
{
    generation++;
}

unsigned
mpyk_type_generation(void)
{
    return generation;
}

void
mpyk_type_sources_changed(const void *owner)
{
    mpyk_type_names_changed();
    mpyk_sources_look_again();
    for (MpykType *type = all_types; type != NULL; type = type->next) {
        if (owner != NULL && type->owner == owner) {
            lose_handle(type);
        }
        type->searched = type->shape_asked = 0;
    }
    if (owner != NULL) {
        mpyk_map_filter(&handles, other_owner, (void *)owner);
    }
}

void
mpyk_types_release_objects(void)
{
    for (MpykType *type = all_types; type != NULL; type = type->next) {
        Py_CLEAR(type->py_class);
        Py_CLEAR(type->py_data);
    }
}

void
mpyk_types_forget(void)
{
    mpyk_type_names_changed();
    mpyk_map_free(&handles);
    mpyk_map_free(&structs);
    mpyk_map_free(&unions);
    mpyk_map_free(&enums);
    mpyk_map_free(&typedefs);
    mpyk_map_free(&bases);
}

/*
 * This runs after Python has ended, because values that outlive mpyk_values_clear() still point to
 * their types.  The low priority number makes this the last destructor.
 */
static void __attribute__((destructor(101)))
free_types(void)
{
    mpyk_types_forget();
    for (MpykType *type = all_types; type != NULL; type = type->next) {
        mpyk_index_free(&type->index);
    }
    mpyk_arena_free();
    void_type = all_types = NULL;
}
