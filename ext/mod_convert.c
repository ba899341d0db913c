/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes and machine integers: functions that need no dump.
 */
#include "pycompat.h"
#include "byte_order.h"
#include "mod_crash.h"
#include "types.h"

#include <endian.h>

int
mpyk_check_nargs(const char *name, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max)
{
    if (nargs >= min && nargs <= max) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "%s() takes %zd to %zd arguments, not %zd", name, min, max,
                 nargs);
    return 0;
}

const char *
mpyk_c_string(PyObject *text)
{
    Py_ssize_t size;
    const char *bytes;

    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "expected str, not %.100s", Py_TYPE(text)->tp_name);
        return NULL;
    }
    bytes = PyUnicode_AsUTF8AndSize(text, &size);
    if (bytes != NULL && strlen(bytes) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return bytes;
}

PyObject *
mpyk_text(const char *bytes, Py_ssize_t size)
{
    return PyUnicode_DecodeUTF8(bytes, size, "surrogateescape");
}

PyObject *
mpyk_int_from_memory(const void *raw, int size, int is_signed)
{
    uint64_t u = mpyk_decode(raw, (size_t)size, mpyk_target.big_endian);
    int shift = 64 - 8 * size;
    int64_t s;

    if (!is_signed) {
        return PyLong_FromUnsignedLongLong(u);
    }
    s = (int64_t)(u << shift) >> shift;
    return PyLong_FromLongLong(s);
}

static int
is_int_size(Py_ssize_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static PyObject *
longs_from_bytes(const Py_buffer *view, int is_signed, Py_ssize_t count)
{
    Py_ssize_t size = view->len / count;
    PyObject *list = PyList_New(count);

    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *item =
            mpyk_int_from_memory((const char *)view->buf + i * size, (int)size, is_signed);

        if (item == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject *
mem2long_of(const Py_buffer *view, int is_signed, Py_ssize_t count)
{
    Py_ssize_t parts = count > 0 ? count : 1;

    if (count < 0 || view->len % parts != 0 || !is_int_size(view->len / parts)) {
        return PyErr_Format(
            PyExc_ValueError,
            "mem2long() makes integers of 1, 2, 4 or 8 bytes; %zd bytes are not %zd such integers",
            view->len, parts);
    }
    if (count > 0) {
        return longs_from_bytes(view, is_signed, count);
    }
    return mpyk_int_from_memory(view->buf, (int)view->len, is_signed);
}

static PyObject *
py_mem2long(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kw)
{
    static char *names[] = {"bytes", "signed", "array", NULL};
    Py_buffer view;
    int is_signed = 0;
    Py_ssize_t count = 0;
    PyObject *result;

    if (!PyArg_ParseTupleAndKeywords(args, kw, "y*|pn:mem2long", names, &view, &is_signed,
                                     &count)) {
        return NULL;
    }
    result = mem2long_of(&view, is_signed, count);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
py_FD_ISSET(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer view;
    Py_ssize_t fd;
    int is_set = 0;

    if (!PyArg_ParseTuple(args, "ny*:FD_ISSET", &fd, &view)) {
        return NULL;
    }
    if (fd >= 0 && fd / 8 < view.len) {
        /* An fd_set is an array of longs. */
        Py_ssize_t bits = 8 * (Py_ssize_t)sizeof(unsigned long), word = fd / bits;
        unsigned long value = 0;

        if ((word + 1) * (Py_ssize_t)sizeof(value) <= view.len) {
            memcpy(&value, (const char *)view.buf + word * (Py_ssize_t)sizeof(value),
                   sizeof(value));
            is_set = (value >> (fd % bits)) & 1;
        } else {
            is_set = (((const unsigned char *)view.buf)[fd / 8] >> (fd % 8)) & 1;
        }
    }
    PyBuffer_Release(&view);
    return PyBool_FromLong(is_set);
}

static PyObject *
py_sLong(PyObject *Py_UNUSED(module), PyObject *arg)
{
    unsigned long long value;

    return mpyk_as_address(arg, &value) < 0 ? NULL : PyLong_FromLong((long)value);
}

#define BYTE_ORDER_FUNCTION(name, type, convert)                           \
    static PyObject *py_##name(PyObject *Py_UNUSED(module), PyObject *arg) \
    {                                                                      \
        unsigned long long value;                                          \
                                                                           \
        if (mpyk_as_address(arg, &value) < 0) {                            \
            return NULL;                                                   \
        }                                                                  \
        return PyLong_FromUnsignedLong(convert((type)value));              \
    }

BYTE_ORDER_FUNCTION(le32_to_cpu, uint32_t, le32toh)
BYTE_ORDER_FUNCTION(le16_to_cpu, uint16_t, le16toh)
BYTE_ORDER_FUNCTION(cpu_to_le32, uint32_t, htole32)

static PyMethodDef convert_methods[] = {
    {"mem2long", (PyCFunction)(void (*)(void))py_mem2long, METH_VARARGS | METH_KEYWORDS,
     "mem2long(bytes, signed=False, array=0) -> int | list[int]: bytes of the dump as one integer, "
     "or as `array` ones."},
    {"FD_ISSET", py_FD_ISSET, METH_VARARGS,
     "FD_ISSET(fd, fd_set) -> bool: whether the bit is set in these bytes."},
    {"sLong", py_sLong, METH_O, "sLong(value) -> int: the same bits as a signed long."},
    {"le32_to_cpu", py_le32_to_cpu, METH_O, "le32_to_cpu(value) -> int"},
    {"le16_to_cpu", py_le16_to_cpu, METH_O, "le16_to_cpu(value) -> int"},
    {"cpu_to_le32", py_cpu_to_le32, METH_O, "cpu_to_le32(value) -> int"},
    {NULL, NULL, 0, NULL},
};

int
mpyk_mod_convert_init(PyObject *module)
{
    return PyModule_AddFunctions(module, convert_methods);
}
