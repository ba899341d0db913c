/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metaclass CType, the classes of C types, and fast construction of their values. */
#include "values/values.h"

PyTypeObject *mpyk_meta_type;

/* Takes the value over, which may be NULL after an error. */
static PyObject *
slow_int(PyTypeObject *cls, PyObject *value)
{
    MPYK_REF *owned = value;
    MPYK_REF *args = owned != NULL ? PyTuple_Pack(1, owned) : NULL;

    return args != NULL ? PyLong_Type.tp_new(cls, args, NULL) : NULL;
}

/*
 * int.__new__ would make a tuple and a plain int for each value, and throw both away.  So a fresh
 * object is filled in instead, where the layout of an int is known (base/pycompat.h).
 */
PyObject *
mpyk_int_new(PyTypeObject *cls, uint64_t value)
{
#ifdef MPYK_INT_DIGITS
    Py_ssize_t count = 0;
    PyObject *object;

    for (uint64_t rest = value; rest != 0; rest >>= PyLong_SHIFT) {
        count++;
    }
    object = cls->tp_alloc(cls, count ? count : 1);
    if (object == NULL) {
        return NULL;
    }
    MPYK_INT_SET_SIZE(object, count);
    MPYK_INT_DIGITS(object)[0] = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        MPYK_INT_DIGITS(object)[i] = (digit)(value & PyLong_MASK);
        value >>= PyLong_SHIFT;
    }
    return object;
#else
    return slow_int(cls, PyLong_FromUnsignedLongLong(value));
#endif
}

PyObject *
mpyk_int_new_signed(PyTypeObject *cls, int64_t value)
{
    return value >= 0 ? mpyk_int_new(cls, (uint64_t)value)
                      : slow_int(cls, PyLong_FromLongLong(value));
}

static PyTypeObject *
base_of(const MpykType *type)
{
    switch (type->kind) {
    case MPYK_KIND_STRUCT:
        return mpyk_struct_type;
    case MPYK_KIND_ENUM:
        return mpyk_enum_type;
    case MPYK_KIND_ARRAY:
        return mpyk_flex_type;
    default:
        return mpyk_ptr_type;
    }
}

static PyObject *
make_class(MpykType *type)
{
    MPYK_REF *name = mpyk_type_string(type);
    MPYK_REF *dict = name != NULL ? mpyk_struct_dict(type) : NULL;
    PyObject *cls;

    if (dict == NULL) {
        return NULL;
    }
    cls = PyObject_CallFunction((PyObject *)mpyk_meta_type, "O(O)O", name, base_of(type), dict);
    if (cls != NULL) {
        ((MpykClass *)cls)->ctype = type;
    }
    return cls;
}

PyTypeObject *
mpyk_class_get(MpykType *type)
{
    type = type->real;
    if (type->py_class == NULL && !mpyk_class_is_gone(mpyk_meta_type)) {
        type->py_class = make_class(type);
    }
    return (PyTypeObject *)type->py_class;
}

PyObject *
mpyk_int_of_type(MpykType *type, uint64_t value)
{
    PyTypeObject *cls = mpyk_class_get(type);

    return cls != NULL ? mpyk_int_new(cls, value) : NULL;
}

/* A class that a program derives from one of ours keeps the C type. */
static PyObject *
meta_new(PyTypeObject *meta, PyObject *args, PyObject *kwargs)
{
    PyObject *cls = PyType_Type.tp_new(meta, args, kwargs);
    PyTypeObject *base;

    if (cls == NULL) {
        return NULL;
    }
    base = ((PyTypeObject *)cls)->tp_base;
    ((MpykClass *)cls)->ctype = base != NULL ? mpyk_class_ctype(base) : NULL;
    return cls;
}

static int
meta_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return PyType_Type.tp_traverse(self, visit, arg);
}

static int
meta_clear(PyObject *self)
{
    return PyType_Type.tp_clear(self);
}

PyDoc_STRVAR(meta_doc, "The class of the classes of C types.");

static PyType_Slot meta_slots[] = {
    {Py_tp_doc, (void *)meta_doc},
    {Py_tp_new, meta_new},
    {Py_tp_traverse, meta_traverse},
    {Py_tp_clear, meta_clear},
    {0, NULL},
};

static PyType_Spec meta_spec = {
    .name = "crash.CType",
    .basicsize = sizeof(MpykClass),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = meta_slots,
};

int
mpyk_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base, PyTypeObject **type)
{
    MPYK_REF *bases = base != NULL ? PyTuple_Pack(1, base) : NULL;
    PyObject *made;

    if (base != NULL && bases == NULL) {
        return -1;
    }
    made = PyType_FromSpecWithBases(spec, bases);
    Py_XSETREF(*type, (PyTypeObject *)made);
    return made != NULL ? PyModule_AddType(module, *type) : -1;
}

int
mpyk_int_init(PyObject *module)
{
    return mpyk_add_type(module, &meta_spec, &PyType_Type, &mpyk_meta_type);
}
