/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of the embedded interpreter. */
#ifndef MPYK_EXTENSION_INTERPRETER_H
#define MPYK_EXTENSION_INTERPRETER_H

/* Start Python if it is not running.  0, or -1 after one sentence on crash's fp. */
int mpyk_interp_start(void);
/* Finalize Python if it is running. */
void mpyk_interp_stop(void);

#endif /* MPYK_EXTENSION_INTERPRETER_H */
