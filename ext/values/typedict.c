/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dicts with which the classic API describes types. */
#include "values/values.h"

/* "[2][3]" for the list [2, 3]. */
static PyObject *
dims_text(PyObject *dims)
{
    MPYK_REF *text = PyUnicode_FromString("");
    MPYK_REF *rows = NULL;

    if (dims == NULL || dims == Py_None) {
        return mpyk_keep(&text);
    }
    rows = PySequence_Fast(dims, "The value of dims is not a list.");
    if (rows == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; text != NULL && i < PySequence_Fast_GET_SIZE(rows); i++) {
        Py_SETREF(text, PyUnicode_FromFormat("%U[%S]", text, PySequence_Fast_GET_ITEM(rows, i)));
    }
    return mpyk_keep(&text);
}

/*
 * Whether "basetype" is the name of a type.  A type without a tag has only the name of its typedef.
 */
static int
is_named(PyObject *base)
{
    static const char *const tags[] = {"struct", "union", "enum"};

    if (base == NULL || !PyUnicode_Check(base)) {
        return 0;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tags); i++) {
        if (PyUnicode_CompareWithASCIIString(base, tags[i]) == 0) {
            return 0;
        }
    }
    return 1;
}

/* The dict of gdb_typeinfo(): {"basetype": "struct page", "stars": 1, "dims": [4]}. */
PyObject *
mpyk_name_of_typedict(PyObject *dict)
{
    PyObject *base = PyDict_GetItemString(dict, "basetype");
    PyObject *alias = PyDict_GetItemString(dict, "typedef");
    PyObject *stars = PyDict_GetItemString(dict, "stars");
    long count = stars != NULL && stars != Py_None ? PyLong_AsLong(stars) : 0;
    MPYK_REF *dims = NULL;
    char points[9] = "";

    if (alias != NULL && PyUnicode_Check(alias) && !is_named(base)) {
        base = alias;
    }
    if (base == NULL || !PyUnicode_Check(base) || count < 0 || count > 8) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        return mpyk_fail(MPYK_FAIL_TYPE, "This dict describes no type: %R", dict);
    }
    memset(points, '*', (size_t)count);
    dims = dims_text(PyDict_GetItemString(dict, "dims"));
    return dims != NULL ? PyUnicode_FromFormat("%U %s%U", base, points, dims) : NULL;
}
