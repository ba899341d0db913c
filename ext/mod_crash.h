/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the `crash` module share. */
#ifndef MPYK_MOD_CRASH_H
#define MPYK_MOD_CRASH_H

#include "mpykdump.h"

/* True when min <= nargs <= max; TypeError is set otherwise. */
int mpyk_check_nargs(const char *name, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max);

/* The integer of 1, 2, 4 or 8 bytes at raw, in the dump's byte order. */
PyObject *mpyk_int_from_memory(const void *raw, int size, int is_signed);

/* A C string for crash (kernel names are bytes).  NULL with TypeError or ValueError. */
const char *mpyk_c_string(PyObject *text);

/* A str from crash's bytes; they need not be UTF-8. */
PyObject *mpyk_text(const char *bytes, Py_ssize_t size);

/* Parts of the module beyond those named in mpykdump.h. */
int mpyk_mod_lists_init(PyObject *module);
int mpyk_mod_convert_init(PyObject *module);
int mpyk_mod_readline_init(PyObject *module);
int mpyk_mod_names_init(PyObject *module);
int mpyk_mod_version_init(PyObject *module);

/* A new top-level run begins. */
void mpyk_memory_run_starts(void);
void mpyk_symbols_run_starts(void);

/* Free what the parts hold; before Python is finalized. */
void mpyk_crash_module_clear(void);
void mpyk_exec_clear(void);

/* Symbols may have changed: a `mod` command ran. */
void mpyk_symbols_flush(void);

#endif /* MPYK_MOD_CRASH_H */
