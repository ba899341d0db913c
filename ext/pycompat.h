/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All differences between the Python versions that we embed (3.9 and later).  Code elsewhere uses the newest name;
 * this header provides it for releases that lack it.
 */
#ifndef MPYK_PYCOMPAT_H
#define MPYK_PYCOMPAT_H

#include "mpykdump.h"

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

/* PyErr_GetRaisedException() came with 3.12; before, an exception is three objects. */
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

/* Where the standard library is, for the __file__ of frozen modules (3.11 and later keep it in PyConfig). */
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

#endif /* MPYK_PYCOMPAT_H */
