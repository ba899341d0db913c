/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting Python, a file for each generation of its initialisation API: init_pyconfig.c for
 * PyConfig (up to 3.13), init_pyinitconfig.c for PyInitConfig (3.14 and later, PEP 741).
 */
#ifndef MPYK_INIT_PYTHON_H
#define MPYK_INIT_PYTHON_H

/*
 * Start an isolated Python that finds everything in the bundle of so_path, with the module `crash`
 * built in and with our heap.  0, or -1 with the reason as a new string (NULL: no memory for it).
 */
int mpyk_init_python(const char *so_path, char **reason);

#endif /* MPYK_INIT_PYTHON_H */
