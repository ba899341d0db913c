/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MPYK_RECURSION_H
#define MPYK_RECURSION_H

#include "base/mpykdump.h"

/* After Python has started: keep endless recursion from ending crash.  0, or -1 when memory is
 * short. */
int mpyk_recursion_init(void);

/* Before Python is finalized. */
void mpyk_recursion_clear(void);

#endif /* MPYK_RECURSION_H */
