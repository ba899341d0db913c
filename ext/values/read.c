/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads values of C types from the dump and makes Python objects of them. */
#include "values/values.h"

static inline int64_t
sign_extend(uint64_t value, unsigned bits)
{
    unsigned shift = bits < 64 ? 64 - bits : 0;

    return (int64_t)(value << shift) >> shift;
}

static PyObject *
int_object(uint64_t value, unsigned bits, int is_unsigned)
{
    if (is_unsigned) {
        return PyLong_FromUnsignedLongLong(value);
    }
    return PyLong_FromLongLong(sign_extend(value, bits));
}

static PyObject *
enum_object(MpykType *type, uint64_t value, unsigned bits)
{
    PyTypeObject *cls = mpyk_class_get(type);

    if (cls == NULL) {
        return NULL;
    }
    return type->is_unsigned ? mpyk_int_new(cls, value)
                             : mpyk_int_new_signed(cls, sign_extend(value, bits));
}

/* An __int128, or a size that no C integer of ours holds. */
static PyObject *
wide_int(const MpykType *type, const unsigned char *data)
{
    MPYK_REF *method = PyObject_GetAttrString((PyObject *)&PyLong_Type, "from_bytes");
    MPYK_REF *args = Py_BuildValue("(y#s)", (const char *)data, (Py_ssize_t)type->size,
                                   mpyk_target.big_endian ? "big" : "little");
    MPYK_REF *kwargs = Py_BuildValue("{s:O}", "signed", type->is_unsigned ? Py_False : Py_True);

    if (method == NULL || args == NULL || kwargs == NULL) {
        return NULL;
    }
    return PyObject_Call(method, args, kwargs);
}

static PyObject *
float_object(const MpykType *type, const unsigned char *data)
{
    uint64_t bits;
    double d;
    float f;

    if (type->size == 4) {
        uint32_t narrow = (uint32_t)mpyk_decode_integer(data, 4);
        memcpy(&f, &narrow, sizeof(f));
        return PyFloat_FromDouble(f);
    }
    if (type->size == 8) {
        bits = mpyk_decode_integer(data, 8);
        memcpy(&d, &bits, sizeof(d));
        return PyFloat_FromDouble(d);
    }
    return PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)type->size);
}

/* The Python object for a pointer that lies at `address`. */
static PyObject *
pointer_object(MpykType *type, uint64_t value, uint64_t address)
{
    switch (type->kind) {
    case MPYK_KIND_PTR_STRUCT:
        return mpyk_int_of_type(type->target, value);
    case MPYK_KIND_PTR_CHAR:
        return mpyk_string_read(address, value);
    case MPYK_KIND_PTR_FUNC:
        return PyLong_FromUnsignedLongLong(value);
    default:
        return mpyk_int_of_type(type, value);
    }
}

/* Make a scalar (no struct, array or function) from its bytes, which were read at `address`. */
static PyObject *
decode(MpykType *type, const unsigned char *data, uint64_t address)
{
    size_t size = type->size;

    switch (type->kind) {
    case MPYK_KIND_INT:
    case MPYK_KIND_BOOL:
        if (size > 8 || size == 0) {
            return wide_int(type, data);
        }
        return int_object(mpyk_decode_integer(data, size), 8 * size, type->is_unsigned);
    case MPYK_KIND_ENUM:
        if (size > 8 || size == 0) {
            return mpyk_fail(MPYK_FAIL_TYPE, "An enum of %zu bytes cannot be read.", size);
        }
        return enum_object(type, mpyk_decode_integer(data, size), 8 * size);
    case MPYK_KIND_FLOAT:
        return float_object(type, data);
    case MPYK_KIND_PTR_STRUCT:
    case MPYK_KIND_PTR_CHAR:
    case MPYK_KIND_PTR_FUNC:
    case MPYK_KIND_PTR:
        return pointer_object(type, mpyk_decode_integer(data, size <= 8 ? size : 8), address);
    default:
        return PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size);
    }
}

static PyObject *
read_scalar(MpykType *type, uint64_t address)
{
    unsigned char data[32];

    if (type->size > sizeof(data)) {
        return mpyk_fail(MPYK_FAIL_TYPE, "A value of %llu bytes is not a number.",
                         (unsigned long long)type->size);
    }
    if (mpyk_readmem(address, MPYK_KVADDR, data, (long)type->size) < 0) {
        return NULL;
    }
    return decode(type, data, address);
}

/* A list of this length takes half a gigabyte. */
#define LIST_MAX (1u << 24)

int
mpyk_check_count(uint64_t count)
{
    if (count > LIST_MAX) {
        return MPYK_FAILED(MPYK_FAIL_VALUE,
                           "%llu elements are more than a list may have (%u): read them in parts.",
                           (unsigned long long)count, LIST_MAX);
    }
    return 0;
}

static PyObject *
decode_list(MpykType *element, uint64_t count, const unsigned char *data, uint64_t address)
{
    MPYK_REF *list = PyList_New((Py_ssize_t)count);

    for (uint64_t i = 0; list != NULL && i < count; i++) {
        uint64_t offset = i * element->size;
        PyObject *item = decode(element, data + offset, address + offset);

        if (item == NULL || mpyk_check_round(i) < 0) {
            Py_XDECREF(item);
            return NULL;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    return mpyk_keep(&list);
}

/* An array of numbers is read in one piece: char[n] is a string, any other array is a list. */
static PyObject *
read_numbers(MpykType *array, uint64_t address)
{
    MpykType *element = array->target->real;
    MPYK_PYMEM unsigned char *data = NULL;

    if (mpyk_check_count(array->elements) < 0) {
        return NULL;
    }
    data = PyMem_Malloc(array->size);
    if (data == NULL) {
        return PyErr_NoMemory();
    }
    if (mpyk_readmem(address, MPYK_KVADDR, data, (long)array->size) < 0) {
        return NULL;
    }
    if (element->is_char && element->kind == MPYK_KIND_INT) {
        return mpyk_string_new((const char *)data, (Py_ssize_t)array->size, address, address);
    }
    return decode_list(element, array->elements, data, address);
}

/* An array of arrays of numbers is a list of lists. */
static PyObject *
read_rows(MpykType *array, uint64_t address)
{
    uint64_t step = array->target->real->size;
    MPYK_REF *list = mpyk_check_count(array->elements) == 0 ? PyList_New(0) : NULL;

    for (uint64_t i = 0; list != NULL && i < array->elements; i++) {
        if (mpyk_append(list, mpyk_value_read(array->target, address + i * step)) < 0 ||
            mpyk_check_round(i) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

static PyObject *
read_array(MpykType *array, uint64_t address)
{
    MpykType *innermost = array->target->real;

    if (array->elements == 0 || array->size == 0) {
        return mpyk_int_of_type(array, address);
    }
    while (innermost->kind == MPYK_KIND_ARRAY && innermost->elements != 0) {
        innermost = innermost->target->real;
    }
    switch (innermost->kind) {
    case MPYK_KIND_INT:
    case MPYK_KIND_BOOL:
    case MPYK_KIND_ENUM:
    case MPYK_KIND_FLOAT:
    case MPYK_KIND_PTR_FUNC:
        return array->target->real == innermost ? read_numbers(array, address)
                                                : read_rows(array, address);
    default:
        return mpyk_array_new(array, address);
    }
}

PyObject *
mpyk_value_read(MpykType *type, uint64_t address)
{
    type = type->real;
    switch (type->kind) {
    case MPYK_KIND_STRUCT:
        return mpyk_int_of_type(type, address);
    case MPYK_KIND_ARRAY:
        return read_array(type, address);
    case MPYK_KIND_FUNC:
        return PyLong_FromUnsignedLongLong(address);
    case MPYK_KIND_VOID:
        return mpyk_fail(MPYK_FAIL_TYPE, "There is no value of type void at %s.",
                         MPYK_HEX(address));
    default:
        return read_scalar(type, address);
    }
}

/* A bit-field has at most 64 bits and may start within a byte, so it needs at most nine bytes. */
PyObject *
mpyk_value_read_bits(MpykType *type, uint64_t address, uint32_t bit_offset, uint32_t bit_size)
{
    unsigned bytes = (bit_offset + bit_size + 7) / 8;
    unsigned char data[16];
    uint64_t value;

    type = type->real;
    if (bit_size > 64) {
        return mpyk_fail(MPYK_FAIL_TYPE, "A bit-field of %u bits cannot be read.",
                         (unsigned)bit_size);
    }
    if (mpyk_readmem(address, MPYK_KVADDR, data, (long)bytes) < 0) {
        return NULL;
    }
    value = mpyk_decode_bits(data, bit_offset, bit_size, mpyk_target.big_endian);
    if (type->kind == MPYK_KIND_ENUM) {
        return enum_object(type, value, bit_size);
    }
    return int_object(value, bit_size, type->is_unsigned || type->kind == MPYK_KIND_BOOL);
}

PyObject *
mpyk_value_read_member(const MpykMember *member, uint64_t base)
{
    const MpykType *real = member->type->real;
    uint64_t address = base + member->offset;

    if (base == 0 && real->kind != MPYK_KIND_STRUCT &&
        !(real->kind == MPYK_KIND_ARRAY && real->elements == 0)) {
        return mpyk_fail(MPYK_FAIL_NULL_POINTER,
                         "NULL pointer: member \"%s\" of a struct at address 0.", member->name);
    }
    if (member->bit_size != 0) {
        return mpyk_value_read_bits(member->type, address, member->bit_offset, member->bit_size);
    }
    return mpyk_value_read(member->type, address);
}

int
mpyk_element_address(MpykType *element, uint64_t base, Py_ssize_t index, uint64_t *address)
{
    element = element->real;
    if (base == 0) {
        return MPYK_FAILED(MPYK_FAIL_NULL_POINTER, "A NULL pointer cannot be dereferenced.");
    }
    if (mpyk_type_complete(element) < 0) {
        return -1;
    }
    if (element->size == 0 && index != 0) {
        return MPYK_FAILED(MPYK_FAIL_TYPE, "The size of what is pointed to is not known.");
    }
    *address = base + (uint64_t)index * element->size;
    return 0;
}

PyObject *
mpyk_read_slice(MpykType *element, uint64_t base, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    MPYK_REF *list = NULL;
    uint64_t address, count;

    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        return NULL;
    }
    if (stop == PY_SSIZE_T_MAX || step <= 0 || stop < start) {
        return mpyk_fail(MPYK_FAIL_INDEX,
                         "A slice of a pointer needs an end that is not before its start.");
    }
    /* Unsigned: the distance of the ends, and the step after the last element, may exceed 2^63. */
    count = ((uint64_t)stop - (uint64_t)start + (uint64_t)step - 1) / (uint64_t)step;
    list = mpyk_check_count(count) == 0 ? PyList_New(0) : NULL;
    for (uint64_t i = 0; list != NULL && i < count; i++) {
        Py_ssize_t index = (Py_ssize_t)((uint64_t)start + i * (uint64_t)step);

        if (mpyk_element_address(element, base, index, &address) < 0 ||
            mpyk_append(list, mpyk_value_read(element, address)) < 0 || mpyk_check_round(i) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}
