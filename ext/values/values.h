/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this room share.
 *
 * Values that are addresses or numbers (structs, pointers, enums, unbounded arrays) are subclasses
 * of int.  Each C type has its own class, which is made together with its first value.  So a value
 * has only its number: its class is an instance of the metaclass CType, which has the MpykType.
 */
#ifndef MPYK_PY_TYPES_H
#define MPYK_PY_TYPES_H

#include "base/pycompat.h"

#include "base/arguments.h"
#include "base/byte_order.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "base/target.h"
#include "dump/readmem.h"
#include "types/types.h"

/* The classes of all values: add them to the module; release them before Python is finalized. */
int mpyk_values_init(PyObject *module);
void mpyk_values_clear(void);

/* ctype.c: the metaclass, classes of C types, fast construction of int subclasses. */
typedef struct {
    PyHeapTypeObject heap;
    MpykType *ctype;
} MpykClass;

extern PyTypeObject *mpyk_meta_type;
extern PyTypeObject *mpyk_struct_type, *mpyk_ptr_type, *mpyk_enum_type, *mpyk_flex_type;
extern PyTypeObject *mpyk_string_type, *mpyk_array_type, *mpyk_member_type;
extern PyTypeObject *mpyk_typeinfo_type, *mpyk_varinfo_type;

/* The C type of a class; NULL without an exception for classes that are not ours. */
static inline MpykType *
mpyk_class_ctype(PyTypeObject *cls)
{
    return PyObject_TypeCheck((PyObject *)cls, mpyk_meta_type) ? ((MpykClass *)cls)->ctype : NULL;
}

static inline MpykType *
mpyk_value_ctype(PyObject *value)
{
    return mpyk_class_ctype(Py_TYPE(value));
}

/* The class of the values of a struct, pointer, enum or array type (borrowed). */
PyTypeObject *mpyk_class_get(MpykType *type);
/* A new instance of an int subclass. */
PyObject *mpyk_int_new(PyTypeObject *cls, uint64_t value);
PyObject *mpyk_int_new_signed(PyTypeObject *cls, int64_t value);
/* A new value of the class of `type` with this number. */
PyObject *mpyk_int_of_type(MpykType *type, uint64_t value);
int mpyk_int_init(PyObject *module);

static inline uint64_t
mpyk_int_value(PyObject *value)
{
    return PyLong_AsUnsignedLongLongMask(value);
}

/*
 * Exit functions and finalizers of a program may still use values after mpyk_values_clear().  If
 * they need a class then, they get a RuntimeError.
 */
static inline int
mpyk_class_is_gone(const PyTypeObject *cls)
{
    if (cls == NULL) {
        mpyk_fail(MPYK_FAIL_STATE, "The extension is being unloaded.");
    }
    return cls == NULL;
}

/* read.c: reading. */
/* The value of a type at an address of the dump. */
PyObject *mpyk_value_read(MpykType *type, uint64_t address);
PyObject *mpyk_value_read_bits(MpykType *type, uint64_t address, uint32_t bit_offset,
                               uint32_t bit_size);
PyObject *mpyk_value_read_member(const MpykMember *member, uint64_t base);
/* An integer of 0 to 8 bytes in the dump's byte order, not sign-extended. */
static inline uint64_t
mpyk_decode_integer(const unsigned char *data, size_t size)
{
    return mpyk_decode(data, size, mpyk_target.big_endian);
}

/*
 * The address of element `index` of an array or pointer.  IndexError for NULL, TypeError if the
 * element has no size.
 */
int mpyk_element_address(MpykType *element, uint64_t base, Py_ssize_t index, uint64_t *address);
/* [read(start), ...] for a slice of something without a length: the slice must have both ends. */
PyObject *mpyk_read_slice(MpykType *element, uint64_t base, PyObject *slice);

/*
 * A list of `count` elements, where the count may come from a damaged dump or a mistake.  0, or -1
 * with ValueError if it would take gigabytes.
 */
int mpyk_check_count(uint64_t count);

/* For each round of such a loop: 0, or -1 with KeyboardInterrupt. */
static inline int
mpyk_check_round(uint64_t round)
{
    return (round & 0xFFF) == 0xFFF ? PyErr_CheckSignals() : 0;
}

/* member.c: descriptors */
PyObject *mpyk_member_new(const MpykMember *member);
int mpyk_member_init(PyObject *module);

/* struct.c */
PyTypeObject *mpyk_struct_class(MpykType *type);
PyObject *mpyk_struct_dict(MpykType *type);
int mpyk_struct_init(PyObject *module);
/* The C type of a StructResult; NULL with TypeError for one that has none. */
MpykType *mpyk_struct_ctype(PyObject *self);
/* "struct page" for a StructResult, also for an instance of a program's own subclass. */
const char *mpyk_struct_symbol(PyObject *self);
PyObject *mpyk_struct_set_sinfo(PyObject *module, PyObject *factory);
/* struct_text.c */
PyObject *mpyk_struct_dump(PyObject *self, PyObject *args);
PyObject *mpyk_struct_full(PyObject *self, PyObject *args);
PyObject *mpyk_struct_eval(PyObject *self, PyObject *path);

/* pointer.c, enum.c, string.c, array.c */
int mpyk_ptr_init(PyObject *module);
int mpyk_enum_init(PyObject *module);
int mpyk_string_init(PyObject *module);
int mpyk_array_init(PyObject *module);
/* {name: value} of an enum in the order of the declaration. */
PyObject *mpyk_enum_values(MpykType *type);
/* The value of an enumerator as an int; an unsigned enum has no negative values. */
PyObject *mpyk_enumerator_object(MpykType *type, int64_t value);
/* The text up to the first NUL of `size` bytes that were read from `address`. */
PyObject *mpyk_string_new(const char *data, Py_ssize_t size, uint64_t address, uint64_t pointer);
/*
 * The text that a `char *` points to.  The pointer lies at `address` and has the value `pointer`.
 */
PyObject *mpyk_string_read(uint64_t address, uint64_t pointer);
/* The address of a SmartString.  0, or -1 if the value is not one or its address is not known. */
int mpyk_string_address(PyObject *value, uint64_t *address);
PyObject *mpyk_array_new(MpykType *array, uint64_t address);
uint64_t mpyk_array_address(PyObject *array);

/* typeinfo.c */
PyObject *mpyk_type_string(MpykType *type);
PyObject *mpyk_typeinfo_new(MpykType *type);
/* The type of a TypeInfo, or NULL with TypeError set. */
MpykType *mpyk_typeinfo_ctype(PyObject *info);
PyObject *mpyk_varinfo_new(const MpykMember *member, int has_address, uint64_t address);
int mpyk_typeinfo_init(PyObject *module);
int mpyk_varinfo_init(PyObject *module);

/* typedict.c: the C text of the type that a dict of the classic gdb_typeinfo() describes. */
PyObject *mpyk_name_of_typedict(PyObject *dict);

/* Make a type from a spec and add it to the module; *type keeps one reference. */
int mpyk_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base, PyTypeObject **type);

#endif /* MPYK_PY_TYPES_H */
