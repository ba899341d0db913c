/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See failure.h. */
#include "base/pycompat.h"

#include "base/failure.h"

#include "base/cleanup.h"

#include <stdarg.h>

PyObject *mpyk_error, *mpyk_missing_member;

static PyObject **const exceptions[MPYK_FAILURES] = {
    [MPYK_FAIL_CRASH] = &mpyk_error,
    [MPYK_FAIL_NULL_POINTER] = &PyExc_IndexError,
    [MPYK_FAIL_INDEX] = &PyExc_IndexError,
    [MPYK_FAIL_NO_MEMBER] = &mpyk_missing_member,
    [MPYK_FAIL_KEY] = &PyExc_KeyError,
    [MPYK_FAIL_TYPE] = &PyExc_TypeError,
    [MPYK_FAIL_VALUE] = &PyExc_ValueError,
    [MPYK_FAIL_STATE] = &PyExc_RuntimeError,
    [MPYK_FAIL_NOT_IN_CRASH] = &PyExc_NotImplementedError,
};

int
mpyk_failures_init(PyObject *module)
{
    MPYK_REF *bases = PyTuple_Pack(2, PyExc_KeyError, PyExc_AttributeError);

    if (bases == NULL) {
        return -1;
    }
    mpyk_error = PyErr_NewExceptionWithDoc("crash.error", "crash, gdb or the dump cannot do this.",
                                           NULL, NULL);
    mpyk_missing_member = PyErr_NewExceptionWithDoc(
        "crash.MissingMember",
        "A struct has no such member: a KeyError, and an AttributeError for hasattr().", bases,
        NULL);
    if (mpyk_error == NULL || mpyk_missing_member == NULL ||
        PyModule_AddObjectRef(module, "error", mpyk_error) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "MissingMember", mpyk_missing_member);
}

void
mpyk_failures_clear(void)
{
    Py_CLEAR(mpyk_error);
    Py_CLEAR(mpyk_missing_member);
}

/* Code of a program may still fail after mpyk_failures_clear(): then it gets a RuntimeError. */
static PyObject *
exception_of(enum mpyk_failure failure)
{
    PyObject *exception = *exceptions[failure];

    return exception != NULL ? exception : PyExc_RuntimeError;
}

void *
mpyk_fail(enum mpyk_failure failure, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    PyErr_FormatV(exception_of(failure), format, values);
    va_end(values);
    return NULL;
}

void *
mpyk_fail_with(enum mpyk_failure failure, PyObject *text)
{
    MPYK_REF *owned = text;

    if (owned != NULL) {
        PyErr_SetObject(exception_of(failure), owned);
    }
    return NULL;
}

int
mpyk_failure_is(enum mpyk_failure failure)
{
    return PyErr_ExceptionMatches(exception_of(failure));
}

int
mpyk_forget(enum mpyk_failure failure)
{
    if (PyErr_Occurred() && mpyk_failure_is(failure)) {
        PyErr_Clear();
    }
    return PyErr_Occurred() ? -1 : 0;
}

void
mpyk_forget_all_but_interrupt(void)
{
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        PyErr_Clear();
    }
}
