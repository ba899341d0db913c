/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state of the process that a program may change but that belongs to the session: actions of
 * signals, interval timers, the current directory and the umask.  It needs neither Python nor
 * crash.
 */
#ifndef MPYK_SESSION_PROCESS_STATE_H
#define MPYK_SESSION_PROCESS_STATE_H

#include <signal.h>
#include <sys/types.h>

struct mpyk_process_state {
    struct sigaction actions[_NSIG];
    sigset_t pending;
    int timers_armed[3];
    int directory; /* a file descriptor; -1 if it cannot be opened */
    mode_t mask;
};

/* Save the state; each call needs its mpyk_process_state_restore(). */
void mpyk_process_state_save(struct mpyk_process_state *state);

/*
 * Restore it.  A timer that was not armed before is disarmed, and a signal that came meanwhile and
 * is still blocked is dropped: its handler is gone.  SIGINT is left to guard/signals.h.
 */
void mpyk_process_state_restore(struct mpyk_process_state *state);

#endif /* MPYK_SESSION_PROCESS_STATE_H */
