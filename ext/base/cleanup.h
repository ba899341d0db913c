/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Release by scope: a variable that is declared with one of these macros is released when its block
 * ends, on every path.  So a function needs no release of its own on its error paths.
 *
 *     MPYK_REF *list = PyList_New(0);
 *
 *     if (list == NULL || fill(list) < 0) {
 *         return NULL;
 *     }
 *     return mpyk_keep(&list);
 *
 * A longjmp() skips these releases.  Therefore a function that runs under guard (guard/guard.h)
 * must not use them.
 */
#ifndef MPYK_BASE_CLEANUP_H
#define MPYK_BASE_CLEANUP_H

#include "base/mpykdump.h"

static inline void
mpyk_release_ref(PyObject **object)
{
    Py_XDECREF(*object);
}

static inline void
mpyk_release_buffer(Py_buffer *view)
{
    PyBuffer_Release(view);
}

/* `pointer` is the address of the variable, which may be a pointer of any type. */
static inline void
mpyk_release_malloc(void *pointer)
{
    free(*(void **)pointer);
}

static inline void
mpyk_release_pymem(void *pointer)
{
    PyMem_Free(*(void **)pointer);
}

/* A strong reference; it may be NULL. */
#define MPYK_REF __attribute__((cleanup(mpyk_release_ref))) PyObject
/* A buffer that PyArg_Parse...() or PyObject_GetBuffer() fills in; start it with {0}. */
#define MPYK_BUFFER __attribute__((cleanup(mpyk_release_buffer))) Py_buffer
/* In front of the declaration of a pointer to memory of malloc(), or of PyMem_Malloc(). */
#define MPYK_MALLOC __attribute__((cleanup(mpyk_release_malloc)))
#define MPYK_PYMEM __attribute__((cleanup(mpyk_release_pymem)))

/* Take the reference out of a MPYK_REF, so that it outlives the block. */
static inline PyObject *
mpyk_keep(PyObject **object)
{
    PyObject *kept = *object;

    *object = NULL;
    return kept;
}

/* Append an item, which this function takes over.  The item may be NULL after an error.  0, or -1
 * with an exception set. */
static inline int
mpyk_append(PyObject *list, PyObject *item)
{
    MPYK_REF *owned = item;

    return owned != NULL ? PyList_Append(list, owned) : -1;
}

/* The same for a dict. */
static inline int
mpyk_set_item(PyObject *dict, const char *key, PyObject *value)
{
    MPYK_REF *owned = value;

    return owned != NULL ? PyDict_SetItemString(dict, key, owned) : -1;
}

#endif /* MPYK_BASE_CLEANUP_H */
