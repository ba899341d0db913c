/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See watcher.h. */
#include "base/mpykdump.h"

#include "base/own_signals.h"
#include "guard/watcher.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long a command may continue after it was asked to stop, and how often it is nudged then. */
#define GRACE_NSEC 200000000L
#define RETRY_NSEC 2000000L

#define STACK_BYTES (64 * 1024)

static pthread_t watcher;
static int running;
static pid_t main_thread;
static struct sigaction old_action;

/* Both threads use these; only by atomic functions. */
static int blocked, caught, stopping;

/* Held while a signal is handed back: the main thread must not block SIGINT at that moment. */
static pthread_mutex_t handing = PTHREAD_MUTEX_INITIALIZER;

static int
load(const int *value)
{
    return __atomic_load_n(value, __ATOMIC_SEQ_CST);
}

static int
swap(int *value, int new_value)
{
    return __atomic_exchange_n(value, new_value, __ATOMIC_SEQ_CST);
}

static void
signal_main(int signo)
{
    syscall(SYS_tgkill, getpid(), main_thread, signo);
}

/*
 * The main thread has unblocked SIGINT before it could see that the watcher has one: it gets the
 * signal now.  Both sides may find this out, so only one of them takes it.
 */
static void
hand_back(void)
{
    pthread_mutex_lock(&handing);
    if (!load(&blocked) && swap(&caught, 0)) {
        signal_main(SIGINT);
    }
    pthread_mutex_unlock(&handing);
}

/*
 * The main thread has SIGINT blocked.  A signal that came a moment before waits for it, or for a
 * watcher that has just been started: crash could drop it (see watcher.h).
 */
static void
take_waiting(void)
{
    sigset_t set;
    struct timespec none = {0, 0};

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    if (running && sigtimedwait(&set, NULL, &none) == SIGINT) {
        swap(&caught, 1);
        pthread_kill(watcher, MPYK_STOP_SIGNAL);
    }
}

static void
nudge_until_taken(void)
{
    struct timespec wait = {.tv_nsec = GRACE_NSEC};

    while (load(&caught) && load(&blocked) && !load(&stopping)) {
        signal_main(MPYK_NUDGE_SIGNAL);
        nanosleep(&wait, NULL);
        wait.tv_nsec = RETRY_NSEC;
    }
    hand_back();
}

static void *
watch(void *Py_UNUSED(arg))
{
    sigset_t wanted;
    int signo;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, MPYK_STOP_SIGNAL);
    for (;;) {
        if (sigwait(&wanted, &signo) != 0) {
            continue;
        }
        if (signo == SIGINT) {
            swap(&caught, 1);
        }
        if (load(&stopping)) {
            return NULL;
        }
        nudge_until_taken();
    }
}

/* The watcher may have taken a signal just before it ends. */
static void
before_fork(void)
{
    mpyk_watcher_stop();
    hand_back();
}

static void
after_fork_in_child(void)
{
    main_thread = (pid_t)syscall(SYS_gettid);
}

/* A forked child has only the thread that forked: it must not find half of a watcher. */
static void
prepare_once(void)
{
    static int prepared;

    if (!prepared) {
        prepared = pthread_atfork(before_fork, NULL, after_fork_in_child) == 0;
    }
}

/* 0 or an error number.  The thread starts with all signals blocked. */
static int
start_thread(void)
{
    sigset_t all, old;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error != 0) {
        return error;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    error = pthread_create(&watcher, &attributes, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

/*
 * On a busy machine, a command may go on for long before the watcher runs.  With the rights of root
 * it runs at once; it sleeps nearly all the time.
 */
static void
run_before_others(void)
{
    const struct sched_param lowest = {.sched_priority = 1};

    (void)pthread_setschedparam(watcher, SCHED_RR, &lowest);
}

void
mpyk_watcher_start(void (*nudge)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = nudge, .sa_flags = SA_SIGINFO | SA_RESTART};

    if (running) {
        return;
    }
    main_thread = (pid_t)syscall(SYS_gettid);
    prepare_once();
    swap(&stopping, 0);
    if (start_thread() == 0) {
        run_before_others();
        sigaction(MPYK_NUDGE_SIGNAL, &action, &old_action);
        running = 1;
    }
}

void
mpyk_watcher_stop(void)
{
    if (running) {
        swap(&stopping, 1);
        pthread_kill(watcher, MPYK_STOP_SIGNAL);
        pthread_join(watcher, NULL);
        sigaction(MPYK_NUDGE_SIGNAL, &old_action, NULL);
        running = 0;
    }
}

int
mpyk_watcher_is_main_thread(void)
{
    return main_thread == 0 || main_thread == (pid_t)syscall(SYS_gettid);
}

int
mpyk_watcher_set_blocked(int is_blocked)
{
    int old;

    pthread_mutex_lock(&handing);
    old = swap(&blocked, is_blocked);
    pthread_mutex_unlock(&handing);
    (is_blocked ? take_waiting : hand_back)();
    return old;
}

int
mpyk_watcher_has_caught(void)
{
    return load(&caught);
}

int
mpyk_watcher_take(void)
{
    sigset_t set;
    struct timespec none = {0, 0};

    if (running) {
        return swap(&caught, 0);
    }
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return swap(&caught, 0) || sigtimedwait(&set, NULL, &none) == SIGINT;
}
