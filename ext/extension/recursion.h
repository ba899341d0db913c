/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MPYK_RECURSION_H
#define MPYK_RECURSION_H

#include "base/mpykdump.h"

/*
 * Keep endless recursion from ending crash.  Call it after Python has started.  0, or -1 if memory
 * is out.
 */
int mpyk_recursion_init(void);

/* Before Python is finalized. */
void mpyk_recursion_clear(void);

#endif /* MPYK_RECURSION_H */
