/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions that read memory of the dump as bytes and integers. */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/byte_order.h"
#include "base/failure.h"
#include "base/target.h"
#include "dump/direct_pages.h"
#include "dump/page_cache.h"
#include "dump/readmem.h"
#include "module/module.h"

/* The memory type in args[index]; KVADDR if it is not given.  -1 with ValueError. */
static int
memtype_arg(PyObject *const *args_, Py_ssize_t nargs, Py_ssize_t index)
{
    long memtype;

    if (nargs <= index) {
        return KVADDR;
    }
    memtype = PyLong_AsLong(args_[index]);
    if (memtype == KVADDR || memtype == UVADDR || memtype == PHYSADDR || memtype == XENMACHADDR) {
        return (int)memtype;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    return MPYK_FAILED(MPYK_FAIL_VALUE, "%ld is not a memory type: use KVADDR, UVADDR or PHYSADDR",
                       memtype);
}

static PyObject *
py_readmem(PyObject *Py_UNUSED(module), PyObject *const *args_, Py_ssize_t nargs)
{
    unsigned long long addr;
    Py_ssize_t size;
    int memtype;
    PyObject *bytes;

    if (!mpyk_check_nargs("readmem", nargs, 2, 3) || mpyk_as_address(args_[0], &addr) < 0) {
        return NULL;
    }
    size = PyLong_AsSsize_t(args_[1]);
    memtype = memtype_arg(args_, nargs, 2);
    if (memtype < 0 || (size == -1 && PyErr_Occurred())) {
        return NULL;
    }
    if (size < 0) {
        return mpyk_fail(MPYK_FAIL_VALUE, "readmem() cannot read %zd bytes", size);
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes != NULL && size > 0 &&
        mpyk_readmem(addr, memtype, PyBytes_AS_STRING(bytes), size) < 0) {
        Py_CLEAR(bytes);
    }
    return bytes;
}

static int
read_scalar(const char *name, PyObject *const *args_, Py_ssize_t nargs, void *value, long size)
{
    unsigned long long addr;
    int memtype;

    if (!mpyk_check_nargs(name, nargs, 1, 2) || mpyk_as_address(args_[0], &addr) < 0) {
        return -1;
    }
    memtype = memtype_arg(args_, nargs, 1);
    return memtype < 0 ? -1 : mpyk_readmem(addr, memtype, value, size);
}

#define SCALAR_READER(name, c_type, to_python)                                                     \
    static PyObject *py_##name(PyObject *Py_UNUSED(module), PyObject *const *args_,                \
                               Py_ssize_t nargs)                                                   \
    {                                                                                              \
        c_type value;                                                                              \
                                                                                                   \
        if (read_scalar(#name, args_, nargs, &value, sizeof(value)) < 0) {                         \
            return NULL;                                                                           \
        }                                                                                          \
        value = (c_type)mpyk_decode((const unsigned char *)&value, sizeof(value),                  \
                                    mpyk_target.big_endian);                                       \
        return to_python(value);                                                                   \
    }

SCALAR_READER(readPtr, unsigned long, PyLong_FromUnsignedLong)
SCALAR_READER(readU8, uint8_t, PyLong_FromUnsignedLong)
SCALAR_READER(readU16, uint16_t, PyLong_FromUnsignedLong)
SCALAR_READER(readU32, uint32_t, PyLong_FromUnsignedLong)
SCALAR_READER(readU64, uint64_t, PyLong_FromUnsignedLongLong)
SCALAR_READER(readS8, int8_t, PyLong_FromLong)
SCALAR_READER(readS16, int16_t, PyLong_FromLong)
SCALAR_READER(readS32, int32_t, PyLong_FromLong)
SCALAR_READER(readS64, int64_t, PyLong_FromLongLong)

static PyObject *
py_readInt(PyObject *Py_UNUSED(module), PyObject *args_)
{
    PyObject *object;
    unsigned long long addr;
    int size, is_signed = 0, memtype = KVADDR;
    char raw[8];

    if (!PyArg_ParseTuple(args_, "Oi|pi:readInt", &object, &size, &is_signed, &memtype) ||
        mpyk_as_address(object, &addr) < 0) {
        return NULL;
    }
    if (size != 1 && size != 2 && size != 4 && size != 8) {
        return mpyk_fail(MPYK_FAIL_VALUE, "readInt() reads 1, 2, 4 or 8 bytes, not %d", size);
    }
    if (mpyk_readmem(addr, memtype, raw, size) < 0) {
        return NULL;
    }
    return mpyk_int_from_memory(raw, size, is_signed);
}

static PyObject *
py_set_readmem_task(PyObject *Py_UNUSED(module), PyObject *arg)
{
    unsigned long long task;

    if (mpyk_as_address(arg, &task) < 0) {
        return NULL;
    }
    if (mpyk_readmem_set_task(task) < 0) {
        return mpyk_fail(MPYK_FAIL_CRASH, "%s is not the address of a task", MPYK_HEX(task));
    }
    Py_RETURN_NONE;
}

static PyObject *
py_set_cache_size(PyObject *Py_UNUSED(module), PyObject *arg)
{
    size_t bytes = PyLong_AsSize_t(arg);

    if (bytes == (size_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromSize_t(mpyk_cache_resize(bytes));
}

static PyObject *
py_set_dump_reader(PyObject *Py_UNUSED(module), PyObject *arg)
{
    int on = PyObject_IsTrue(arg);

    if (on < 0) {
        return NULL;
    }
    mpyk_cache_free();
    return PyBool_FromLong(mpyk_dump_pages_enable(on));
}

static PyObject *
py_dump_reader_pages(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLongLong(mpyk_dump_pages_read());
}

#define SCALAR_DOC(name, what)                                                                     \
    #name "(addr[, memtype]) -> int: " what "; IndexError for NULL, crash.error on a fault."

static PyMethodDef memory_methods[] = {
    {"readmem", MPYK_METHOD(py_readmem), METH_FASTCALL,
     "readmem(addr, size[, memtype]) -> bytes: memory of the dump; IndexError for NULL, "
     "crash.error on a fault."},
    {"readPtr", MPYK_METHOD(py_readPtr), METH_FASTCALL, SCALAR_DOC(readPtr, "a pointer")},
    {"readU8", MPYK_METHOD(py_readU8), METH_FASTCALL, SCALAR_DOC(readU8, "unsigned 8 bits")},
    {"readU16", MPYK_METHOD(py_readU16), METH_FASTCALL, SCALAR_DOC(readU16, "unsigned 16 bits")},
    {"readU32", MPYK_METHOD(py_readU32), METH_FASTCALL, SCALAR_DOC(readU32, "unsigned 32 bits")},
    {"readU64", MPYK_METHOD(py_readU64), METH_FASTCALL, SCALAR_DOC(readU64, "unsigned 64 bits")},
    {"readS8", MPYK_METHOD(py_readS8), METH_FASTCALL, SCALAR_DOC(readS8, "signed 8 bits")},
    {"readS16", MPYK_METHOD(py_readS16), METH_FASTCALL, SCALAR_DOC(readS16, "signed 16 bits")},
    {"readS32", MPYK_METHOD(py_readS32), METH_FASTCALL, SCALAR_DOC(readS32, "signed 32 bits")},
    {"readS64", MPYK_METHOD(py_readS64), METH_FASTCALL, SCALAR_DOC(readS64, "signed 64 bits")},
    {"readInt", py_readInt, METH_VARARGS,
     "readInt(addr, size, signed=False, memtype=KVADDR) -> int: an integer of 1, 2, 4 or 8 bytes."},
    {"set_readmem_task", py_set_readmem_task, METH_O,
     "set_readmem_task(task): read user addresses in this task's memory; 0 ends it."},
    {"set_cache_size", py_set_cache_size, METH_O,
     "set_cache_size(bytes) -> int: largest size of the page cache (0: no cache); returns the old "
     "one."},
    {"set_dump_reader", py_set_dump_reader, METH_O,
     "set_dump_reader(on) -> bool: read pages of kdump-compressed dumps directly (the default), or "
     "leave all pages to crash; returns the old setting."},
    {"dump_reader_pages", py_dump_reader_pages, METH_NOARGS,
     "dump_reader_pages() -> int: how many pages were read directly."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_memory_init(PyObject *module)
{
    return PyModule_AddFunctions(module, memory_methods);
}
