/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interrupts a loop by a signal, and prints whether its handler saw a place in the loop. */
#define _GNU_SOURCE
#include "guard/program_counter.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

/* More than the size of spin(), with sanitizers too. */
#define SPIN_BYTES 4096

static volatile uintptr_t seen;

static void
on_alarm(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)info;
    seen = mpyk_program_counter(context);
}

static void __attribute__((noinline))
spin(void)
{
    while (seen == 0) {
    }
}

int
main(void)
{
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    spin();
    puts(seen - (uintptr_t)spin < SPIN_BYTES ? "inside" : "outside");
    return 0;
}
