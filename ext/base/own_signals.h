/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signals that this extension sends to its own process.  They must not disturb crash, gdb, or a
 * program that uses SIGALRM, so they are the last ones.
 */
#ifndef MPYK_OWN_SIGNALS_H
#define MPYK_OWN_SIGNALS_H

#include <signal.h>

#define MPYK_STOP_SIGNAL (SIGRTMAX - 2)  /* ends the watcher: guard/watcher.c */
#define MPYK_NUDGE_SIGNAL (SIGRTMAX - 3) /* the watcher has a SIGINT for the main thread */
#define MPYK_PARK_SIGNAL (SIGRTMAX - 4)  /* stops a thread for ever: extension/park.c */

/* Programs may change the actions of all signals before this one. */
#define MPYK_FIRST_OWN_SIGNAL MPYK_PARK_SIGNAL

#endif /* MPYK_OWN_SIGNALS_H */
