/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See park.h. */
#include "base/pycompat.h"

#include "base/own_signals.h"
#include "extension/park.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MSEC 1000

static int parked;

static void
on_park(int Py_UNUSED(signo))
{
    __atomic_add_fetch(&parked, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        pause();
    }
}

/* Wait until a thread has stored `wanted` or more. */
static void
wait_for(const int *value, int wanted)
{
    struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; i < PATIENCE_MSEC && __atomic_load_n(value, __ATOMIC_SEQ_CST) < wanted; i++) {
        nanosleep(&moment, NULL);
    }
}

static void
install(void (*handler)(int), struct sigaction *old)
{
    struct sigaction action = {.sa_handler = handler};

    sigfillset(&action.sa_mask);
    sigaction(MPYK_PARK_SIGNAL, &action, old);
}

#if PY_VERSION_HEX >= 0x030B0000

static pid_t
number_of(const PyThreadState *thread)
{
    return (pid_t)thread->native_thread_id;
}

#else

static int answer;

static void
on_question(int Py_UNUSED(signo))
{
    __atomic_store_n(&answer, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
}

/* Python does not keep the number before 3.11, so the thread is asked. */
static pid_t
number_of(const PyThreadState *thread)
{
    struct sigaction old;

    answer = 0;
    install(on_question, &old);
    if (thread->thread_id != 0 &&
        pthread_kill((pthread_t)thread->thread_id, MPYK_PARK_SIGNAL) == 0) {
        wait_for(&answer, 1);
    }
    sigaction(MPYK_PARK_SIGNAL, &old, NULL);
    return answer;
}

#endif

int
mpyk_other_threads(pid_t *threads)
{
    PyThreadState *current = PyThreadState_Get(), *t;
    int count = 0;

    for (t = PyInterpreterState_ThreadHead(PyThreadState_GetInterpreter(current)); t != NULL;
         t = PyThreadState_Next(t)) {
        pid_t number = t != current && count < MPYK_THREADS_MAX ? number_of(t) : 0;

        if (number != 0) {
            threads[count++] = number;
        }
    }
    return count;
}

int
mpyk_park_threads(const pid_t *threads, int count)
{
    struct sigaction old;
    int sent = 0;

    parked = 0;
    install(on_park, &old);
    for (int i = 0; i < count; i++) {
        if (syscall(SYS_tgkill, getpid(), threads[i], MPYK_PARK_SIGNAL) == 0) {
            sent++;
        }
    }
    wait_for(&parked, sent);
    sigaction(MPYK_PARK_SIGNAL, &old, NULL);
    return sent > 0;
}
