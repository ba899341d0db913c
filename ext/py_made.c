/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types from Python: structs that a program makes up, and the dicts of the classic API. */
#include "py_types.h"

#include <string.h>

/* (name, type, bit offset, bit size) -> *field.  The name is borrowed from the tuple. */
static int
parse_field(PyObject *row, MpykMember *field)
{
    unsigned long long bit_offset;
    PyObject *type;

    memset(field, 0, sizeof(*field));
    if (!PyArg_ParseTuple(row, "sOKI:_make_struct", &field->name, &type, &bit_offset,
                          &field->bit_size)) {
        return -1;
    }
    field->type = mpyk_typeinfo_ctype(type);
    if (field->type == NULL || mpyk_type_complete(field->type) < 0) {
        return -1;
    }
    field->offset = bit_offset / 8;
    field->bit_offset = (uint32_t)(bit_offset % 8);
    return 0;
}

PyObject *
mpyk_make_struct(PyObject *Py_UNUSED(module), PyObject *args)
{
    MpykType *type = NULL;
    unsigned long long size;
    MpykMember *fields;
    PyObject *rows;
    const char *tag;
    Py_ssize_t count, i;

    if (!PyArg_ParseTuple(args, "sKO!:_make_struct", &tag, &size, &PyList_Type, &rows)) {
        return NULL;
    }
    count = PyList_GET_SIZE(rows);
    fields = PyMem_Calloc((size_t)count + 1, sizeof(*fields));
    if (fields == NULL) {
        return PyErr_NoMemory();
    }
    for (i = 0; i < count; i++) {
        PyObject *row = PyList_GET_ITEM(rows, i);
        if (!PyTuple_Check(row)) {
            PyErr_SetString(PyExc_TypeError, "_make_struct() needs a list of tuples.");
            break;
        }
        if (parse_field(row, &fields[i]) < 0) {
            break;
        }
    }
    if (i == count) {
        type = mpyk_type_make(tag, size, fields, (int)count);
    }
    PyMem_Free(fields);
    return type != NULL ? Py_NewRef(Py_None) : NULL;
}

/* "[2][3]" of the list [2, 3]. */
static PyObject *
dims_text(PyObject *dims)
{
    PyObject *text = PyUnicode_FromString("");
    PyObject *rows = dims != NULL && dims != Py_None ? PySequence_Fast(dims, "dims is no list") : NULL;

    for (Py_ssize_t i = 0; rows != NULL && text != NULL && i < PySequence_Fast_GET_SIZE(rows); i++) {
        Py_SETREF(text, PyUnicode_FromFormat("%U[%S]", text, PySequence_Fast_GET_ITEM(rows, i)));
    }
    Py_XDECREF(rows);
    if (PyErr_Occurred()) {
        Py_CLEAR(text);
    }
    return text;
}

/* The dict of gdb_typeinfo(): {"basetype": "struct page", "stars": 1, "dims": [4]}. */
PyObject *
mpyk_name_of_typedict(PyObject *dict)
{
    PyObject *base = PyDict_GetItemString(dict, "basetype");
    PyObject *alias = PyDict_GetItemString(dict, "typedef");
    PyObject *stars = PyDict_GetItemString(dict, "stars");
    long count = stars != NULL && stars != Py_None ? PyLong_AsLong(stars) : 0;
    PyObject *dims, *text = NULL;
    char points[9] = "";

    /* What has no tag is known by its typedef. */
    if (alias != NULL && PyUnicode_Check(alias) && (base == NULL || !PyUnicode_Check(base) ||
        PyUnicode_CompareWithASCIIString(base, "struct") == 0 ||
        PyUnicode_CompareWithASCIIString(base, "union") == 0 ||
        PyUnicode_CompareWithASCIIString(base, "enum") == 0)) {
        base = alias;
    }
    if (base == NULL || !PyUnicode_Check(base) || count < 0 || count > 8) {
        return PyErr_Occurred() ? NULL
                                : PyErr_Format(PyExc_TypeError, "This dict describes no type: %R", dict);
    }
    memset(points, '*', (size_t)count);
    dims = dims_text(PyDict_GetItemString(dict, "dims"));
    if (dims != NULL) {
        text = PyUnicode_FromFormat("%U %s%U", base, points, dims);
    }
    Py_XDECREF(dims);
    return text;
}
