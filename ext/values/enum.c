/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tEnum: an int whose repr() is the name of the enumerator.  Each C enum has its own subclass. */
#include "values/values.h"

PyTypeObject *mpyk_enum_type;

PyObject *
mpyk_enumerator_object(MpykType *type, int64_t value)
{
    if (mpyk_type_complete(type) < 0) {
        return NULL;
    }
    return type->real->is_unsigned ? PyLong_FromUnsignedLongLong((uint64_t)value)
                                   : PyLong_FromLongLong(value);
}

static PyObject *
make_names(MpykType *type)
{
    MPYK_REF *names = PyDict_New();

    if (names == NULL || mpyk_type_load(type) < 0) {
        return NULL;
    }
    /* Backwards, so that of equal values the first name stays. */
    for (int i = type->fields != NULL ? type->nfields - 1 : -1; i >= 0; i--) {
        MPYK_REF *value = mpyk_enumerator_object(type, type->fields[i].value);
        MPYK_REF *name = PyUnicode_InternFromString(type->fields[i].name);

        if (value == NULL || name == NULL || PyDict_SetItem(names, value, name) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&names);
}

/* {value: name} of an enum (borrowed). */
static PyObject *
enum_names(MpykType *type)
{
    type = type->real;
    if (type->py_data == NULL) {
        type->py_data = make_names(type);
    }
    return type->py_data;
}

static PyObject *
enum_repr(PyObject *self)
{
    MpykType *type = mpyk_value_ctype(self);
    PyObject *names = type != NULL ? enum_names(type) : NULL;
    PyObject *name;

    if (PyErr_Occurred()) {
        return NULL;
    }
    name = names != NULL ? PyDict_GetItemWithError(names, self) : NULL;
    if (name != NULL) {
        return Py_NewRef(name);
    }
    return PyErr_Occurred() ? NULL : PyLong_Type.tp_repr(self);
}

PyObject *
mpyk_enum_values(MpykType *type)
{
    MPYK_REF *values = PyDict_New();

    if (values == NULL || mpyk_type_load(type) < 0) {
        return NULL;
    }
    for (int i = 0; type->real->fields != NULL && i < type->real->nfields; i++) {
        const MpykMember *field = &type->real->fields[i];

        if (mpyk_set_item(values, field->name, mpyk_enumerator_object(type, field->value)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&values);
}

/* The enum is that of the value, which may have no tag, or one that several enums have. */
static PyObject *
enum_info(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *type = mpyk_value_ctype(self);

    return type != NULL ? mpyk_enum_values(type) : PyDict_New();
}

static PyObject *
enum_reduce(PyObject *self, PyObject *Py_UNUSED(args))
{
    return Py_BuildValue("O(N)", &PyLong_Type, PyNumber_Long(self));
}

static PyObject *
enum_copy(PyObject *self, PyObject *Py_UNUSED(args))
{
    return Py_NewRef(self);
}

static PyMethodDef enum_methods[] = {
    {"__reduce__", enum_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", enum_reduce, METH_O, NULL},
    {"__copy__", enum_copy, METH_NOARGS, NULL},
    {"__deepcopy__", enum_copy, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef enum_getset[] = {
    {"einfo", enum_info, NULL, "{name: value} of the enum.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(enum_doc, "The value of a C enum: an int that is shown as its name.");

static PyType_Slot enum_slots[] = {
    {Py_tp_doc, (void *)enum_doc},
    {Py_tp_repr, enum_repr},
    {Py_tp_methods, enum_methods},
    {Py_tp_getset, enum_getset},
    {0, NULL},
};

static PyType_Spec enum_spec = {
    .name = "crash.tEnum",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = enum_slots,
};

int
mpyk_enum_init(PyObject *module)
{
    return mpyk_add_type(module, &enum_spec, &PyLong_Type, &mpyk_enum_type);
}
