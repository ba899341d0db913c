/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LazyArray: an array of structs, of pointers, or of arrays of these.  An element is read when it
 * is used.
 */
#include "values/values.h"

PyTypeObject *mpyk_array_type;

typedef struct {
    PyObject_HEAD MpykType *array;
    uint64_t address;
} ArrayObject;

PyObject *
mpyk_array_new(MpykType *array, uint64_t address)
{
    ArrayObject *self =
        mpyk_class_is_gone(mpyk_array_type) ? NULL : PyObject_New(ArrayObject, mpyk_array_type);

    if (self != NULL) {
        self->array = array;
        self->address = address;
    }
    return (PyObject *)self;
}

uint64_t
mpyk_array_address(PyObject *array)
{
    return ((ArrayObject *)array)->address;
}

static Py_ssize_t
array_length(PyObject *self)
{
    return (Py_ssize_t)((ArrayObject *)self)->array->elements;
}

static PyObject *
array_item(PyObject *object, Py_ssize_t index)
{
    ArrayObject *self = (ArrayObject *)object;
    uint64_t address;

    if (index < 0 || index >= array_length(object)) {
        return mpyk_fail(MPYK_FAIL_INDEX, "Index %zd is not within the array of %zd elements.",
                         index, array_length(object));
    }
    if (mpyk_element_address(self->array->target, self->address, index, &address) < 0) {
        return NULL;
    }
    return mpyk_value_read(self->array->target, address);
}

static PyObject *
array_slice(PyObject *self, PyObject *slice)
{
    Py_ssize_t start, stop, step, count;
    MPYK_REF *list = NULL;

    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        return NULL;
    }
    count = PySlice_AdjustIndices(array_length(self), &start, &stop, step);
    list = mpyk_check_count((uint64_t)count) == 0 ? PyList_New(count) : NULL;
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *item = array_item(self, start + i * step);

        if (item == NULL || mpyk_check_round((uint64_t)i) < 0) {
            Py_XDECREF(item);
            return NULL;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return mpyk_keep(&list);
}

static PyObject *
array_subscript(PyObject *self, PyObject *key)
{
    Py_ssize_t index;

    if (PySlice_Check(key)) {
        return array_slice(self, key);
    }
    if (mpyk_as_index(key, &index) < 0) {
        return NULL;
    }
    return array_item(self, index < 0 ? index + array_length(self) : index);
}

static PyObject *
array_repr(PyObject *object)
{
    ArrayObject *self = (ArrayObject *)object;
    MPYK_REF *name = mpyk_type_string(self->array);

    return name != NULL ? PyUnicode_FromFormat("<%U at %s>", name, MPYK_HEX(self->address)) : NULL;
}

static PyObject *
array_addr(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(mpyk_array_address(self));
}

static PyObject *
array_int(PyObject *self)
{
    return PyLong_FromUnsignedLongLong(mpyk_array_address(self));
}

static void
array_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_Free(self);
    Py_DECREF(type);
}

static PyGetSetDef array_getset[] = {
    {"addr", array_addr, NULL, "Address of the array.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(array_doc, "A sequence of structs or pointers that are read when they are asked for.");

static PyType_Slot array_slots[] = {
    {Py_tp_doc, (void *)array_doc}, {Py_tp_dealloc, array_dealloc},
    {Py_tp_repr, array_repr},       {Py_tp_getset, array_getset},
    {Py_sq_length, array_length},   {Py_sq_item, array_item},
    {Py_mp_length, array_length},   {Py_mp_subscript, array_subscript},
    {Py_nb_int, array_int},         {0, NULL},
};

static PyType_Spec array_spec = {
    .name = "crash.LazyArray",
    .basicsize = sizeof(ArrayObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = array_slots,
};

int
mpyk_array_init(PyObject *module)
{
    return mpyk_add_type(module, &array_spec, NULL, &mpyk_array_type);
}
