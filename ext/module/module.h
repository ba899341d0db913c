/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The module `crash`: its parts, and what they do when the interpreter starts, runs a program, and
 * ends.
 */
#ifndef MPYK_MODULE_MODULE_H
#define MPYK_MODULE_MODULE_H

#include "base/mpykdump.h"

/* Make the module; the initialisation function for PyImport_AppendInittab(). */
PyObject *mpyk_crash_module_init(void);

/* A new top-level run begins: forget what a live system or a `mod` command may have changed. */
void mpyk_crash_module_run_starts(void);

/* Free what the parts hold; before Python is finalized. */
void mpyk_crash_module_clear(void);

/* Each part adds its functions and constants to the module.  0, or -1 with an exception set. */
int mpyk_commands_init(PyObject *module);
int mpyk_completion_init(PyObject *module);
int mpyk_convert_init(PyObject *module);
int mpyk_input_reader_init(PyObject *module);
int mpyk_line_editor_init(PyObject *module);
int mpyk_lists_init(PyObject *module);
int mpyk_memory_init(PyObject *module);
int mpyk_repl_input_init(PyObject *module);
int mpyk_symbols_init(PyObject *module);
int mpyk_tasks_init(PyObject *module);
int mpyk_type_functions_init(PyObject *module);
int mpyk_value_functions_init(PyObject *module);
int mpyk_version_init(PyObject *module);

/* The end of Python: input() is as it was. */
void mpyk_input_reader_clear(void);

/*
 * Read a line of stdin without editing: a new string that may end with a newline, NULL at the end.
 * 0; -1 with an exception set.
 */
int mpyk_read_plain(const char *prompt, char **line);

/* Whether lines can be edited: stdin is a terminal, and crash exports its readline. */
int mpyk_lines_are_edited(void);

/* Symbols may have changed: forget those that are remembered. */
void mpyk_symbols_flush(void);

#endif /* MPYK_MODULE_MODULE_H */
