/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the dump's memory: one reader, mpyk_readmem(), with a page cache in front of crash's
 * readmem().  A dump never changes, so its pages are kept until they are pushed out; a live system
 * is always read anew.
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "byte_order.h"
#include "dump_pages.h"
#include "guard.h"
#include "mod_crash.h"
#include "page_cache.h"
#include "types.h"

_Static_assert(MPYK_KVADDR == KVADDR && MPYK_UVADDR == UVADDR,
               "crash numbers its memory types differently");
_Static_assert(MPYK_PHYSADDR == PHYSADDR && MPYK_XENMACHADDR == XENMACHADDR,
               "crash numbers memory types differently");

/* ---- faults ---- */

struct fault {
    ulonglong addr;
    int memtype;
    const char *reason;
};

static const char *
reason_of_code(int code)
{
    switch (code) {
    case SEEK_ERROR:
        return "the page is not in the dump";
    case PAGE_EXCLUDED:
        return "the page was excluded from the dump";
    case PAGE_INCOMPLETE:
        return "the page is incomplete in the dump";
    default:
        return "the dump cannot be read there";
    }
}

static void
explain_fault(void *arg)
{
    struct fault *f = arg;
    struct task_context *tc = CURRENT_CONTEXT();
    physaddr_t paddr = f->addr;
    char byte;

    if (f->memtype == KVADDR && !IS_KVADDR(f->addr)) {
        f->reason = "it is not a kernel virtual address";
    } else if (f->memtype == KVADDR && !kvtop(tc, f->addr, &paddr, 0)) {
        f->reason = "the address is not mapped";
    } else if (f->memtype == UVADDR && (tc == NULL || (pc->flags & MINIMAL_MODE))) {
        f->reason = "there is no current task";
    } else if (f->memtype == UVADDR && !IS_UVADDR(f->addr, tc)) {
        f->reason = "it is not a user virtual address";
    } else if (f->memtype == UVADDR && !uvtop(tc, f->addr, &paddr, 0)) {
        f->reason = paddr != 0 ? "the page is swapped out" : "the address is not mapped";
    } else {
        int fd = REMOTE_MEMSRC() ? pc->sockfd : (ACTIVE() ? pc->mfd : pc->dfd);

        f->reason = reason_of_code(
            READMEM(fd, &byte, 1, f->memtype == PHYSADDR ? 0 : (ulong)f->addr, paddr));
    }
}

/* How many of the bytes at addr can be read: crash reads all or nothing. */
static long
readable_part(ulonglong addr, int memtype, char *buffer, long size)
{
    long done = 0;
    long page = machdep->pagesize != 0 ? (long)machdep->pagesize : 4096;

    while (done < size) {
        long in_page = page - (long)((addr + (ulonglong)done) & ((ulonglong)page - 1));
        long part = in_page < size - done ? in_page : size - done;

        if (mpyk_read_uncached(addr + (ulonglong)done, memtype, buffer + done, part) < 0) {
            break;
        }
        done += part;
    }
    return done;
}

static int
raise_fault(ulonglong addr, int memtype, long size, long done)
{
    struct fault fault = {addr + (ulonglong)done, memtype, NULL};
    const char *kind = memtype == KVADDR ? "kernel" : memtype == UVADDR ? "user" : "physical";
    char read_text[64] = "";

    if (mpyk_guarded(explain_fault, &fault) < 0) {
        if (!PyErr_ExceptionMatches(mpyk_error)) {
            return -1;
        }
        PyErr_Clear();
        fault.reason = "crash cannot translate the address";
    }
    if (done > 0) {
        snprintf(read_text, sizeof(read_text), "%ld bytes were read, then at 0x%llx ", done,
                 fault.addr);
    }
    mpyk_raise(mpyk_error, mpyk_format("cannot read %ld byte%s at %s address 0x%llx: %s%s", size,
                                       size == 1 ? "" : "s", kind, addr, read_text, fault.reason));
    return -1;
}

/* ---- the reader ---- */

/* The task whose user memory is read (set_readmem_task()), 0 for none. */
static ulong read_task;

/* With a task set, an address of its user space is read there, whatever type the caller gave by
 * default. */
static struct task_context *
user_context(ulonglong addr, int *memtype)
{
    struct task_context *tc;

    if (read_task == 0 || *memtype == PHYSADDR || *memtype == XENMACHADDR) {
        return NULL;
    }
    tc = task_to_context(read_task);
    if (tc == NULL || !IS_UVADDR(addr, tc)) {
        return NULL;
    }
    *memtype = UVADDR;
    return tc;
}

static int
read_slowly(ulonglong addr, int memtype, void *buffer, long size)
{
    struct task_context *saved = tt->current, *tc;
    long done;
    int rc = 0;

    if (addr == 0 && memtype != PHYSADDR && memtype != XENMACHADDR) {
        PyErr_SetString(PyExc_IndexError, "NULL pointer: there is nothing to read at address 0");
        return -1;
    }
    tc = user_context(addr, &memtype);
    if (tc != NULL) {
        tt->current = tc;
    }
    done = mpyk_read_range(addr, memtype, buffer, size);
    if (done < size && !PyErr_Occurred()) {
        done += readable_part(addr + (ulonglong)done, memtype, (char *)buffer + done, size - done);
        if (done < size && !PyErr_Occurred()) {
            rc = raise_fault(addr, memtype, size, done);
        }
    }
    if (tc != NULL) {
        tt->current = saved;
    }
    return PyErr_Occurred() ? -1 : rc;
}

int
mpyk_readmem(unsigned long long addr, int memtype, void *buffer, long size)
{
    if (memtype == MPYK_KVADDR && read_task == 0 && mpyk_cache_hit(addr, buffer, size)) {
        return 0;
    }
    return read_slowly(addr, memtype, buffer, size);
}

int
mpyk_as_address(PyObject *object, unsigned long long *addr)
{
    *addr = PyLong_AsUnsignedLongLongMask(object);
    return *addr == (unsigned long long)-1 && PyErr_Occurred() ? -1 : 0;
}

/* ---- Python's face ---- */

/* The memory type in args[index], KVADDR without it.  -1 with ValueError. */
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
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError, "%ld is no memory type: use KVADDR, UVADDR or PHYSADDR",
                     memtype);
    }
    return -1;
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
        return PyErr_Format(PyExc_ValueError, "readmem() cannot read %zd bytes", size);
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

#define SCALAR_READER(name, c_type, to_python)                                      \
    static PyObject *py_##name(PyObject *Py_UNUSED(module), PyObject *const *args_, \
                               Py_ssize_t nargs)                                    \
    {                                                                               \
        c_type value;                                                               \
                                                                                    \
        if (read_scalar(#name, args_, nargs, &value, sizeof(value)) < 0) {          \
            return NULL;                                                            \
        }                                                                           \
        value = (c_type)mpyk_decode((const unsigned char *)&value, sizeof(value),   \
                                    mpyk_target.big_endian);                        \
        return to_python(value);                                                    \
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
        return PyErr_Format(PyExc_ValueError, "readInt() reads 1, 2, 4 or 8 bytes, not %d", size);
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
    if (task != 0 && ((pc->flags & MINIMAL_MODE) || task_to_context((ulong)task) == NULL)) {
        return mpyk_raise(mpyk_error, mpyk_format("0x%llx is not the address of a task", task));
    }
    read_task = (ulong)task;
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

void
mpyk_memory_run_starts(void)
{
    read_task = 0;
    if (ACTIVE()) {
        mpyk_cache_free();
    }
}

#define FAST(function) ((PyCFunction)(void (*)(void))(function))
#define SCALAR_DOC(name, what) \
    #name "(addr[, memtype]) -> int: " what "; IndexError for NULL, crash.error on a fault."

static PyMethodDef memory_methods[] = {
    {"readmem", FAST(py_readmem), METH_FASTCALL,
     "readmem(addr, size[, memtype]) -> bytes: memory of the dump; IndexError for NULL, "
     "crash.error on a fault."},
    {"readPtr", FAST(py_readPtr), METH_FASTCALL, SCALAR_DOC(readPtr, "a pointer")},
    {"readU8", FAST(py_readU8), METH_FASTCALL, SCALAR_DOC(readU8, "unsigned 8 bits")},
    {"readU16", FAST(py_readU16), METH_FASTCALL, SCALAR_DOC(readU16, "unsigned 16 bits")},
    {"readU32", FAST(py_readU32), METH_FASTCALL, SCALAR_DOC(readU32, "unsigned 32 bits")},
    {"readU64", FAST(py_readU64), METH_FASTCALL, SCALAR_DOC(readU64, "unsigned 64 bits")},
    {"readS8", FAST(py_readS8), METH_FASTCALL, SCALAR_DOC(readS8, "signed 8 bits")},
    {"readS16", FAST(py_readS16), METH_FASTCALL, SCALAR_DOC(readS16, "signed 16 bits")},
    {"readS32", FAST(py_readS32), METH_FASTCALL, SCALAR_DOC(readS32, "signed 32 bits")},
    {"readS64", FAST(py_readS64), METH_FASTCALL, SCALAR_DOC(readS64, "signed 64 bits")},
    {"readInt", py_readInt, METH_VARARGS,
     "readInt(addr, size, signed=False, memtype=KVADDR) -> int: an integer of 1, 2, 4 or 8 bytes."},
    {"set_readmem_task", py_set_readmem_task, METH_O,
     "set_readmem_task(task): read user addresses in this task's memory; 0 ends it."},
    {"set_cache_size", py_set_cache_size, METH_O,
     "set_cache_size(bytes) -> int: bound of the page cache (0: no cache); returns the old one."},
    {"set_dump_reader", py_set_dump_reader, METH_O,
     "set_dump_reader(on) -> bool: read pages of kdump-compressed dumps ourselves, which is the "
     "default, or leave all to crash; what it was."},
    {"dump_reader_pages", py_dump_reader_pages, METH_NOARGS,
     "dump_reader_pages() -> int: how many pages we have read ourselves."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_mod_memory_init(PyObject *module)
{
    return PyModule_AddFunctions(module, memory_methods);
}
