/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * C types of the dump.  Each type exists once.
 *
 * gdb has one `struct type` for each compile unit and each combination of const and
 * volatile.  Here, equal types are one MpykType.  Pointers and arrays are equal if their targets
 * are; base types and typedefs, if their names are; tagged types, if their tags *and* layouts
 * are.  The kernel does have different structures with the same tag, which are private to
 * drivers.  A member keeps the layout of its own compile unit; a lookup by name returns the one
 * that the source finds first.
 *
 * A type knows only its own level: its members are read from the source when they are first needed.
 * Types live until the extension is unloaded.  All functions need the GIL.  NULL or -1 is an error
 * if an exception is set; otherwise there is no such thing.
 */
#ifndef MPYK_TYPES_H
#define MPYK_TYPES_H

#include "base/mpykdump.h"

#include "base/hash_index.h"
#include "base/type_source.h"

typedef struct mpyk_type MpykType;
typedef struct mpyk_member MpykMember;
typedef struct mpyk_symbol MpykSymbol;

/* How a value of a type is read.  A typedef has the kind of its target. */
enum mpyk_kind {
    MPYK_KIND_UNSET,
    MPYK_KIND_INT, /* integers and char */
    MPYK_KIND_BOOL,
    MPYK_KIND_ENUM,
    MPYK_KIND_FLOAT,
    MPYK_KIND_STRUCT,     /* and union */
    MPYK_KIND_PTR_STRUCT, /* pointer to struct or union */
    MPYK_KIND_PTR_CHAR,
    MPYK_KIND_PTR_FUNC,
    MPYK_KIND_PTR, /* any other pointer */
    MPYK_KIND_ARRAY,
    MPYK_KIND_FUNC,
    MPYK_KIND_VOID,
    MPYK_KIND_OTHER /* complex, decimal float...: read as bytes */
};

/*
 * A member as seen from the struct in which it is looked up: members of an anonymous member belong
 * to its parent.
 */
struct mpyk_member {
    const char *name; /* "" for a member without a name, which cannot be looked up */
    MpykType *type;
    uint64_t offset;     /* in bytes, of the byte with the first bit */
    uint32_t bit_offset; /* in that byte; on big-endian targets from its most significant bit */
    uint32_t bit_size;   /* 0 if it is not a bit-field */
    int64_t value;       /* of an enumerator */
    MpykType *shape_of;  /* the struct for mpyk_member_shape(), or NULL */
};

struct mpyk_type {
    int code; /* MPYK_TYPE_CODE_* */
    enum mpyk_kind kind;
    const char *name; /* tag, typedef (also that of an anonymous struct), base type, or "" */
    uint64_t size;    /* a typedef has the size of its target */
    uint64_t elements;
    unsigned is_unsigned : 1;
    unsigned is_char : 1;     /* the type `char` itself, not signed or unsigned char */
    unsigned incomplete : 1;  /* only declared, as far as we know */
    unsigned searched : 1;    /* it is incomplete, and a search found no definition */
    unsigned anonymous : 1;   /* it has no tag (but perhaps the name of a typedef) */
    unsigned loading : 1;     /* its members are being loaded now */
    unsigned shaped : 1;      /* its arrays have gdb's dimensions */
    unsigned shape_asked : 1; /* gdb was asked for them */
    unsigned arrayed : 1;     /* an array was made of it while its size was not known */
    int nfields;
    MpykType *target; /* of typedef, pointer, array, function */
    MpykType *real;   /* the type without typedefs; other types point to themselves */

    MpykMember *fields;  /* as declared, also those without a name; NULL until loaded */
    MpykMember *members; /* what can be looked up by name */
    int nmembers;
    struct mpyk_index index; /* member numbers + 1 by the hash of their names */

    const struct mpyk_type_source *source;
    mpyk_handle handle; /* NULL once its owner is gone */
    const void *owner;
    MpykType *parent; /* of an anonymous struct: a struct that has it as a member */
    int parent_index; /* the number of this member (which may be an array) */

    MpykType *pointer; /* to this type */
    MpykType *arrays;  /* of this type, linked by next_array */
    MpykType *next_array;
    MpykType *variant; /* the next type with the same name and another layout */
    MpykType *next;    /* of all types */

    PyObject *py_class; /* class of its values: values/ctype.c */
    PyObject *py_data;  /* of an enum: {value: name} */
};

struct mpyk_symbol {
    const char *name;
    enum mpyk_symbol_kind kind;
    MpykType *type;
    uint64_t address;
    int64_t value;
};

/*
 * Find a type by the name that a C programmer writes: "struct page", "union u", "enum e", "pid_t",
 * "unsigned long", "struct page **", "char [16]".  A tag alone ("page") is enough if no typedef has
 * this name.
 */
MpykType *mpyk_type_find(const char *name);
/* The same, but an unknown type, or one that is only declared, is a TypeError with its name. */
MpykType *mpyk_type_need(const char *name);
MpykType *mpyk_type_pointer_to(MpykType *type);
MpykType *mpyk_type_array_of(MpykType *type, uint64_t elements);
/* The type of a C expression.  gdb does not evaluate it. */
MpykType *mpyk_type_of_expression(const char *text);

/*
 * Look for the definition of a type that is only declared.  0, or -1 with an exception set.  The
 * type may stay incomplete.
 */
int mpyk_type_complete(MpykType *type);
/* members.c: make the promoted members from the fields (again). */
void mpyk_type_promote(MpykType *type);
/* Make fields and members available.  0, or -1 with an exception set. */
int mpyk_type_load(MpykType *type);
/* A member by name, also a member of an anonymous member. */
const MpykMember *mpyk_type_member(MpykType *type, const char *name);
/*
 * A member by path: "a.b.c", "a[2].b".  0 found; -1 not found, or an error with an exception set.
 */
int mpyk_type_path(MpykType *type, const char *path, MpykMember *result);

/*
 * BTF has only the number 6 for a[2][3], because pahole multiplies the dimensions.  So before an
 * array is read or shown, gdb is asked for the dimensions of all arrays of its struct; once,
 * because this takes milliseconds.
 *
 * Arrays stay flat if gdb must not be asked (set_type_source("btf")), if gdb does not know the
 * struct (a module without debuginfo), or if gdb's struct has another size.  Offset and size are
 * right in each case. Only members get dimensions; pointers to arrays stay flat.  0, or -1 with
 * KeyboardInterrupt.
 */
int mpyk_member_shape(MpykMember *member);

static inline int
mpyk_type_is_struct(const MpykType *type)
{
    return type->real->kind == MPYK_KIND_STRUCT;
}

/*
 * A variable, function or enumerator with a known type.  The address is that of crash, if crash
 * knows it.
 */
const MpykSymbol *mpyk_symbol_find(const char *name);

/* intern.c: a type of this kind with nothing in it. */
MpykType *mpyk_type_blank(int code, MpykType *target);
/* intern.c: the interned type of a handle. */
MpykType *mpyk_type_intern(const struct mpyk_type_source *source, mpyk_handle handle);
/* A source is about to lose the types of `owner`, or (NULL) has gained some. */
void mpyk_type_sources_changed(const void *owner);
/* Make all types anew when they are asked for next.  Types that are in use stay as they are. */
void mpyk_types_forget(void);
/*
 * The generation is the number of times that names have changed their meaning, or have got
 * one.  Code that remembers the meaning of a name must forget it in the next generation.
 */
void mpyk_type_names_changed(void);
unsigned mpyk_type_generation(void);
/* Drop the references to Python objects that types hold; before Python is finalized. */
void mpyk_types_release_objects(void);

/* kind.c */
enum mpyk_kind mpyk_type_kind(const MpykType *type);
/* Whether types of this code have tags: struct, union and enum. */
int mpyk_code_is_tagged(int code);

/* same_layout.c: whether a type has the name, size and members that a source describes. */
int mpyk_type_same_layout(const MpykType *known, const struct mpyk_type_source *source,
                          mpyk_handle handle, const struct mpyk_type_desc *desc);
/*
 * Whether two targets of typedefs are one type.  An anonymous struct gets a MpykType of its own in
 * each compile unit; only the typedef shows which of them are the same.
 */
int mpyk_type_same_target(const MpykType *known, const MpykType *target);

/*
 * artificial.c: the struct `name` (the tag alone) that has exactly these fields, and the one that
 * was made last under this name.  A lookup finds it unless a source has the name.
 */
MpykType *mpyk_type_make(const char *name, uint64_t size, const MpykMember *fields, int count);
MpykType *mpyk_type_made(const char *name);

#endif /* MPYK_TYPES_H */
