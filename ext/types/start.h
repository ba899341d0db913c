/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Start and end of the work with types. */
#ifndef MPYK_TYPES_START_H
#define MPYK_TYPES_START_H

/* Learn the dump's machine, and watch for files that gdb adds and frees.  0, or -1 with an
 * exception set. */
int mpyk_types_start(void);

/* Stop watching; before the extension is unloaded. */
void mpyk_types_stop(void);

#endif /* MPYK_TYPES_START_H */
