/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interrupts itself at a moment at which a signal could be lost.  argv[1]:
 * early (before the watcher knows that SIGINT is blocked), fresh (before there
 * is a watcher), late (while a command runs), fork (the watcher has it, and a
 * fork ends the watcher). Each command ignores SIGINT, as
 * crash does around its requests to gdb, which drops a signal that waits.
 * Prints what became of the signal.
 */
#include "guard/watcher.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t nudges, handled;

static void
on_nudge(int signo, siginfo_t *info, void *context)
{
    (void)signo, (void)info, (void)context;
    nudges++;
}

static void
on_interrupt(int signo)
{
    (void)signo;
    handled++;
}

static void
pause_msec(long msec)
{
    struct timespec wait = {msec / 1000, msec % 1000 * 1000000};

    while (nanosleep(&wait, &wait) < 0) {
    }
}

static void
mask(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(how, &set, NULL);
}

/* A command, as ext/guard/signals.c runs it.  Whether a SIGINT came for it. */
static int
command(void (*body)(void))
{
    int taken;

    mask(SIG_BLOCK);
    mpyk_watcher_start(on_nudge);
    (void)mpyk_watcher_set_blocked(1);
    body();
    taken = mpyk_watcher_take();
    (void)mpyk_watcher_set_blocked(0);
    mask(SIG_UNBLOCK);
    return taken;
}

static void
nothing(void)
{
}

static void
wait_for_nudge(void)
{
    signal(SIGINT, SIG_IGN);
    for (int i = 0; i < 300 && nudges == 0; i++) {
        pause_msec(10);
    }
    signal(SIGINT, on_interrupt);
}

static void *
interrupt_later(void *arg)
{
    pause_msec(200);
    kill(getpid(), SIGINT);
    return arg;
}

static int
interrupted_early(int is_fresh)
{
    if (!is_fresh) {
        command(nothing);
    }
    mask(SIG_BLOCK);
    kill(getpid(), SIGINT);
    pause_msec(200);
    return command(wait_for_nudge);
}

static int
interrupted_late(void)
{
    pthread_t thread;
    int taken;

    command(nothing);
    mask(SIG_BLOCK);
    pthread_create(&thread, NULL, interrupt_later, NULL);
    taken = command(wait_for_nudge);
    pthread_join(thread, NULL);
    return taken;
}

static int
interrupted_by_fork(void)
{
    pid_t child;

    command(nothing);
    mask(SIG_BLOCK);
    kill(getpid(), SIGINT);
    child = fork();
    if (child == 0) {
        _exit(0);
    }
    waitpid(child, NULL, 0);
    mask(SIG_UNBLOCK);
    return 0;
}

static int
interrupted(const char *moment)
{
    if (strcmp(moment, "late") == 0) {
        return interrupted_late();
    }
    if (strcmp(moment, "fork") == 0) {
        return interrupted_by_fork();
    }
    return interrupted_early(strcmp(moment, "fresh") == 0);
}

int
main(int argc, char **argv)
{
    int taken;

    if (argc != 2) {
        return 2;
    }
    signal(SIGINT, on_interrupt);
    taken = interrupted(argv[1]);
    printf("nudged %d taken %d handled %d\n", nudges > 0, taken, (int)handled);
    mpyk_watcher_stop();
    return 0;
}
