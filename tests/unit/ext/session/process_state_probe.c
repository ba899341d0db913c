/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saves the state of the process, changes what argv[1] names, restores the state and prints it. */
#include "session/process_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static void
handler(int number)
{
    (void)number;
}

static void
block(int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
change(const char *what)
{
    static const struct itimerval long_time = {.it_value = {.tv_sec = 1000}};

    if (strcmp(what, "action") == 0) {
        signal(SIGTERM, handler);
        signal(SIGUSR1, SIG_IGN);
        signal(SIGRTMIN, handler);
    } else if (strcmp(what, "timer") == 0) {
        alarm(1000);
        setitimer(ITIMER_PROF, &long_time, NULL);
    } else if (strcmp(what, "pending") == 0) {
        block(SIGALRM);
        raise(SIGALRM);
    } else if (strcmp(what, "directory") == 0) {
        if (chdir("/") < 0) {
            exit(2);
        }
        umask(0777);
    }
}

static int
is(int number, void (*expected)(int))
{
    struct sigaction action;

    sigaction(number, NULL, &action);
    return action.sa_handler == expected;
}

int
main(int argc, char **argv)
{
    struct mpyk_process_state state;
    struct itimerval profile;
    sigset_t pending;
    char *directory;

    signal(SIGUSR1, handler);
    umask(022);
    mpyk_process_state_save(&state);
    change(argc > 1 ? argv[1] : "");
    mpyk_process_state_restore(&state);
    sigpending(&pending);
    getitimer(ITIMER_PROF, &profile);
    directory = getcwd(NULL, 0);
    printf("actions %d %d %d\n", is(SIGTERM, SIG_DFL), is(SIGUSR1, handler), is(SIGRTMIN, SIG_DFL));
    printf("timers %u %ld\n", alarm(0), (long)profile.it_value.tv_sec);
    printf("pending %d\n", sigismember(&pending, SIGALRM));
    printf("%s %03o\n", directory, (unsigned)umask(0));
    free(directory);
    return 0;
}
