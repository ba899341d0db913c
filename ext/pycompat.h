/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All differences between the Python versions that we embed (3.9 and later).  Code elsewhere uses
 * the newest name; this header provides it for releases that lack it.
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

/* PyUnicode_FromFormat() and PyErr_Format() know %llx from 3.12 only: "%s" with MPYK_HEX(address). */
#define MPYK_HEX(address) mpyk_hex((char[24]){""}, (unsigned long long)(address))

static inline const char *
mpyk_hex(char *text, unsigned long long address)
{
    snprintf(text, 24, "0x%llx", address);
    return text;
}

/* PyErr_Format() knows %llx and %.*s from 3.12 only: format with C's own printf, whose text may be
 * any bytes. */
__attribute__((format(printf, 1, 2))) static inline PyObject *
mpyk_format(const char *format, ...)
{
    char text[512];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "backslashreplace");
}

/* Set an exception of this text, which mpyk_format() has made.  Always NULL. */
static inline PyObject *
mpyk_raise(PyObject *type, PyObject *text)
{
    if (text != NULL) {
        PyErr_SetObject(type, text);
        Py_DECREF(text);
    }
    return NULL;
}

/* The system's number of a Python thread (3.11 and later keep it); 0 when it is not known. */
static inline unsigned long
mpyk_native_thread_id(const PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030B0000
    return thread->native_thread_id;
#else
    (void)thread;
    return 0;
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

/* Where the standard library is, for the __file__ of frozen modules (3.11 and later keep it in
 * PyConfig). */
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
