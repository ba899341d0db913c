/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions that follow chains of pointers, which may be long, looped or broken.  A walk always
 * ends: at NULL, at its start, at an element that was seen before, at a read error, or at the
 * caller's bound.
 */
#include "base/pycompat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "base/hash_map.h"
#include "dump/readmem.h"
#include "module/module.h"

/* ---- the walk ---- */

struct walk {
    unsigned long long start;
    long long offset;
    Py_ssize_t maxel;
    int inchead;
    PyObject *list; /* the elements; NULL: only count them */
    Py_ssize_t count;
    PyObject *error; /* why the walk stopped early: a str, or NULL */
};

static int
walk_append(struct walk *w, unsigned long long addr)
{
    w->count++;
    return w->list == NULL ? 0 : mpyk_append(w->list, PyLong_FromUnsignedLongLong(addr));
}

/* crash.error and IndexError end the walk and become its explanation; other exceptions stay. */
static int
walk_read_failed(struct walk *w)
{
    MPYK_REF *exception = NULL;

    if (!mpyk_failure_is(MPYK_FAIL_CRASH) && !mpyk_failure_is(MPYK_FAIL_NULL_POINTER)) {
        return -1;
    }
    exception = mpyk_take_exception();
    w->error = PyObject_Str(exception);
    return w->error == NULL ? -1 : 0;
}

static int
walk_repeats(struct walk *w, unsigned long long addr)
{
    w->error = PyUnicode_FromFormat("Duplicate entry: %s is in the list twice", MPYK_HEX(addr));
    return w->error == NULL ? -1 : 0;
}

static int
walk_elements(struct walk *w, struct mpyk_map *seen)
{
    unsigned long long addr = w->start;
    unsigned long next;
    int added;

    if (w->inchead && w->maxel > 0 && walk_append(w, addr) < 0) {
        return -1;
    }
    while (w->count < w->maxel) {
        if (mpyk_readmem(addr + (unsigned long long)w->offset, MPYK_KVADDR, &next, sizeof(next)) <
            0) {
            return walk_read_failed(w);
        }
        if (next == 0 || next == w->start) {
            return 0;
        }
        added = mpyk_map_set_address(seen, next, NULL);
        if (added < 0) {
            PyErr_NoMemory();
            return -1;
        }
        if (added == 0) {
            return walk_repeats(w, next);
        }
        if (walk_append(w, next) < 0 || ((w->count & 0xFFF) == 0 && PyErr_CheckSignals() < 0)) {
            return -1;
        }
        addr = next;
    }
    return 0;
}

/* 0, or -1 with an exception. */
static int
walk_run(struct walk *w)
{
    struct mpyk_map seen = MPYK_ADDRESS_MAP;
    int rc = w->start == 0 ? 0 : walk_elements(w, &seen);

    mpyk_map_free(&seen);
    return rc;
}

static int
walk_parse(struct walk *w, const char *format, PyObject *args_, PyObject *kw)
{
    static char *names[] = {"start", "offset", "maxel", "inchead", NULL};
    PyObject *start;

    w->maxel = 10000;
    w->inchead = 1;
    if (!PyArg_ParseTupleAndKeywords(args_, kw, format, names, &start, &w->offset, &w->maxel,
                                     &w->inchead) ||
        mpyk_as_address(start, &w->start) < 0) {
        return -1;
    }
    return 0;
}

static int
walk_to_list(struct walk *w, const char *format, PyObject *args_, PyObject *kw)
{
    if (walk_parse(w, format, args_, kw) < 0) {
        return -1;
    }
    w->list = PyList_New(0);
    if (w->list == NULL || walk_run(w) < 0) {
        Py_CLEAR(w->list);
        Py_CLEAR(w->error);
        return -1;
    }
    return 0;
}

static PyObject *
py_readList(PyObject *Py_UNUSED(module), PyObject *args_, PyObject *kw)
{
    struct walk w = {0};

    if (walk_to_list(&w, "O|Lnp:readList", args_, kw) < 0) {
        return NULL;
    }
    Py_XDECREF(w.error);
    return w.list;
}

static PyObject *
py_readBadList(PyObject *Py_UNUSED(module), PyObject *args_, PyObject *kw)
{
    struct walk w = {0};

    if (walk_to_list(&w, "O|Lnp:readBadList", args_, kw) < 0) {
        return NULL;
    }
    if (w.error == NULL) {
        w.error = Py_NewRef(Py_None);
    }
    return Py_BuildValue("(NN)", w.list, w.error);
}

static PyObject *
py_getListSize(PyObject *Py_UNUSED(module), PyObject *args_)
{
    struct walk w = {0};

    if (walk_parse(&w, "OLn|p:getListSize", args_, NULL) < 0) {
        return NULL;
    }
    w.inchead = 0;
    if (walk_run(&w) < 0) {
        return NULL;
    }
    Py_XDECREF(w.error);
    return PyLong_FromSsize_t(w.count);
}

/* ---- hash tables ---- */

#define PIECE_BYTES (1 << 20)

struct buckets {
    unsigned long long start;
    Py_ssize_t size, count, chain_offset;
    int with_index;
};

/* An hlist_nulls chain ends with an odd value; an empty bucket contains one too. */
static int
bucket_append(PyObject *list, const struct buckets *b, Py_ssize_t index, unsigned long first)
{
    if (first == 0 || (first & 1)) {
        return 0;
    }
    return mpyk_append(list, b->with_index ? Py_BuildValue("(nk)", index, first)
                                           : PyLong_FromUnsignedLong(first));
}

/* Append what the buckets [index, index + count) contain.  They are read in one piece. */
static int
buckets_append(PyObject *list, const struct buckets *b, char *table, Py_ssize_t index,
               Py_ssize_t count)
{
    unsigned long long start = b->start + (unsigned long long)index * b->size;
    unsigned long first;

    if (mpyk_readmem(start, MPYK_KVADDR, table, b->size * count) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        memcpy(&first, table + i * b->size + b->chain_offset, sizeof(first));
        if (bucket_append(list, b, index + i, first) < 0) {
            return -1;
        }
    }
    return PyErr_CheckSignals();
}

/*
 * The table is read in pieces, because its length may come from a damaged dump: then a read fails
 * before much memory is used.
 */
static PyObject *
buckets_list(const struct buckets *b)
{
    Py_ssize_t step = PIECE_BYTES / b->size;
    MPYK_REF *list = PyList_New(0);
    MPYK_PYMEM char *table = PyMem_Malloc((size_t)(b->size * step));

    if (list == NULL || table == NULL) {
        return list == NULL ? NULL : PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < b->count; i += step) {
        if (buckets_append(list, b, table, i, b->count - i < step ? b->count - i : step) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

static PyObject *
get_buckets(PyObject *args_, const char *format, int with_index)
{
    struct buckets b = {.with_index = with_index};
    PyObject *start;

    if (!PyArg_ParseTuple(args_, format, &start, &b.size, &b.count, &b.chain_offset) ||
        mpyk_as_address(start, &b.start) < 0) {
        return NULL;
    }
    if (b.chain_offset < 0 || b.size < (Py_ssize_t)sizeof(unsigned long) || b.size > PIECE_BYTES ||
        b.chain_offset > b.size - (Py_ssize_t)sizeof(unsigned long) ||
        b.count > PY_SSIZE_T_MAX / b.size - PIECE_BYTES) {
        return mpyk_fail(
            MPYK_FAIL_VALUE,
            "a bucket of %zd bytes has no pointer at offset %zd or is too large, or %zd "
            "are too many",
            b.size, b.chain_offset, b.count);
    }
    return buckets_list(&b);
}

static PyObject *
py_getFullBuckets(PyObject *Py_UNUSED(module), PyObject *args_)
{
    return get_buckets(args_, "Onn|n:getFullBuckets", 0);
}

static PyObject *
py_getFullBucketsH(PyObject *Py_UNUSED(module), PyObject *args_)
{
    return get_buckets(args_, "Onn|n:getFullBucketsH", 1);
}

static PyMethodDef list_methods[] = {
    {"readList", MPYK_METHOD(py_readList), METH_VARARGS | METH_KEYWORDS,
     "readList(start, offset=0, maxel=10000, inchead=True) -> list[int]: follow the pointers at "
     "`offset`; stops at NULL, "
     "at start, at a repeated element and at a read error."},
    {"readBadList", MPYK_METHOD(py_readBadList), METH_VARARGS | METH_KEYWORDS,
     "readBadList(start, offset=0, maxel=10000, inchead=True) -> (list[int], str | None): "
     "readList() and why it stopped "
     "early, if it did."},
    {"getListSize", py_getListSize, METH_VARARGS,
     "getListSize(start, offset, maxel) -> int: elements without the head."},
    {"getFullBuckets", py_getFullBuckets, METH_VARARGS,
     "getFullBuckets(start, bucket_size, count, chain_offset=0) -> list[int]: first elements of "
     "non-empty buckets."},
    {"getFullBucketsH", py_getFullBucketsH, METH_VARARGS,
     "getFullBucketsH(start, bucket_size, count, chain_offset=0) -> list[tuple[int, int]]: (index, "
     "first element)."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_lists_init(PyObject *module)
{
    return PyModule_AddFunctions(module, list_methods);
}
