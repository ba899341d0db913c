/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments of Python functions as C values, and text of crash as Python objects. */
#ifndef MPYK_BASE_ARGUMENTS_H
#define MPYK_BASE_ARGUMENTS_H

#include "base/mpykdump.h"

/* Cast a function of METH_FASTCALL or METH_KEYWORDS for a PyMethodDef. */
#define MPYK_METHOD(function) ((PyCFunction)(void (*)(void))(function))

/* True when min <= nargs <= max; TypeError is set otherwise. */
int mpyk_check_nargs(const char *name, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max);

/* An address: any int (also a negative one, or an int subclass), reduced to 64 bits.  0, or -1 with
 * TypeError set. */
int mpyk_as_address(PyObject *object, unsigned long long *addr);

/* An index.  0, or -1 with an exception set. */
int mpyk_as_index(PyObject *object, Py_ssize_t *index);

/* The UTF-8 of a str; NULL with TypeError, or with ValueError when it contains a NUL. */
const char *mpyk_as_text(PyObject *object);

/* A str of bytes that crash has; they need not be UTF-8. */
PyObject *mpyk_str(const char *bytes, Py_ssize_t size);

/* The integer of 1, 2, 4 or 8 bytes at raw, in the dump's byte order. */
PyObject *mpyk_int_from_memory(const void *raw, int size, int is_signed);

#endif /* MPYK_BASE_ARGUMENTS_H */
