/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See process_state.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "session/process_state.h"

#include "base/own_signals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const __itimer_which_t timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};

static int
timer_is_armed(__itimer_which_t timer)
{
    struct itimerval value;

    return getitimer(timer, &value) == 0 && (value.it_value.tv_sec || value.it_value.tv_usec);
}

void
mpyk_process_state_save(struct mpyk_process_state *state)
{
    for (int number = 1; number < MPYK_FIRST_OWN_SIGNAL; number++) {
        sigaction(number, NULL, &state->actions[number]);
    }
    sigpending(&state->pending);
    for (int i = 0; i < 3; i++) {
        state->timers_armed[i] = timer_is_armed(timers[i]);
    }
    state->directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    state->mask = umask(0);
    umask(state->mask);
}

static void
disarm_timers(const struct mpyk_process_state *state)
{
    static const struct itimerval none;

    for (int i = 0; i < 3; i++) {
        if (!state->timers_armed[i] && timer_is_armed(timers[i])) {
            setitimer(timers[i], &none, NULL);
        }
    }
}

static void
drop_new_signals(const struct mpyk_process_state *state)
{
    const struct timespec none = {0, 0};
    sigset_t pending, one;

    sigpending(&pending);
    for (int number = 1; number < MPYK_FIRST_OWN_SIGNAL; number++) {
        if (number != SIGINT && sigismember(&pending, number) == 1 &&
            sigismember(&state->pending, number) == 0) {
            sigemptyset(&one);
            sigaddset(&one, number);
            (void)sigtimedwait(&one, NULL, &none);
        }
    }
}

/* An action that did not change is not set again: setting SIG_IGN would drop a pending SIGINT. */
static void
restore_actions(const struct mpyk_process_state *state)
{
    struct sigaction now;

    for (int number = 1; number < MPYK_FIRST_OWN_SIGNAL; number++) {
        const struct sigaction *before = &state->actions[number];

        if (sigaction(number, NULL, &now) == 0 &&
            (now.sa_handler != before->sa_handler || now.sa_flags != before->sa_flags)) {
            sigaction(number, before, NULL);
        }
    }
}

void
mpyk_process_state_restore(struct mpyk_process_state *state)
{
    disarm_timers(state);
    drop_new_signals(state);
    restore_actions(state);
    umask(state->mask);
    if (state->directory >= 0) {
        if (fchdir(state->directory) < 0) {
            /* The user has lost the right to enter it: the session goes on in the program's one. */
        }
        close(state->directory);
        state->directory = -1;
    }
}
