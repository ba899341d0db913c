/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crash's SIGINT handler longjmps at once, from wherever it was: within malloc() or stdio too, which can leave them
 * broken.  So a command that Python runs is first asked (crash's own _SIGINT_ flag, which many commands poll), and
 * only if it is still running after a grace period is crash's handler called, at a moment when libc is not on top.
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "signals.h"

#include <link.h>
#include <sys/time.h>
#include <ucontext.h>

/* How long a command may go on after SIGINT, how often we look after that, and how often we wait for libc. */
#define GRACE_USEC 250000
#define RETRY_USEC 2000
#define RETRIES_MAX 100

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t retries;
static struct {
    int armed;
    struct itimerval timer;
    struct sigaction action;
} saved_alarm;
static ElfW(Addr) libc_start, libc_end;
static PyObject *python_signal, *python_handler;

#if defined(__x86_64__)
#define PROGRAM_COUNTER(context) ((ElfW(Addr))(context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__aarch64__)
#define PROGRAM_COUNTER(context) ((ElfW(Addr))(context)->uc_mcontext.pc)
#else
#define PROGRAM_COUNTER(context) ((ElfW(Addr))0)
#endif

/* dl_iterate_phdr() callback: note the executable segment that holds malloc(). */
static int
note_libc(struct dl_phdr_info *info, size_t Py_UNUSED(size), void *Py_UNUSED(arg))
{
    ElfW(Addr) wanted = (ElfW(Addr))(uintptr_t)&dl_iterate_phdr;

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
        ElfW(Addr) start = info->dlpi_addr + ph->p_vaddr;

        if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X) && wanted >= start &&
            wanted < start + ph->p_memsz) {
            libc_start = start;
            libc_end = start + ph->p_memsz;
            return 1;
        }
    }
    return 0;
}

static void
on_alarm(int Py_UNUSED(signo), siginfo_t *Py_UNUSED(info), void *context)
{
    ElfW(Addr) where = PROGRAM_COUNTER((ucontext_t *)context);

    if (where >= libc_start && where < libc_end && ++retries < RETRIES_MAX) {
        return;
    }
    restart(SIGINT);
}

static void
arm_alarm(void)
{
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_NODEFER | SA_SIGINFO};
    struct itimerval timer = {
        .it_value = {.tv_usec = GRACE_USEC},
        .it_interval = {.tv_usec = RETRY_USEC},
    };

    retries = 0;
    sigaction(SIGALRM, &action, &saved_alarm.action);
    setitimer(ITIMER_REAL, &timer, &saved_alarm.timer);
    saved_alarm.armed = 1;
}

static void
disarm_alarm(void)
{
    if (saved_alarm.armed) {
        saved_alarm.armed = 0;
        setitimer(ITIMER_REAL, &saved_alarm.timer, NULL);
        sigaction(SIGALRM, &saved_alarm.action, NULL);
    }
}

/* The second SIGINT does not wait. */
static void
on_command_sigint(int signo)
{
    if (interrupted++) {
        restart(signo);
        return;
    }
    pc->flags |= _SIGINT_;
    arm_alarm();
}

void
mpyk_signals_save(struct mpyk_signals *saved)
{
    sigaction(SIGINT, NULL, &saved->sigint);
    sigaction(SIGSEGV, NULL, &saved->sigsegv);
    sigaction(SIGPIPE, NULL, &saved->sigpipe);
    saved->interrupted = interrupted;
}

int
mpyk_signals_restore(const struct mpyk_signals *saved)
{
    int was_interrupted;

    disarm_alarm();
    sigaction(SIGINT, &saved->sigint, NULL);
    sigaction(SIGSEGV, &saved->sigsegv, NULL);
    sigaction(SIGPIPE, &saved->sigpipe, NULL);
    was_interrupted = interrupted;
    interrupted = saved->interrupted;
    return was_interrupted;
}

void
mpyk_signals_for_command(void)
{
    struct sigaction action = {.sa_handler = on_command_sigint, .sa_flags = SA_NODEFER | SA_RESTART};

    if (libc_end == 0) {
        dl_iterate_phdr(note_libc, NULL);
    }
    interrupted = 0;
    sigaction(SIGINT, &action, NULL);
}

int
mpyk_signals_for_python(void)
{
    PyObject *old;

    if (python_handler == NULL) {
        PyObject *module = PyImport_ImportModule("_signal");

        if (module == NULL) {
            return -1;
        }
        python_signal = PyObject_GetAttrString(module, "signal");
        python_handler = PyObject_GetAttrString(module, "default_int_handler");
        Py_DECREF(module);
        if (python_signal == NULL || python_handler == NULL) {
            mpyk_signals_clear();
            return -1;
        }
    }
    old = PyObject_CallFunction(python_signal, "iO", SIGINT, python_handler);
    Py_XDECREF(old);
    return old == NULL ? -1 : 0;
}

void
mpyk_signals_clear(void)
{
    Py_CLEAR(python_signal);
    Py_CLEAR(python_handler);
}
