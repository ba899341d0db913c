/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates open files of many kinds, locks, pipes with data, SysV objects, and shared memory.
 */
#include "guest.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void open_files(void *unused)
{
    int deleted = open_new("/tmp/deleted", "gone");

    (void)unused;
    unlink("/tmp/deleted");
    lseek(deleted, 2, SEEK_SET);
    open_new("/run/on tmpfs", "a name with a blank");
    must(open("/proc/self/status", O_RDONLY), "open a file of /proc");
    must(open("/dev/null", O_RDWR), "open /dev/null");
    must(open("/tmp", O_RDONLY | O_DIRECTORY), "open /tmp");
    must(open("/etc/guest-name", O_PATH), "open with O_PATH");
    must(dup2(deleted, 200), "dup2 to a high number");
    must(memfd_create("a memfd", 0), "memfd_create");
    must(chdir("/tmp"), "chdir");
    must(umask(027), "umask");
    keep();
}

static void open_special(void *unused)
{
    sigset_t mask;
    struct itimerspec when = {.it_value = {.tv_sec = 1000000}};
    int timer = must(timerfd_create(CLOCK_MONOTONIC, 0), "timerfd_create");

    (void)unused;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    must(signalfd(-1, &mask, 0), "signalfd");
    must(eventfd(7, 0), "eventfd");
    must(timerfd_settime(timer, 0, &when, NULL), "timerfd_settime");
    must(inotify_add_watch(must(inotify_init(), "inotify_init"), "/tmp", IN_CREATE), "inotify_add_watch");
    raise(SIGUSR2); /* the signal is blocked, so it stays pending */
    signal(SIGHUP, SIG_IGN);
    keep();
}

static void pipes(void *unused)
{
    int ends[2], big[2];

    (void)unused;
    must(pipe(ends) | pipe(big), "pipe");
    must(write(ends[1], "sixteen bytes...", 16), "fill a pipe");
    must(fcntl(big[1], F_SETPIPE_SZ, 1 << 18), "enlarge a pipe");
    must(mkfifo("/run/fifo", 0600), "mkfifo");
    must(open("/run/fifo", O_RDWR), "open the fifo");
    keep();
}

static void sysv(void *unused)
{
    struct {
        long type;
        char text[40];
    } message = {3, "a message that nobody reads"};
    int queue = must(msgget(0x4d01, IPC_CREAT | 0640), "msgget");
    int set = must(semget(0x4d02, 5, IPC_CREAT | 0600), "semget");
    int first = must(shmget(0x4d03, 1 << 20, IPC_CREAT | 0666), "shmget");
    int second = must(shmget(IPC_PRIVATE, 12345, IPC_CREAT | 0600), "shmget");
    char *memory = shmat(first, NULL, 0);

    (void)unused;
    must(msgsnd(queue, &message, sizeof(message.text), 0), "msgsnd");
    must(semctl(set, 2, SETVAL, 9), "semctl");
    memset(memory, 'm', 300 << 10);
    if (shmat(second, NULL, SHM_RDONLY) == (void *)-1 || memory == (void *)-1)
        fail("shmat");
    must(shmctl(second, IPC_RMID, NULL), "remove an attached segment");
    keep();
}

static void memory(void *unused)
{
    struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 64};
    char *anonymous = mmap(NULL, 6 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *shared = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mqd_t queue = mq_open("/mpyk-queue", O_CREAT | O_RDWR, 0600, &attributes);

    (void)unused;
    must(queue, "mq_open");
    must(mq_send(queue, "hello", 5, 1), "mq_send");
    memset(anonymous, 'a', 5 << 20);
    memset(shared, 's', 1 << 20);
    must(mlock(anonymous, 1 << 20), "mlock");
    keep();
}

void create_files(void)
{
    spawn("open-files", open_files, NULL);
    spawn("open-special", open_special, NULL);
    spawn("pipes", pipes, NULL);
    spawn("sysv", sysv, NULL);
    spawn("memory", memory, NULL);
}
