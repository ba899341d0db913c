/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who handles SIGINT, when.  At crash's prompt: crash.  While Python runs: Python
 * (KeyboardInterrupt).  While Python is in crash or gdb, SIGINT is blocked: both install handlers
 * of their own there, that jump, or ignore it and lose it. A short call lets it wait; during a
 * crash command a timer looks for it, asks the command to stop, then makes it stop.
 */
#ifndef MPYK_SIGNALS_H
#define MPYK_SIGNALS_H

#include <signal.h>

struct mpyk_signals {
    struct sigaction sigint, sigsegv, sigpipe;
    sigset_t mask;
    int was_watching, interrupted, tty_faked;
};

/* Note the handlers now in force, and block SIGINT. */
void mpyk_signals_enter(struct mpyk_signals *saved);

/* Give SIGINT to Python: it raises KeyboardInterrupt.  0, or -1 with an exception set. */
int mpyk_signals_for_python(void);

/* Keep crash from losing a blocked SIGINT while it calls gdb. */
void mpyk_signals_for_gdb(void);

/* Look for a SIGINT on behalf of a crash command.  Only under a guard: it makes crash's own handler
 * jump. */
void mpyk_signals_for_command(void);

/* Put back what mpyk_signals_enter() found; true if a SIGINT came for the crash command in between.
 */
int mpyk_signals_leave(const struct mpyk_signals *saved);

/* The crash command that was run was a program, and SIGINT has ended it: end its caller too. */
void mpyk_signals_repeat(void);

/* Before Python is finalized: drop what refers to it, and the timer. */
void mpyk_signals_clear(void);

#endif /* MPYK_SIGNALS_H */
