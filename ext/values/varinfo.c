/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VarInfo: describes and reads a member of a struct, or a variable of the kernel. */
#include "gdb_enums_generated.h"
#include "values/values.h"

PyTypeObject *mpyk_varinfo_type;

typedef struct {
    PyObject_HEAD MpykMember place; /* a variable has offset 0 */
    uint64_t address;
    int has_address;
} VarInfoObject;

PyObject *
mpyk_varinfo_new(const MpykMember *member, int has_address, uint64_t address)
{
    VarInfoObject *self = mpyk_class_is_gone(mpyk_varinfo_type)
                              ? NULL
                              : PyObject_New(VarInfoObject, mpyk_varinfo_type);

    if (self != NULL) {
        self->place = *member;
        self->has_address = has_address;
        self->address = address;
    }
    return (PyObject *)self;
}

static const MpykMember *
place(PyObject *self)
{
    return &((const VarInfoObject *)self)->place;
}

static PyObject *
get_name(PyObject *self, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(place(self)->name);
}

/* The place with the dimensions of an array. */
static const MpykMember *
place_with_shape(PyObject *self)
{
    return mpyk_member_shape(&((VarInfoObject *)self)->place) < 0 ? NULL : place(self);
}

static PyObject *
get_ti(PyObject *self, void *Py_UNUSED(closure))
{
    const MpykMember *member = place_with_shape(self);

    return member != NULL ? mpyk_typeinfo_new(member->type) : NULL;
}

static PyObject *
get_addr(PyObject *self, void *Py_UNUSED(closure))
{
    if (!((VarInfoObject *)self)->has_address) {
        Py_RETURN_NONE;
    }
    return PyLong_FromUnsignedLongLong(((VarInfoObject *)self)->address);
}

static PyObject *
get_offset(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(place(self)->offset);
}

/* The first bit of a bit-field, counted from the start of the struct; None for other members. */
static PyObject *
get_bitoffset(PyObject *self, void *Py_UNUSED(closure))
{
    if (place(self)->bit_size == 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromUnsignedLongLong(8 * place(self)->offset + place(self)->bit_offset);
}

static PyObject *
get_bitsize(PyObject *self, void *Py_UNUSED(closure))
{
    if (place(self)->bit_size == 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromUnsignedLong(place(self)->bit_size);
}

static PyObject *
get_size(PyObject *self, void *Py_UNUSED(closure))
{
    if (mpyk_type_complete(place(self)->type) < 0) {
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(place(self)->type->real->size);
}

static PyObject *
get_ctype(PyObject *self, void *Py_UNUSED(closure))
{
    const MpykMember *member = place_with_shape(self);

    return member != NULL ? mpyk_type_string(member->type) : NULL;
}

static PyObject *
get_basetype(PyObject *self, void *Py_UNUSED(closure))
{
    MPYK_REF *info = mpyk_typeinfo_new(place(self)->type);

    return info != NULL ? PyObject_GetAttrString(info, "stype") : NULL;
}

static PyObject *
get_array(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *type = place(self)->type->real;
    uint64_t elements = 1;

    for (; type->code == MPYK_TYPE_CODE_ARRAY; type = type->target->real) {
        elements *= type->elements;
    }
    return PyLong_FromUnsignedLongLong(elements);
}

static PyObject *
read_at(PyObject *self, uint64_t address)
{
    const MpykMember *member = place_with_shape(self);

    if (member == NULL) {
        return NULL;
    }
    if (member->bit_size != 0) {
        return mpyk_value_read_bits(member->type, address, member->bit_offset, member->bit_size);
    }
    return mpyk_value_read(member->type, address);
}

/* reader(address): the value of such a variable at this address.  For a member, this is the address
 * of the member and not that of its struct. */
static PyObject *
var_reader(PyObject *self, PyObject *argument)
{
    unsigned long long address;

    return mpyk_as_address(argument, &address) < 0 ? NULL : read_at(self, address);
}

static PyObject *
get_value(PyObject *self, void *Py_UNUSED(closure))
{
    if (!((VarInfoObject *)self)->has_address) {
        return mpyk_fail(MPYK_FAIL_TYPE, "This member is not part of a struct at an address.");
    }
    return read_at(self, ((VarInfoObject *)self)->address);
}

static PyObject *
var_repr(PyObject *self)
{
    MPYK_REF *type = get_ctype(self, NULL);

    if (type == NULL) {
        return NULL;
    }
    if (((VarInfoObject *)self)->has_address) {
        return PyUnicode_FromFormat("<VarInfo %s: %U at %s>", place(self)->name, type,
                                    MPYK_HEX(((VarInfoObject *)self)->address));
    }
    return PyUnicode_FromFormat("<VarInfo %s: %U, offset %llu>", place(self)->name, type,
                                (unsigned long long)place(self)->offset);
}

static void
var_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef var_methods[] = {
    {"reader", var_reader, METH_O, "reader(addr): the value at this address."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef var_getset[] = {
    {"name", get_name, NULL, "Name of the member or variable.", NULL},
    {"ti", get_ti, NULL, "TypeInfo.", NULL},
    {"addr", get_addr, NULL, "Address, or None if only the type is known.", NULL},
    {"offset", get_offset, NULL, "Offset in the struct, in bytes.", NULL},
    {"bitoffset", get_bitoffset, NULL, "Offset of a bit-field in bits, or None.", NULL},
    {"bitsize", get_bitsize, NULL, "Bits of a bit-field, or None.", NULL},
    {"size", get_size, NULL, "Size in bytes, of an array all of it.", NULL},
    {"ctype", get_ctype, NULL, "Type as C text.", NULL},
    {"basetype", get_basetype, NULL, "Base type without stars and dimensions.", NULL},
    {"array", get_array, NULL, "Number of elements; 1 if it is no array.", NULL},
    {"value", get_value, NULL, "The value at addr.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(var_doc, "A member of a struct, or a variable of the kernel.");

static PyType_Slot var_slots[] = {
    {Py_tp_doc, (void *)var_doc}, {Py_tp_dealloc, var_dealloc}, {Py_tp_repr, var_repr},
    {Py_tp_methods, var_methods}, {Py_tp_getset, var_getset},   {0, NULL},
};

static PyType_Spec var_spec = {
    .name = "crash.VarInfo",
    .basicsize = sizeof(VarInfoObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = var_slots,
};

int
mpyk_varinfo_init(PyObject *module)
{
    return mpyk_add_type(module, &var_spec, NULL, &mpyk_varinfo_type);
}
