/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the dump's memory: one reader, mpyk_readmem(), with a page cache in front of crash's readmem().  A dump never
 * changes, so its pages are kept until they are pushed out; a live system is always read anew.
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "guard.h"
#include "mod_crash.h"

_Static_assert(MPYK_KVADDR == KVADDR && MPYK_UVADDR == UVADDR, "crash numbers its memory types differently");
_Static_assert(MPYK_PHYSADDR == PHYSADDR && MPYK_XENMACHADDR == XENMACHADDR, "crash numbers memory types differently");

#define CACHE_BYTES_DEFAULT (64UL << 20)

struct read_request {
    ulonglong addr;
    int memtype;
    char *buffer;
    long size;
    int ok;
};

/* ---- the page cache ---------------------------------------------------------------------------------------- */

/* Direct-mapped: one page a slot.  A tag is the page's address with the memory type in its low bits; 0 is empty. */
static struct {
    size_t bytes;
    size_t slots;
    unsigned shift;
    ulonglong *tags;
    char **pages;
} cache = {.bytes = CACHE_BYTES_DEFAULT};

static void
cache_free(void)
{
    for (size_t i = 0; i < cache.slots; i++) {
        free(cache.pages[i]);
    }
    free(cache.pages);
    free(cache.tags);
    cache.pages = NULL;
    cache.tags = NULL;
    cache.slots = 0;
}

void
mpyk_memory_flush(void)
{
    cache_free();
}

/* True when the cache can be used; sets it up at first use. */
static int
cache_ready(void)
{
    size_t slots;

    if (cache.slots != 0) {
        return 1;
    }
    if (ACTIVE() || machdep->pagesize == 0 || machdep->pageshift == 0) {
        return 0;
    }
    for (slots = 1; slots * 2 * machdep->pagesize <= cache.bytes; slots *= 2) {
    }
    if (slots < 16) {
        return 0;
    }
    cache.tags = calloc(slots, sizeof(*cache.tags));
    cache.pages = calloc(slots, sizeof(*cache.pages));
    if (cache.tags == NULL || cache.pages == NULL) {
        cache_free();
        return 0;
    }
    cache.shift = machdep->pageshift;
    cache.slots = slots;
    return 1;
}

static inline size_t
cache_slot(ulonglong page)
{
    ulonglong number = page >> cache.shift;

    return (size_t)((number ^ (number >> 15)) & (cache.slots - 1));
}

/* ---- crash's readmem() under guard ------------------------------------------------------------------------- */

static void
call_readmem(void *arg)
{
    struct read_request *r = arg;

    r->ok = readmem(r->addr, r->memtype, r->buffer, r->size, "mpykdump", RETURN_ON_ERROR | QUIET);
}

/* 0: read; -1: not (no exception is set). */
static int
read_uncached(ulonglong addr, int memtype, void *buffer, long size)
{
    struct read_request request = {addr, memtype, buffer, size, 0};

    if (mpyk_guarded(call_readmem, &request) < 0) {
        if (PyErr_ExceptionMatches(mpyk_error)) {
            PyErr_Clear();
        }
        return -1;
    }
    return request.ok ? 0 : -1;
}

/* The cached page at `page` (its first byte), or NULL when it cannot be read whole. */
static const char *
cached_page(ulonglong page, int memtype)
{
    size_t slot = cache_slot(page);
    ulonglong tag = page | (ulonglong)memtype;

    if (cache.tags[slot] == tag) {
        return cache.pages[slot];
    }
    if (cache.pages[slot] == NULL) {
        cache.pages[slot] = malloc(machdep->pagesize);
        if (cache.pages[slot] == NULL) {
            return NULL;
        }
    }
    cache.tags[slot] = 0;
    if (read_uncached(page, memtype, cache.pages[slot], (long)machdep->pagesize) < 0) {
        return NULL;
    }
    cache.tags[slot] = tag;
    return cache.pages[slot];
}

/* Read what lies within one page.  0 or -1, without an exception but KeyboardInterrupt. */
static int
read_within_page(ulonglong addr, int memtype, char *buffer, long size)
{
    ulonglong offset = addr & (machdep->pagesize - 1);
    const char *page = cached_page(addr - offset, memtype);

    if (page == NULL) {
        return PyErr_Occurred() ? -1 : read_uncached(addr, memtype, buffer, size);
    }
    memcpy(buffer, page + offset, (size_t)size);
    return 0;
}

/* Read any range; the number of bytes read before the first failure. */
static long
read_range(ulonglong addr, int memtype, char *buffer, long size)
{
    long done = 0;

    if (memtype == UVADDR || memtype == XENMACHADDR || !cache_ready()) {
        return read_uncached(addr, memtype, buffer, size) == 0 ? size : 0;
    }
    while (done < size) {
        long in_page = (long)(machdep->pagesize - ((addr + (ulonglong)done) & (machdep->pagesize - 1)));
        long part = in_page < size - done ? in_page : size - done;

        if (read_within_page(addr + (ulonglong)done, memtype, buffer + done, part) < 0) {
            break;
        }
        done += part;
    }
    return done;
}

/* ---- faults ------------------------------------------------------------------------------------------------ */

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
    } else if (f->memtype == UVADDR && tc == NULL) {
        f->reason = "there is no current task";
    } else if (f->memtype == UVADDR && !IS_UVADDR(f->addr, tc)) {
        f->reason = "it is not a user virtual address";
    } else if (f->memtype == UVADDR && !uvtop(tc, f->addr, &paddr, 0)) {
        f->reason = paddr != 0 ? "the page is swapped out" : "the address is not mapped";
    } else {
        int fd = REMOTE_MEMSRC() ? pc->sockfd : (ACTIVE() ? pc->mfd : pc->dfd);

        f->reason = reason_of_code(READMEM(fd, &byte, 1, f->memtype == PHYSADDR ? 0 : (ulong)f->addr, paddr));
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

        if (read_uncached(addr + (ulonglong)done, memtype, buffer + done, part) < 0) {
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
        snprintf(read_text, sizeof(read_text), "%ld bytes were read, then at 0x%llx ", done, fault.addr);
    }
    PyErr_Format(mpyk_error, "cannot read %ld byte%s at %s address 0x%llx: %s%s", size, size == 1 ? "" : "s", kind,
                 addr, read_text, fault.reason);
    return -1;
}

/* ---- the reader -------------------------------------------------------------------------------------------- */

/* The task whose user memory is read (set_readmem_task()), 0 for none. */
static ulong read_task;

/* With a task set, an address of its user space is read there, whatever type the caller gave by default. */
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
    done = read_range(addr, memtype, buffer, size);
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
    if (memtype == MPYK_KVADDR && cache.slots != 0 && read_task == 0) {
        ulonglong offset = addr & (((ulonglong)1 << cache.shift) - 1);
        size_t slot = cache_slot(addr);

        if (cache.tags[slot] == ((addr - offset) | KVADDR) && offset + (ulonglong)size <= (1ULL << cache.shift)) {
            memcpy(buffer, cache.pages[slot] + offset, (size_t)size);
            return 0;
        }
    }
    return read_slowly(addr, memtype, buffer, size);
}

int
mpyk_as_address(PyObject *object, unsigned long long *addr)
{
    *addr = PyLong_AsUnsignedLongLongMask(object);
    return *addr == (unsigned long long)-1 && PyErr_Occurred() ? -1 : 0;
}

/* ---- Python's face ----------------------------------------------------------------------------------------- */

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
        PyErr_Format(PyExc_ValueError, "%ld is no memory type: use KVADDR, UVADDR or PHYSADDR", memtype);
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
    if (bytes != NULL && size > 0 && mpyk_readmem(addr, memtype, PyBytes_AS_STRING(bytes), size) < 0) {
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

#define SCALAR_READER(name, c_type, to_python)                                                 \
    static PyObject *py_##name(PyObject *Py_UNUSED(module), PyObject *const *args_, Py_ssize_t nargs) \
    {                                                                                          \
        c_type value;                                                                          \
                                                                                               \
        if (read_scalar(#name, args_, nargs, &value, sizeof(value)) < 0) {                     \
            return NULL;                                                                       \
        }                                                                                      \
        return to_python(value);                                                               \
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
    if (task != 0 && task_to_context((ulong)task) == NULL) {
        return PyErr_Format(mpyk_error, "0x%llx is not the address of a task", task);
    }
    read_task = (ulong)task;
    Py_RETURN_NONE;
}

static PyObject *
py_set_cache_size(PyObject *Py_UNUSED(module), PyObject *arg)
{
    size_t old = cache.bytes, bytes = PyLong_AsSize_t(arg);

    if (bytes == (size_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    cache_free();
    cache.bytes = bytes;
    return PyLong_FromSize_t(old);
}

void
mpyk_memory_run_starts(void)
{
    read_task = 0;
    if (ACTIVE()) {
        cache_free();
    }
}

#define FAST(function) ((PyCFunction)(void (*)(void))(function))
#define SCALAR_DOC(name, what) #name "(addr[, memtype]) -> int: " what "; IndexError for NULL, crash.error on a fault."

static PyMethodDef memory_methods[] = {
    {"readmem", FAST(py_readmem), METH_FASTCALL,
     "readmem(addr, size[, memtype]) -> bytes: memory of the dump; IndexError for NULL, crash.error on a fault."},
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
    {NULL, NULL, 0, NULL},
};

int
mpyk_mod_memory_init(PyObject *module)
{
    return PyModule_AddFunctions(module, memory_methods);
}
