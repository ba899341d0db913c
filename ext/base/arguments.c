/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See arguments.h. */
#include "base/arguments.h"

#include "base/byte_order.h"
#include "base/failure.h"
#include "base/target.h"

int
mpyk_check_nargs(const char *name, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max)
{
    if (nargs >= min && nargs <= max) {
        return 1;
    }
    mpyk_fail(MPYK_FAIL_TYPE, "%s() takes %zd to %zd arguments, not %zd.", name, min, max, nargs);
    return 0;
}

int
mpyk_as_address(PyObject *object, unsigned long long *addr)
{
    *addr = PyLong_AsUnsignedLongLongMask(object);
    return *addr == (unsigned long long)-1 && PyErr_Occurred() ? -1 : 0;
}

int
mpyk_as_index(PyObject *object, Py_ssize_t *index)
{
    *index = PyNumber_AsSsize_t(object, PyExc_IndexError);
    return *index == -1 && PyErr_Occurred() ? -1 : 0;
}

const char *
mpyk_as_text(PyObject *object)
{
    Py_ssize_t size;
    const char *bytes;

    if (!PyUnicode_Check(object)) {
        return mpyk_fail(MPYK_FAIL_TYPE, "A str is needed, not %.100s.", Py_TYPE(object)->tp_name);
    }
    bytes = PyUnicode_AsUTF8AndSize(object, &size);
    if (bytes != NULL && strlen(bytes) != (size_t)size) {
        return mpyk_fail(MPYK_FAIL_VALUE, "This str contains a null character.");
    }
    return bytes;
}

PyObject *
mpyk_str(const char *bytes, Py_ssize_t size)
{
    return PyUnicode_DecodeUTF8(bytes, size, "surrogateescape");
}

PyObject *
mpyk_int_from_memory(const void *raw, int size, int is_signed)
{
    uint64_t value = mpyk_decode(raw, (size_t)size, mpyk_target.big_endian);
    int shift = 64 - 8 * size;

    if (!is_signed) {
        return PyLong_FromUnsignedLongLong(value);
    }
    return PyLong_FromLongLong((int64_t)(value << shift) >> shift);
}
