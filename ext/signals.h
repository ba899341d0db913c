/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who handles SIGINT, when.  At crash's prompt: crash.  While Python runs: Python (KeyboardInterrupt).  While Python
 * runs a crash command: first a polite request that the command may notice, then crash's own handler, which jumps.
 */
#ifndef MPYK_SIGNALS_H
#define MPYK_SIGNALS_H

#include <signal.h>

struct mpyk_signals {
    struct sigaction sigint, sigsegv, sigpipe;
    int interrupted;
};

/* Note the handlers now in force. */
void mpyk_signals_save(struct mpyk_signals *saved);

/* Put them back; true if a SIGINT came in while mpyk_signals_for_command() was in force. */
int mpyk_signals_restore(const struct mpyk_signals *saved);

/* Take SIGINT on behalf of a crash command.  Only under a guard. */
void mpyk_signals_for_command(void);

/* Give SIGINT to Python: it raises KeyboardInterrupt.  0, or -1 with an exception set. */
int mpyk_signals_for_python(void);

/* Before Python is finalized: drop what refers to it. */
void mpyk_signals_clear(void);

#endif /* MPYK_SIGNALS_H */
