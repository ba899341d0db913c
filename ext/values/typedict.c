/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dicts with which the classic API describes types. */
#include "values/values.h"

/* "[2][3]" of the list [2, 3]. */
static PyObject *
dims_text(PyObject *dims)
{
    PyObject *text = PyUnicode_FromString("");
    PyObject *rows =
        dims != NULL && dims != Py_None ? PySequence_Fast(dims, "dims is no list") : NULL;

    for (Py_ssize_t i = 0; rows != NULL && text != NULL && i < PySequence_Fast_GET_SIZE(rows);
         i++) {
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
    if (alias != NULL && PyUnicode_Check(alias) &&
        (base == NULL || !PyUnicode_Check(base) ||
         PyUnicode_CompareWithASCIIString(base, "struct") == 0 ||
         PyUnicode_CompareWithASCIIString(base, "union") == 0 ||
         PyUnicode_CompareWithASCIIString(base, "enum") == 0)) {
        base = alias;
    }
    if (base == NULL || !PyUnicode_Check(base) || count < 0 || count > 8) {
        return PyErr_Occurred()
                   ? NULL
                   : mpyk_fail(MPYK_FAIL_TYPE, "This dict describes no type: %R", dict);
    }
    memset(points, '*', (size_t)count);
    dims = dims_text(PyDict_GetItemString(dict, "dims"));
    if (dims != NULL) {
        text = PyUnicode_FromFormat("%U %s%U", base, points, dims);
    }
    Py_XDECREF(dims);
    return text;
}
