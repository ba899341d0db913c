/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts Python.  Each generation of Python's initialisation API has its own file: init_pyconfig.c
 * for PyConfig (up to 3.13), init_pyinitconfig.c for PyInitConfig (3.14 and later, PEP 741).
 */
#ifndef MPYK_INIT_PYTHON_H
#define MPYK_INIT_PYTHON_H

/*
 * Start an isolated Python that finds everything in the bundle of so_path, with the built-in module
 * `crash` and with our heap.  0, or -1 with the reason as a new string (NULL if memory is out).
 */
int mpyk_init_python(const char *so_path, char **reason);

#endif /* MPYK_INIT_PYTHON_H */
