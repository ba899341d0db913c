/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who handles SIGINT at what time.  At crash's prompt, crash does.  While Python runs, Python does
 * (KeyboardInterrupt).
 *
 * While Python is in crash or gdb, SIGINT is blocked in the main thread, because both install their
 * own handlers there, and these jump.  So a second thread, the watcher, waits for SIGINT.  A short
 * call lets the signal wait.  A crash command is first asked to stop, and then forced to.
 *
 * Only the main thread may call these functions: a handler of crash that runs in another thread
 * would jump to the wrong stack.
 */
#ifndef MPYK_SIGNALS_H
#define MPYK_SIGNALS_H

#include <signal.h>

struct mpyk_signals {
    struct sigaction sigint, sigsegv, sigpipe;
    sigset_t mask;
    int was_blocked, was_watching, was_command;
};

/* Whether the caller is the thread that runs crash (in a forked child: the only one). */
int mpyk_signals_is_main_thread(void);

/* Save the current handlers, and block SIGINT. */
void mpyk_signals_enter(struct mpyk_signals *saved);

/* Give SIGINT to Python: it raises KeyboardInterrupt.  0, or -1 with an exception set. */
int mpyk_signals_for_python(void);

/*
 * Let a SIGINT stop the crash command that runs next.  This needs a guard, because it makes crash's
 * own handler jump; the guard calls mpyk_signals_unwatch() before its jump buffer is out of use.
 */
void mpyk_signals_for_command(void);
void mpyk_signals_unwatch(void);

/* The command waits for this child, which also gets the SIGINT; 0: it has ended. */
void mpyk_signals_child(pid_t child);

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

/* Drop the references to Python objects; before Python is finalized. */
void mpyk_signals_clear(void);
/* End the watcher; after Python is finalized, because finalizers may still run commands. */
void mpyk_signals_stop(void);

#endif /* MPYK_SIGNALS_H */
