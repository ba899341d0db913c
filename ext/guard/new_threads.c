/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGINT belongs to the main thread.  The kernel gives a signal to any thread that does not block
 * it, and while Python is in crash, the handler is one of crash's that jumps to the stack of the
 * main thread.  So all threads that Python starts block SIGINT.  The linker (--wrap) leads all
 * calls of pthread_create() in this file here.
 */
#include "base/mpykdump.h"

#include <pthread.h>
#include <signal.h>

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg);

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                      void *arg)
{
    sigset_t interrupt, old;
    int error;

    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, &old);
    error = __real_pthread_create(thread, attributes, start, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}
