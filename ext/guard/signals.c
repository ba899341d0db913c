/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See signals.h.  crash's SIGINT handler longjmps at once, also from within malloc() or stdio, and
 * this can leave them broken.  So a command that Python runs is first asked to stop, by crash's own
 * flag _SIGINT_, which many commands check.  If the command still runs after a grace period,
 * crash's handler is called, but only at a moment when the code of libc is not running.
 *
 * gdb is asked only at such a moment too.  set_quit_flag() of gdb 16 takes a recursive mutex
 * (gdb/extension.c).  If the signal came within pthread_mutex_lock(), before the owner is stored,
 * the thread would wait for itself for ever.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "guard/signals.h"

#include <fcntl.h>
#include <link.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/*
 * How often to look for a SIGINT; how long the command may continue after it; how often to try to
 * stop the command then.
 */
#define WATCH_NSEC 50000000L
#define GRACE_NSEC 200000000L
#define RETRY_NSEC 2000000L
#define RETRIES_MAX 100

/* The timer's signal.  It must not disturb crash, gdb, or a program that uses SIGALRM. */
#define WATCH_SIGNAL (SIGRTMAX - 3)

static int tty_faked;
static volatile sig_atomic_t watching, interrupted, grace_over, retries, gdb_asked;
static struct {
    pid_t thread; /* the thread that the timer signals; 0: there is no timer */
    int id;
    struct sigaction old_action;
} watch;
/* The code of libc, and of libpthread, which is a library of its own before glibc 2.34. */
static struct code_range {
    ElfW(Addr) start, end;
} libc_code[2];
static PyObject *python_signal, *python_handler;

#if defined(__x86_64__)
#define PROGRAM_COUNTER(context) ((ElfW(Addr))(context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__aarch64__)
#define PROGRAM_COUNTER(context) ((ElfW(Addr))(context)->uc_mcontext.pc)
#else
#define PROGRAM_COUNTER(context) ((void)(context), (ElfW(Addr))0)
#endif

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
 * These are raw system calls, because older C libraries have the functions in librt, and not all
 * headers have SIGEV_THREAD_ID.
 */
static void
timer_arm(long first, long interval)
{
    struct itimerspec spec = {.it_value = {.tv_nsec = first}, .it_interval = {.tv_nsec = interval}};

    if (watch.thread != 0) {
        syscall(SYS_timer_settime, watch.id, 0, &spec, NULL);
    }
}

static int
take_pending_sigint(void)
{
    sigset_t set;
    struct timespec none = {0, 0};

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return sigtimedwait(&set, NULL, &none) == SIGINT;
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
on_watch(int Py_UNUSED(signo), siginfo_t *Py_UNUSED(info), void *context)
{
    ElfW(Addr) where = PROGRAM_COUNTER((ucontext_t *)context);
    int saved_errno = errno;

    if (!watching) {
        return;
    }
    if (take_pending_sigint() && interrupted++ == 0) {
        pc->flags |= _SIGINT_;
        timer_arm(GRACE_NSEC, RETRY_NSEC);
    } else if (interrupted > 0) {
        grace_over = 1;
    }
    if (interrupted > 0 && (pc->flags & IN_GDB)) {
        if (!is_in_libc(where)) {
            ask_gdb();
        }
        grace_over = 0;
    }
    errno = saved_errno;
    if (grace_over && (!is_in_libc(where) || ++retries >= RETRIES_MAX)) {
        watching = 0;
        if (tty_faked) {
            pc->flags &= ~(ulonglong)TTY;
        }
        restart(SIGINT);
    }
}

static void
timer_drop(void)
{
    if (watch.thread != 0 && watch.thread == (pid_t)syscall(SYS_gettid)) {
        syscall(SYS_timer_delete, watch.id);
    }
    if (watch.thread != 0) {
        sigaction(WATCH_SIGNAL, &watch.old_action, NULL);
    }
    watch.thread = 0;
}

/* Make a timer for this thread; a forked child has none at first. */
static void
timer_ready(void)
{
    struct sigaction action = {.sa_sigaction = on_watch,
                               .sa_flags = SA_NODEFER | SA_SIGINFO | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL | 4 /* SIGEV_THREAD_ID */,
                             .sigev_signo = WATCH_SIGNAL};
    pid_t thread = (pid_t)syscall(SYS_gettid);

    if (watch.thread == thread) {
        return;
    }
    timer_drop();
    if (libc_code[0].end == 0) {
        dl_iterate_phdr(note_libc, NULL);
    }
    event._sigev_un._tid = thread;
    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &watch.id) == 0) {
        sigaction(WATCH_SIGNAL, &action, &watch.old_action);
        watch.thread = thread;
    }
}

static void
mask_sigint(int how, sigset_t *old)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(how, &set, old);
}

void
mpyk_signals_enter(struct mpyk_signals *saved)
{
    mask_sigint(SIG_BLOCK, &saved->mask);
    saved->was_watching = watching;
    saved->interrupted = interrupted;
    watching = 0;
    interrupted = 0;
    saved->tty_faked = tty_faked;
    sigaction(SIGINT, NULL, &saved->sigint);
    sigaction(SIGSEGV, NULL, &saved->sigsegv);
    sigaction(SIGPIPE, NULL, &saved->sigpipe);
}

int
mpyk_signals_leave(const struct mpyk_signals *saved)
{
    int was_command = watching || interrupted > 0;
    int stopped;

    watching = 0;
    if (was_command) {
        timer_arm(0, 0);
        if (take_pending_sigint()) {
            interrupted = 1;
        }
    }
    if (gdb_asked && MPYK_HAS(mpyk_check_quit_flag)) {
        (void)mpyk_check_quit_flag();
        gdb_asked = 0;
    }
    stopped = interrupted > 0;
    sigaction(SIGINT, &saved->sigint, NULL);
    sigaction(SIGSEGV, &saved->sigsegv, NULL);
    sigaction(SIGPIPE, &saved->sigpipe, NULL);
    interrupted = saved->interrupted;
    watching = saved->was_watching;
    if (tty_faked && !saved->tty_faked) {
        pc->flags &= ~(ulonglong)TTY;
        tty_faked = 0;
    }
    if (watching) {
        timer_arm(WATCH_NSEC, WATCH_NSEC);
    }
    pthread_sigmask(SIG_SETMASK, &saved->mask, NULL);
    return stopped;
}

void
mpyk_signals_repeat(void)
{
    interrupted = 1;
    pc->flags |= _SIGINT_;
}

/*
 * Without a terminal, crash sets SIGINT to SIG_IGN around each request to gdb.  This throws away a
 * pending SIGINT, also a blocked one.  With a terminal, crash installs gdb's handler, which does no
 * harm to a blocked signal.  So pretend that there is a terminal.  crash may then restore the
 * terminal's settings, so it needs the right ones.  Do not pretend on a live system, where crash
 * would print its progress to the terminal.
 */
void
mpyk_signals_for_gdb(void)
{
    static int settings_known;
    int fd;

    if ((pc->flags & TTY) || ACTIVE()) {
        return;
    }
    if (!settings_known) {
        settings_known = 1;
        fd = open("/dev/tty", O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            tcgetattr(fd, &pc->termios_orig);
            close(fd);
        }
    }
    pc->flags |= TTY;
    tty_faked = 1;
}

void
mpyk_signals_for_command(void)
{
    mpyk_signals_for_gdb();
    timer_ready();
    interrupted = 0;
    grace_over = 0;
    retries = 0;
    watching = 1;
    timer_arm(WATCH_NSEC, WATCH_NSEC);
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
    mask_sigint(SIG_UNBLOCK, NULL);
    return 0;
}

void
mpyk_signals_clear(void)
{
    Py_CLEAR(python_signal);
    Py_CLEAR(python_handler);
    timer_drop();
}
