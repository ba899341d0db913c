/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See recursion.h.  Endless recursion must end in RecursionError and not in the end of crash, even
 * if a program has called sys.setrecursionlimit() with a large number.  So the stack gets more room
 * than crash had at its start, and the limit cannot be higher than this room allows.
 *
 * Why this exists: up to Python 3.13 the interpreter counts calls and does not look at the stack,
 * so a high limit lets the process overflow it, and the user of crash loses the whole session.  The
 * price is one setrlimit() and one wrapper function.  The file can go when the oldest Python that
 * we embed is 3.14, which measures the stack itself.
 */
#include "base/pycompat.h"

#include "extension/recursion.h"

#include <sys/resource.h>

/*
 * The kernel keeps at least 128 MiB below the main thread's stack free, whatever the limit was at
 * exec().
 */
#define STACK_WANTED ((rlim_t)64 << 20)
/*
 * A generous size for one level of Python code that C code calls.  A plain call in Python takes no
 * stack.
 */
#define STACK_A_LEVEL ((rlim_t)2048)

static PyObject *original;
static long limit_max;

static PyObject *
set_limit(PyObject *Py_UNUSED(self), PyObject *arg)
{
    long limit = PyLong_AsLong(arg);

    if (limit == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyObject_CallFunction(original, "l", limit > limit_max ? limit_max : limit);
}

static PyMethodDef replacement = {
    "setrecursionlimit",
    set_limit,
    METH_O,
    "setrecursionlimit(limit, /)\n--\n\nSet the limit, or the highest that the stack has room for.",
};

/* Raise the soft limit of the stack.  Returns the new limit. */
static rlim_t
stack_size(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) < 0) {
        return (rlim_t)8 << 20;
    }
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < STACK_WANTED) {
        rlim_t before = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max < STACK_WANTED ? limit.rlim_max : STACK_WANTED;
        if (setrlimit(RLIMIT_STACK, &limit) < 0) {
            return before;
        }
    }
    return limit.rlim_cur < STACK_WANTED ? limit.rlim_cur : STACK_WANTED;
}

int
mpyk_recursion_init(void)
{
    rlim_t size = stack_size();
    PyObject *function;
    int status = -1;

    limit_max = (long)(size / STACK_A_LEVEL);
    (void)PyThread_set_stacksize((size_t)size);
    original = Py_XNewRef(PySys_GetObject("setrecursionlimit"));
    function = original != NULL ? PyCFunction_New(&replacement, NULL) : NULL;
    if (function != NULL) {
        status = PySys_SetObject("setrecursionlimit", function);
        Py_DECREF(function);
    }
    return status;
}

void
mpyk_recursion_clear(void)
{
    if (original != NULL) {
        (void)PySys_SetObject("setrecursionlimit", original);
        Py_CLEAR(original);
    }
}
