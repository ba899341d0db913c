/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See signals.h.  crash's SIGINT handler longjmps at once, also from within malloc() or stdio, and
 * this can leave them broken.  So a command that Python runs is first asked to stop, by crash's own
 * flag _SIGINT_, which many commands check.  If the command still runs after a grace period,
 * crash's handler is called, but only at a moment when the code of libc is not running.
 *
 * gdb is asked only at such a moment too.  set_quit_flag() of gdb 16 takes a recursive mutex
 * (gdb/extension.c).  If the signal came within pthread_mutex_lock(), before the owner is stored,
 * the thread would wait for itself for ever.  For the same reason no nudge may interrupt another
 * one: a busy machine delivers several at once, and the second would see our code interrupted, not
 * that of libc.
 */
#include "base/pycompat.h"

#include "base/own_signals.h"

#include "crash/crash_compat.h"
#include "crash/imports.h"

#include "guard/program_counter.h"
#include "guard/signals.h"
#include "guard/watcher.h"

#include <link.h>

/*
 * Without a terminal crash ignores SIGINT around its requests to gdb (gdb_interface() in
 * gdb_interface.c).  To ignore a signal drops one that the watcher is about to take, and a blocked
 * signal disturbs no request.  So crash gets a handler instead, as it has with a terminal.
 */
static void
do_nothing(int Py_UNUSED(signo))
{
}

static int
is_blocked(int signo)
{
    sigset_t mask;

    return pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, signo) == 1;
}

/* crash and gdb call this one in place of sigaction(). */
static int
keep_interrupt(int signo, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction kept;

    if (signo == SIGINT && action != NULL && action->sa_handler == SIG_IGN && is_blocked(signo)) {
        kept = *action;
        kept.sa_handler = do_nothing;
        action = &kept;
    }
    return sigaction(signo, action, old);
}

/* After this many nudges a command is stopped wherever it is. */
#define NUDGES_MAX 100

static volatile sig_atomic_t watching, nudges, gdb_asked;
static volatile pid_t waiting_for; /* a child that was not sent the signal yet */
static volatile sig_atomic_t is_waiting;
static int is_command;
/* The code of libc, and of libpthread, which is a separate library before glibc 2.34. */
static struct code_range {
    ElfW(Addr) start, end;
} libc_code[2];
static PyObject *python_signal, *python_handler;
/* What crash called before keep_interrupt(); 0: it could not be replaced. */
static uintptr_t sigaction_of_crash;
static int is_looked_for;

/* Called by dl_iterate_phdr(): note the executable segments that contain functions of libc. */
static int
note_libc(struct dl_phdr_info *info, size_t Py_UNUSED(size), void *Py_UNUSED(arg))
{
    const uintptr_t wanted[] = {(uintptr_t)&dl_iterate_phdr, (uintptr_t)&pthread_mutex_lock};

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
        ElfW(Addr) start = info->dlpi_addr + ph->p_vaddr, end = start + ph->p_memsz;

        for (size_t n = 0; n < Py_ARRAY_LENGTH(wanted); n++) {
            if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X) && wanted[n] >= start &&
                wanted[n] < end) {
                libc_code[n] = (struct code_range){start, end};
            }
        }
    }
    return 0;
}

static int
is_in_libc(ElfW(Addr) where)
{
    for (size_t n = 0; n < Py_ARRAY_LENGTH(libc_code); n++) {
        if (where >= libc_code[n].start && where < libc_code[n].end) {
            return 1;
        }
    }
    return 0;
}

/*
 * A jump must not leave gdb: its stack has C++ objects, and it has locks and threads.  gdb checks
 * this flag.
 */
static void
ask_gdb(void)
{
    if (MPYK_HAS(mpyk_set_quit_flag)) {
        mpyk_set_quit_flag();
        gdb_asked = 1;
    }
}

static void
mask_signal(int how, int signo, sigset_t *old)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signo);
    pthread_sigmask(how, &set, old);
}

/* In the main thread, for a SIGINT that the watcher has caught; again and again. */
static void
on_nudge(int Py_UNUSED(signo), siginfo_t *Py_UNUSED(info), void *context)
{
    int saved_errno = errno, in_libc = is_in_libc(mpyk_program_counter(context));

    if (!watching || !mpyk_watcher_has_caught()) {
        return;
    }
    if (nudges++ == 0) {
        pc->flags |= _SIGINT_;
    }
    /* The child may have started after the first nudge. */
    if (waiting_for != 0) {
        kill(waiting_for, SIGINT);
        waiting_for = 0;
    }
    if (pc->flags & IN_GDB) {
        if (!in_libc && !is_waiting) {
            ask_gdb();
        }
    } else if (nudges > 1 && (!in_libc || nudges > NUDGES_MAX)) {
        watching = 0;
        mask_signal(SIG_UNBLOCK, MPYK_NUDGE_SIGNAL, NULL); /* this handler does not return */
        restart(SIGINT);
    }
    errno = saved_errno;
}

int
mpyk_signals_is_main_thread(void)
{
    return mpyk_watcher_is_main_thread();
}

void
mpyk_signals_enter(struct mpyk_signals *saved)
{
    /* First: a jump of an outer command must not leave what follows, which takes a mutex. */
    saved->was_watching = watching;
    watching = 0;
    mask_signal(SIG_BLOCK, SIGINT, &saved->mask);
    mpyk_watcher_start(on_nudge);
    if (!is_looked_for) {
        is_looked_for = 1;
        sigaction_of_crash = mpyk_import_replace("sigaction", (uintptr_t)&keep_interrupt);
    }
    saved->was_blocked = mpyk_watcher_set_blocked(1);
    saved->was_command = is_command;
    is_command = 0;
    sigaction(SIGINT, NULL, &saved->sigint);
    sigaction(SIGSEGV, NULL, &saved->sigsegv);
    sigaction(SIGPIPE, NULL, &saved->sigpipe);
}

int
mpyk_signals_leave(const struct mpyk_signals *saved)
{
    int stopped;

    watching = 0;
    /* Python has it unblocked.  crash's handler must not jump before everything is restored. */
    mask_signal(SIG_BLOCK, SIGINT, NULL);
    mpyk_signals_child(0);
    stopped = is_command && mpyk_watcher_take();
    if (gdb_asked && MPYK_HAS(mpyk_check_quit_flag)) {
        (void)mpyk_check_quit_flag();
        gdb_asked = 0;
    }
    sigaction(SIGINT, &saved->sigint, NULL);
    sigaction(SIGSEGV, &saved->sigsegv, NULL);
    sigaction(SIGPIPE, &saved->sigpipe, NULL);
    nudges = 0;
    is_command = saved->was_command;
    (void)mpyk_watcher_set_blocked(saved->was_blocked);
    pthread_sigmask(SIG_SETMASK, &saved->mask, NULL);
    watching = saved->was_watching;
    return stopped;
}

/* The watcher takes this one as well. */
void
mpyk_signals_repeat(void)
{
    kill(getpid(), SIGINT);
}

void
mpyk_signals_for_command(void)
{
    if (libc_code[0].end == 0) {
        dl_iterate_phdr(note_libc, NULL);
    }
    nudges = 0;
    is_command = 1;
    watching = 1;
}

void
mpyk_signals_unwatch(void)
{
    watching = 0;
}

void
mpyk_signals_child(pid_t child)
{
    is_waiting = child != 0;
    waiting_for = child;
}

static int
find_python_handler(void)
{
    PyObject *module = PyImport_ImportModule("_signal");

    if (module == NULL) {
        return -1;
    }
    python_signal = PyObject_GetAttrString(module, "signal");
    python_handler = PyObject_GetAttrString(module, "default_int_handler");
    Py_DECREF(module);
    if (python_signal == NULL || python_handler == NULL) {
        Py_CLEAR(python_signal);
        Py_CLEAR(python_handler);
        return -1;
    }
    return 0;
}

int
mpyk_signals_for_python(void)
{
    PyObject *old;

    if (python_handler == NULL && find_python_handler() < 0) {
        return -1;
    }
    old = PyObject_CallFunction(python_signal, "iO", SIGINT, python_handler);
    if (old == NULL) {
        return -1;
    }
    Py_DECREF(old);
    (void)mpyk_watcher_set_blocked(0);
    mask_signal(SIG_UNBLOCK, SIGINT, NULL);
    return 0;
}

void
mpyk_signals_clear(void)
{
    Py_CLEAR(python_signal);
    Py_CLEAR(python_handler);
}

void
mpyk_signals_stop(void)
{
    if (sigaction_of_crash != 0) {
        (void)mpyk_import_replace("sigaction", sigaction_of_crash);
        sigaction_of_crash = 0;
    }
    is_looked_for = 0;
    mpyk_watcher_stop();
}
