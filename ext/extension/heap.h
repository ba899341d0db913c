/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory of the embedded interpreter, so that `extend -u` gives all of it back. */
#ifndef MPYK_HEAP_H
#define MPYK_HEAP_H

/* Make Python allocate here.  Call it between Py_PreInitialize() and Py_InitializeFromConfig(). */
void mpyk_heap_install(void);

/* Free what Python has kept.  No code of Python may run after it. */
void mpyk_heap_release(void);

#endif /* MPYK_HEAP_H */
