/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All differences between the Python versions that we embed (3.9 and later).  Other code uses the
 * newest name of a function; this header defines it for the releases that lack it.
 */
#ifndef MPYK_BASE_PYCOMPAT_H
#define MPYK_BASE_PYCOMPAT_H

#include "base/mpykdump.h"

#if PY_VERSION_HEX < 0x03090000
#error "mpykdump embeds Python 3.9 or later"
#endif

#if PY_VERSION_HEX < 0x030A0000
static inline PyObject *
Py_NewRef(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static inline PyObject *
Py_XNewRef(PyObject *object)
{
    Py_XINCREF(object);
    return object;
}

static inline int
PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    Py_INCREF(value);
    if (PyModule_AddObject(module, name, value) < 0) {
        Py_DECREF(value);
        return -1;
    }
    return 0;
}
#endif

/* PyErr_GetRaisedException() exists from 3.12 on.  Before, an exception is three objects. */
static inline PyObject *
mpyk_take_exception(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL) {
        return NULL;
    }
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(traceback);
    Py_DECREF(type);
    return value;
#endif
}

/* PyUnicode_FromFormat() and PyErr_Format() have %llx from 3.12 on: use "%s" with MPYK_HEX(address)
 * instead. */
#define MPYK_HEX(address) mpyk_hex((char[24]){""}, (unsigned long long)(address))

static inline const char *
mpyk_hex(char *text, unsigned long long address)
{
    snprintf(text, 24, "0x%llx", address);
    return text;
}

/* Set an exception that mpyk_take_exception() returned, which this function takes over. */
static inline void
mpyk_set_exception(PyObject *exception)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(exception);
#else
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(exception)), exception,
                  PyException_GetTraceback(exception));
#endif
}

/* Settings of PyConfig that exist only in some releases. */
static inline void
mpyk_config_by_version(PyConfig *config)
{
#if PY_VERSION_HEX >= 0x030B0000
    config->use_frozen_modules = 1;
    config->safe_path = 1;
#endif
    (void)config;
}

/*
 * Where the standard library is, for the __file__ of frozen modules.  PyConfig has it from 3.11 on.
 */
static inline PyStatus
mpyk_config_set_stdlib_dir(PyConfig *config, const char *path)
{
#if PY_VERSION_HEX >= 0x030B0000
    return PyConfig_SetBytesString(config, &config->stdlib_dir, path);
#else
    (void)config;
    (void)path;
    return PyStatus_Ok();
#endif
}

/*
 * The flag of types that only C code may make.  From 3.10 on Python code cannot make such objects.
 */
#ifndef Py_TPFLAGS_DISALLOW_INSTANTIATION
#define Py_TPFLAGS_DISALLOW_INSTANTIATION 0
#endif

/*
 * The digits of a Python int, for code that fills in a fresh object of an int subclass.  The layout
 * is private to Python.  It is known for the releases below; a newer release has no MPYK_INT_DIGITS
 * until somebody has looked at its layout.
 */
#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif
#if PY_VERSION_HEX < 0x030C0000
#define MPYK_INT_SET_SIZE(object, count) Py_SET_SIZE(object, count)
#define MPYK_INT_DIGITS(object) (((PyLongObject *)(object))->ob_digit)
#elif PY_VERSION_HEX < 0x030F0000
#define MPYK_INT_SET_SIZE(object, count)                                                           \
    (((PyLongObject *)(object))->long_value.lv_tag = ((uintptr_t)(count) << 3) | ((count) == 0))
#define MPYK_INT_DIGITS(object) (((PyLongObject *)(object))->long_value.ob_digit)
#endif

#endif /* MPYK_BASE_PYCOMPAT_H */
