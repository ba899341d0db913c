/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tPtr: a pointer to anything except a struct, a char or a function.  FlexArray: an array without a
 * known length (`x[]`, `x[0]`); its value is its address, and it can be indexed like a pointer.
 */
#include "gdb_enums_generated.h"
#include "values/values.h"

PyTypeObject *mpyk_ptr_type, *mpyk_flex_type;

static MpykType *
ctype_of(PyObject *self)
{
    MpykType *type = mpyk_value_ctype(self);

    if (type == NULL) {
        mpyk_fail(MPYK_FAIL_TYPE, "This %s has no C type.", Py_TYPE(self)->tp_name);
    }
    return type;
}

static PyObject *
element(PyObject *self, Py_ssize_t index)
{
    MpykType *type = ctype_of(self);
    uint64_t address;

    if (type == NULL ||
        mpyk_element_address(type->target, mpyk_int_value(self), index, &address) < 0) {
        return NULL;
    }
    return mpyk_value_read(type->target, address);
}

static PyObject *
ptr_subscript(PyObject *self, PyObject *key)
{
    MpykType *type = ctype_of(self);
    Py_ssize_t index;

    if (type == NULL) {
        return NULL;
    }
    if (PySlice_Check(key)) {
        return mpyk_read_slice(type->target, mpyk_int_value(self), key);
    }
    return mpyk_as_index(key, &index) < 0 ? NULL : element(self, index);
}

static PyObject *
ptr_iter(PyObject *self)
{
    return mpyk_fail(MPYK_FAIL_TYPE, "\"%s\" has no length to iterate over.",
                     Py_TYPE(self)->tp_name);
}

static PyObject *
ptr_deref(PyObject *self, void *Py_UNUSED(closure))
{
    return element(self, 0);
}

static PyObject *
ptr_level(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *type = ctype_of(self);
    long level = 0;

    if (type == NULL) {
        return NULL;
    }
    for (; type->code == MPYK_TYPE_CODE_PTR; type = type->target->real) {
        level++;
    }
    return PyLong_FromLong(level);
}

static PyObject *
ptr_ti(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *type = ctype_of(self);

    return type != NULL ? mpyk_typeinfo_new(type) : NULL;
}

static PyObject *
ptr_target_ti(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *type = ctype_of(self);

    return type != NULL ? mpyk_typeinfo_new(type->target) : NULL;
}

static PyObject *
typed_repr(PyObject *self, const char *what)
{
    MpykType *type = mpyk_value_ctype(self);
    MPYK_REF *name = type != NULL ? mpyk_type_string(type) : PyUnicode_FromString("?");

    if (name == NULL) {
        return NULL;
    }
    return PyUnicode_FromFormat("<%s addr=%s ctype='%U'>", what, MPYK_HEX(mpyk_int_value(self)),
                                name);
}

static PyObject *
ptr_repr(PyObject *self)
{
    return typed_repr(self, "tPtr");
}

static PyObject *
flex_repr(PyObject *self)
{
    return typed_repr(self, "FlexArray");
}

/* tPtr(value, typeinfo); for the class of one pointer type, cls(value). */
static PyObject *
ptr_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    MpykType *type = mpyk_class_ctype(cls);
    PyObject *value, *info = NULL;
    unsigned long long address;

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        return mpyk_fail(MPYK_FAIL_TYPE, "tPtr() takes no keyword arguments.");
    }
    if (!PyArg_ParseTuple(args, type != NULL ? "O|O:tPtr" : "OO:tPtr", &value, &info) ||
        mpyk_as_address(value, &address) < 0) {
        return NULL;
    }
    if (info == NULL) {
        return mpyk_int_new(cls, address);
    }
    type = mpyk_typeinfo_ctype(info);
    if (type != NULL && type->real->code != MPYK_TYPE_CODE_PTR) {
        type = mpyk_type_pointer_to(type);
    }
    return type != NULL ? mpyk_int_of_type(type, address) : NULL;
}

/* A pickle becomes a plain int: without the dump its class is not known. */
static PyObject *
ptr_reduce(PyObject *self, PyObject *Py_UNUSED(args))
{
    return Py_BuildValue("O(K)", &PyLong_Type, (unsigned long long)mpyk_int_value(self));
}

static PyObject *
ptr_copy(PyObject *self, PyObject *Py_UNUSED(args))
{
    return Py_NewRef(self);
}

static PyMethodDef ptr_methods[] = {
    {"__reduce__", ptr_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", ptr_reduce, METH_O, NULL},
    {"__copy__", ptr_copy, METH_NOARGS, NULL},
    {"__deepcopy__", ptr_copy, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef ptr_getset[] = {
    {"Deref", ptr_deref, NULL, "What it points to; IndexError if it is NULL.", NULL},
    {"ptrlev", ptr_level, NULL, "Number of stars.", NULL},
    {"ti", ptr_ti, NULL, "TypeInfo of the pointer.", NULL},
    {"ptype", ptr_target_ti, NULL, "TypeInfo of what it points to.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(ptr_doc, "tPtr(value, typeinfo): a typed pointer.\n\n"
                      "p[i] and p.Deref read what it points to; a NULL pointer raises IndexError.");

static PyType_Slot ptr_slots[] = {
    {Py_tp_doc, (void *)ptr_doc},     {Py_tp_new, ptr_new},
    {Py_tp_repr, ptr_repr},           {Py_tp_iter, ptr_iter},
    {Py_tp_methods, ptr_methods},     {Py_tp_getset, ptr_getset},
    {Py_mp_subscript, ptr_subscript}, {0, NULL},
};

static PyType_Spec ptr_spec = {
    .name = "crash.tPtr",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = ptr_slots,
};

PyDoc_STRVAR(flex_doc,
             "The address of an array whose length is not in its type; it can be indexed.");

static PyType_Slot flex_slots[] = {
    {Py_tp_doc, (void *)flex_doc},    {Py_tp_new, ptr_new},
    {Py_tp_repr, flex_repr},          {Py_tp_iter, ptr_iter},
    {Py_tp_methods, ptr_methods},     {Py_tp_getset, ptr_getset},
    {Py_mp_subscript, ptr_subscript}, {0, NULL},
};

static PyType_Spec flex_spec = {
    .name = "crash.FlexArray",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = flex_slots,
};

int
mpyk_ptr_init(PyObject *module)
{
    if (mpyk_add_type(module, &ptr_spec, &PyLong_Type, &mpyk_ptr_type) < 0) {
        return -1;
    }
    return mpyk_add_type(module, &flex_spec, &PyLong_Type, &mpyk_flex_type);
}
