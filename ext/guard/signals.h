/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who handles SIGINT at what time.  At crash's prompt, crash does.  While Python runs, Python does
 * (KeyboardInterrupt).
 *
 * While Python is in crash or gdb, SIGINT is blocked.  Both install their own handlers there, and
 * these jump, or ignore the signal and lose it.  A short call lets the signal wait.  During a crash
 * command a timer looks for it, first asks the command to stop, and then forces it to stop.
 */
#ifndef MPYK_SIGNALS_H
#define MPYK_SIGNALS_H

#include <signal.h>

struct mpyk_signals {
    struct sigaction sigint, sigsegv, sigpipe;
    sigset_t mask;
    int was_watching, interrupted, tty_faked;
};

/* Save the current handlers, and block SIGINT. */
void mpyk_signals_enter(struct mpyk_signals *saved);

/* Give SIGINT to Python: it raises KeyboardInterrupt.  0, or -1 with an exception set. */
int mpyk_signals_for_python(void);

/* Keep crash from losing a blocked SIGINT while it calls gdb. */
void mpyk_signals_for_gdb(void);

/*
 * Look for a SIGINT while a crash command runs.  This needs a guard, because it makes crash's own
 * handler jump.
 */
void mpyk_signals_for_command(void);

/*
 * Restore what mpyk_signals_enter() saved.  True if a SIGINT came for the crash command in the
 * meantime.
 */
int mpyk_signals_leave(const struct mpyk_signals *saved);

/*
 * The crash command that was run was a program, and SIGINT has ended it: end the calling program
 * too.
 */
void mpyk_signals_repeat(void);

/* Drop the references to Python objects, and the timer; before Python is finalized. */
void mpyk_signals_clear(void);

#endif /* MPYK_SIGNALS_H */
