/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that a program has left would continue in code that is unloaded.  A signal handler sends
 * each of them into an endless sleep in libc.  They keep the memory of Python that they use.
 */
#ifndef MPYK_EXTENSION_PARK_H
#define MPYK_EXTENSION_PARK_H

#include <sys/types.h>

#define MPYK_THREADS_MAX 64

/* The system's numbers of Python's other threads; returns how many.  Python still runs. */
int mpyk_other_threads(pid_t *threads);
/* Park those that still exist.  True if there were any. */
int mpyk_park_threads(const pid_t *threads, int count);

#endif /* MPYK_EXTENSION_PARK_H */
