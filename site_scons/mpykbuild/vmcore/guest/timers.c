/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates timers of each kind, and tasks that wait for events: epoll, inotify, fanotify, io_uring.
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FAR_AWAY 1000000 /* seconds */

static void one_timer(clockid_t clock, int signal, int how, long interval)
{
    struct sigevent event = {.sigev_notify = how, .sigev_signo = signal, .sigev_value.sival_int = 4242};
    struct itimerspec when = {.it_value.tv_sec = FAR_AWAY, .it_interval.tv_sec = interval};
    timer_t timer;

    if (may(timer_create(clock, &event, &timer), "timer_create") == 0)
        must(timer_settime(timer, 0, &when, NULL), "timer_settime");
}

static void posix_timers(void *unused)
{
    (void)unused;
    one_timer(CLOCK_REALTIME, SIGUSR1, SIGEV_SIGNAL, 0);
    one_timer(CLOCK_MONOTONIC, SIGRTMIN + 3, SIGEV_SIGNAL, 60);
    one_timer(CLOCK_BOOTTIME, 0, SIGEV_NONE, 0);
    one_timer(CLOCK_PROCESS_CPUTIME_ID, SIGUSR2, SIGEV_SIGNAL, 0);
    one_timer(CLOCK_REALTIME_ALARM, SIGUSR1, SIGEV_SIGNAL, 0);
    keep();
}

static void interval_timers(void *unused)
{
    struct itimerval real = {.it_value = {FAR_AWAY, 0}, .it_interval = {30, 0}};
    struct itimerval processor = {.it_value = {1000, 500000}};

    (void)unused;
    must(setitimer(ITIMER_REAL, &real, NULL), "setitimer");
    must(setitimer(ITIMER_VIRTUAL, &processor, NULL), "setitimer");
    must(setitimer(ITIMER_PROF, &processor, NULL), "setitimer");
    keep();
}

static void timer_files(void *unused)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM};
    struct itimerspec when = {.it_value.tv_sec = FAR_AWAY, .it_interval.tv_sec = 7};

    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
        int fd = may(timerfd_create(clocks[i], 0), "timerfd_create");

        if (fd >= 0)
            must(timerfd_settime(fd, 0, &when, NULL), "timerfd_settime");
    }
    keep();
}

static void sleep_until(void *unused)
{
    struct timespec when = {.tv_sec = FAR_AWAY};

    (void)unused;
    ready();
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

/* An epoll that watches a pipe, an eventfd, a timer and another epoll. */
static void event_poll(void *unused)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x1122334455667788};
    int outer = must(epoll_create1(0), "epoll_create1"), inner = must(epoll_create1(0), "epoll_create1");
    int ends[2], counter = must(eventfd(0, EFD_SEMAPHORE), "eventfd");

    (void)unused;
    must(pipe(ends), "pipe");
    must(epoll_ctl(inner, EPOLL_CTL_ADD, counter, &event), "epoll_ctl");
    must(epoll_ctl(outer, EPOLL_CTL_ADD, ends[0], &event), "epoll_ctl");
    event.events = EPOLLIN | EPOLLPRI | EPOLLONESHOT;
    must(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event), "epoll_ctl");
    ready();
    epoll_wait(outer, &event, 1, -1);
}

static void watch_files(void *unused)
{
    int notify = must(inotify_init1(0), "inotify_init1");
    int all = may(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), "fanotify_init");
    char byte[512];

    (void)unused;
    must(inotify_add_watch(notify, "/etc", IN_MODIFY | IN_DELETE_SELF), "inotify_add_watch");
    must(inotify_add_watch(notify, "/etc/guest-name", IN_ALL_EVENTS), "inotify_add_watch");
    if (all >= 0)
        may(fanotify_mark(all, FAN_MARK_ADD, FAN_MODIFY | FAN_ONDIR, AT_FDCWD, "/images"), "fanotify_mark");
    ready();
    if (read(notify, byte, sizeof(byte)) < 0)
        rest();
}

static void wait_in_ring(void *unused)
{
    struct io_uring_params parameters = {0};
    int ring = may(syscall(SYS_io_uring_setup, 8, &parameters), "io_uring_setup");

    (void)unused;
    ready();
    if (ring >= 0)
        syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    rest();
}

void create_timers(void)
{
    spawn("posix-timers", posix_timers, NULL);
    spawn("interval-timers", interval_timers, NULL);
    spawn("timer-files", timer_files, NULL);
    spawn("sleep-until", sleep_until, NULL);
    spawn("event-poll", event_poll, NULL);
    spawn("watch-files", watch_files, NULL);
    spawn("wait-in-ring", wait_in_ring, NULL);
}
