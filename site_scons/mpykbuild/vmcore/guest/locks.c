/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates file locks of each kind, held and waited for: POSIX, flock, open file description, and leases.
 */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#define POSIX "/run/locked"
#define FLOCK "/run/flocked"
#define OFD "/run/ofd-locked"
#define LEASE "/tmp/leased"

static struct flock range_of(int type, long start, long length)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

static void lock_holder(void *unused)
{
    struct flock range = range_of(F_WRLCK, 10, 20), other = range_of(F_RDLCK, 100, 1);
    int fd = open_new(POSIX, "some text that is locked in part");
    int whole = open_new(FLOCK, "x");

    (void)unused;
    must(fcntl(fd, F_SETLK, &range), "lock a range");
    must(fcntl(fd, F_SETLK, &other), "lock another range");
    must(flock(whole, LOCK_EX), "flock");
    keep();
}

static void lock_waiter(void *unused)
{
    struct flock range = range_of(F_RDLCK, 0, 0);
    int fd = must(open(POSIX, O_RDWR), "open the locked file");

    (void)unused;
    ready();
    fcntl(fd, F_SETLKW, &range);
}

static void second_waiter(void *unused)
{
    struct flock range = range_of(F_WRLCK, 25, 2);
    int fd = must(open(POSIX, O_RDWR), "open the locked file");

    (void)unused;
    ready();
    fcntl(fd, F_SETLKW, &range);
}

static void flock_waiter(void *unused)
{
    int fd = must(open(FLOCK, O_RDWR), "open the locked file");

    (void)unused;
    ready();
    flock(fd, LOCK_SH);
}

static void ofd_holder(void *unused)
{
    struct flock range = range_of(F_WRLCK, 0, 50), shared = range_of(F_RDLCK, 60, 5);
    int fd = open_new(OFD, "locked by an open file");

    (void)unused;
    must(fcntl(fd, F_OFD_SETLK, &range), "lock by an open file");
    must(fcntl(fd, F_OFD_SETLK, &shared), "lock by an open file");
    keep();
}

static void ofd_waiter(void *unused)
{
    struct flock range = range_of(F_RDLCK, 49, 1);
    int fd = must(open(OFD, O_RDWR), "open the locked file");

    (void)unused;
    ready();
    fcntl(fd, F_OFD_SETLKW, &range);
}

static void lease_holder(void *unused)
{
    int fd = open_new(LEASE, "leased");

    (void)unused;
    must(fcntl(fd, F_SETSIG, SIGURG), "F_SETSIG"); /* the signal that a lease is broken shall not end this task */
    must(fcntl(fd, F_SETLEASE, F_WRLCK), "take a lease");
    keep();
}

static void lease_breaker(void *unused)
{
    (void)unused;
    ready();
    /* A reader that breaks a write lease polls in each jiffy (__break_lease() in fs/locks.c); a writer sleeps. */
    if (open(LEASE, O_WRONLY) < 0)
        rest();
}

void create_locks(void)
{
    must(write_file("/proc/sys/fs/lease-break-time", "86400"), "lease-break-time");
    spawn("lock-holder", lock_holder, NULL);
    spawn("lock-waiter", lock_waiter, NULL);
    spawn("lock-waiter-2", second_waiter, NULL);
    spawn("flock-waiter", flock_waiter, NULL);
    spawn("ofd-holder", ofd_holder, NULL);
    spawn("ofd-waiter", ofd_waiter, NULL);
    spawn("lease-holder", lease_holder, NULL);
}

/* lslocks 2.38 cannot parse the line of /proc/locks about a lease that is being broken, so it runs before this. */
void break_lease(void)
{
    spawn("lease-breaker", lease_breaker, NULL);
    usleep(200000); /* it must sleep when the tasks are recorded */
}
