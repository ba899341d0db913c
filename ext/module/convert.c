/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions for bytes and machine integers, which need no dump. */
#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "module/module.h"

#include <endian.h>

static int
is_int_size(Py_ssize_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static PyObject *
longs_from_bytes(const Py_buffer *view, int is_signed, Py_ssize_t count)
{
    Py_ssize_t size = view->len / count;
    MPYK_REF *list = PyList_New(count);

    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *item =
            mpyk_int_from_memory((const char *)view->buf + i * size, (int)size, is_signed);

        if (item == NULL) {
            return NULL;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return mpyk_keep(&list);
}

static PyObject *
py_mem2long(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kw)
{
    static char *names[] = {"bytes", "signed", "array", NULL};
    MPYK_BUFFER view = {0};
    int is_signed = 0;
    Py_ssize_t count = 0, parts;

    if (!PyArg_ParseTupleAndKeywords(args, kw, "y*|pn:mem2long", names, &view, &is_signed,
                                     &count)) {
        return NULL;
    }
    parts = count > 0 ? count : 1;
    if (count < 0 || view.len % parts != 0 || !is_int_size(view.len / parts)) {
        return mpyk_fail(
            MPYK_FAIL_VALUE,
            "mem2long() makes integers of 1, 2, 4 or 8 bytes; %zd bytes are not %zd such integers",
            view.len, parts);
    }
    if (count > 0) {
        return longs_from_bytes(&view, is_signed, count);
    }
    return mpyk_int_from_memory(view.buf, (int)view.len, is_signed);
}

/* The bit of a descriptor in an fd_set, which is an array of longs. */
static int
bit_is_set(const Py_buffer *view, Py_ssize_t fd)
{
    Py_ssize_t bits = 8 * (Py_ssize_t)sizeof(unsigned long), word = fd / bits;
    unsigned long value = 0;

    if (fd < 0 || fd / 8 >= view->len) {
        return 0;
    }
    if ((word + 1) * (Py_ssize_t)sizeof(value) > view->len) {
        return (((const unsigned char *)view->buf)[fd / 8] >> (fd % 8)) & 1;
    }
    memcpy(&value, (const char *)view->buf + word * (Py_ssize_t)sizeof(value), sizeof(value));
    return (value >> (fd % bits)) & 1;
}

static PyObject *
py_FD_ISSET(PyObject *Py_UNUSED(module), PyObject *args)
{
    MPYK_BUFFER view = {0};
    Py_ssize_t fd;

    if (!PyArg_ParseTuple(args, "ny*:FD_ISSET", &fd, &view)) {
        return NULL;
    }
    return PyBool_FromLong(bit_is_set(&view, fd));
}

static PyObject *
py_sLong(PyObject *Py_UNUSED(module), PyObject *arg)
{
    unsigned long long value;

    return mpyk_as_address(arg, &value) < 0 ? NULL : PyLong_FromLong((long)value);
}

#define BYTE_ORDER_FUNCTION(name, type, convert)                                                   \
    static PyObject *py_##name(PyObject *Py_UNUSED(module), PyObject *arg)                         \
    {                                                                                              \
        unsigned long long value;                                                                  \
                                                                                                   \
        if (mpyk_as_address(arg, &value) < 0) {                                                    \
            return NULL;                                                                           \
        }                                                                                          \
        return PyLong_FromUnsignedLong(convert((type)value));                                      \
    }

BYTE_ORDER_FUNCTION(le32_to_cpu, uint32_t, le32toh)
BYTE_ORDER_FUNCTION(le16_to_cpu, uint16_t, le16toh)
BYTE_ORDER_FUNCTION(cpu_to_le32, uint32_t, htole32)

static PyMethodDef convert_methods[] = {
    {"mem2long", MPYK_METHOD(py_mem2long), METH_VARARGS | METH_KEYWORDS,
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
mpyk_convert_init(PyObject *module)
{
    return PyModule_AddFunctions(module, convert_methods);
}
