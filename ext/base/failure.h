/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of failure, and the one table that says which Python exception each kind becomes
 * (failure.c).  Three exceptions are set by Python's own functions instead: MemoryError by
 * PyErr_NoMemory(), OSError by PyErr_SetFromErrno(), KeyboardInterrupt by PyErr_CheckSignals() and
 * by the guard.
 */
#ifndef MPYK_BASE_FAILURE_H
#define MPYK_BASE_FAILURE_H

#include "base/mpykdump.h"

enum mpyk_failure {
    MPYK_FAIL_CRASH,        /* crash, gdb or the dump cannot do it */
    MPYK_FAIL_NULL_POINTER, /* nothing can be read at address 0 */
    MPYK_FAIL_INDEX,        /* a subscript is out of range */
    MPYK_FAIL_NO_MEMBER,    /* a struct has no member of this name */
    MPYK_FAIL_KEY,          /* a subscript names no member; the text is the key itself */
    MPYK_FAIL_TYPE,         /* an unknown C type, or an object of a wrong Python type */
    MPYK_FAIL_VALUE,        /* an argument that makes no sense */
    MPYK_FAIL_STATE,        /* this cannot be done now */
    MPYK_FAIL_NOT_IN_CRASH, /* the running crash lacks an optional function */
    MPYK_FAILURES
};

/* The exceptions `crash.error` and `crash.MissingMember`; NULL until the module exists. */
extern PyObject *mpyk_error, *mpyk_missing_member;

/* Make both exceptions and add them to the module.  0, or -1 with an exception set. */
int mpyk_failures_init(PyObject *module);
void mpyk_failures_clear(void);

/*
 * Set the exception of a failure.  The format is that of PyErr_Format(); it has no "%llx" before
 * Python 3.12, so write addresses with "%s" and MPYK_HEX().  Always NULL.
 */
void *mpyk_fail(enum mpyk_failure failure, const char *format, ...);

/* The same with a text that exists already (taken over; NULL after an error).  Always NULL. */
void *mpyk_fail_with(enum mpyk_failure failure, PyObject *text);

/* For functions that return an int: set the exception and be -1. */
#define MPYK_FAILED(...) (mpyk_fail(__VA_ARGS__), -1)

/* Whether the exception that is set is that of this failure. */
int mpyk_failure_is(enum mpyk_failure failure);

/* Clear the exception if it is that of this failure.  0 when no exception is left, else -1. */
int mpyk_forget(enum mpyk_failure failure);

/* Clear any exception but KeyboardInterrupt, which nobody may swallow. */
void mpyk_forget_all_but_interrupt(void);

#endif /* MPYK_BASE_FAILURE_H */
