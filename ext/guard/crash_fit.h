/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether this file can be used in the running crash. */
#ifndef MPYK_GUARD_CRASH_FIT_H
#define MPYK_GUARD_CRASH_FIT_H

/* True if it can.  If it cannot, one sentence about the reason was printed. */
int mpyk_fits(void);

/*
 * True if this file was built for exactly the release that runs.  Only then do the structures that
 * crash allocates, whose sizes cannot be seen from outside, equal those of defs.h.
 */
int mpyk_runs_in_its_release(void);

#endif /* MPYK_GUARD_CRASH_FIT_H */
