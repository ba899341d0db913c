/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates tasks that sleep in many ways, stopped tasks, zombies, and tasks that spin. The name of a task is its kind.
 */
#include "guest.h"

#include <grp.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLEEPERS 160
#define POOLS 8
#define POOL_THREADS 16
#define CHAIN 20
#define ZOMBIES 5

static void sleep_in_pipe(void)
{
    int ends[2];
    char byte;

    must(pipe(ends), "pipe");
    ready();
    if (read(ends[0], &byte, 1) < 0)
        rest();
}

static void sleep_in_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int poller = must(epoll_create1(0), "epoll_create1");

    ready();
    epoll_wait(poller, &event, 1, -1);
}

static void sleep_in_message_queue(void)
{
    struct {
        long type;
        char text[8];
    } message;
    int queue = must(msgget(IPC_PRIVATE, 0600), "msgget");

    ready();
    msgrcv(queue, &message, sizeof(message.text), 0, 0);
}

static void sleep_in_semaphore(void)
{
    struct sembuf take = {.sem_op = -1};
    int set = must(semget(IPC_PRIVATE, 1, 0600), "semget");

    ready();
    semop(set, &take, 1);
}

static void sleep_in_futex(void)
{
    static uint32_t word;

    ready();
    syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void sleep_in_timer(void)
{
    ready();
    sleep(1000000);
}

static void sleep_in_poll(void)
{
    ready();
    poll(NULL, 0, -1);
}

static void sleep_in_signal(void)
{
    ready();
    rest();
}

static void (*const sleeps[])(void) = {
    sleep_in_pipe,  sleep_in_epoll, sleep_in_message_queue, sleep_in_semaphore,
    sleep_in_futex, sleep_in_timer, sleep_in_poll,          sleep_in_signal,
};

/* Sleep for ever. The number `arg` decides how, and also the task's owner, niceness, process group and session. */
static void sleeper(void *arg)
{
    int number = (intptr_t)arg;
    uid_t uid = 1000 + number % 40;
    gid_t groups[] = {uid, 2000 + number % 7};

    if (number % 3 == 0)
        setsid();
    else if (number % 3 == 1)
        setpgid(0, 0);
    must(setpriority(PRIO_PROCESS, 0, number % 40 - 20), "setpriority");
    must(setgroups(ARRAY_SIZE(groups), groups), "setgroups");
    must(setresgid(uid, uid + 1, uid + 2), "setresgid");
    must(setresuid(uid, number % 5 ? uid : uid + 100, uid), "setresuid");
    sleeps[number % ARRAY_SIZE(sleeps)]();
    rest();
}

static void create_sleepers(void)
{
    char name[16];

    for (int i = 0; i < SLEEPERS; i++) {
        snprintf(name, sizeof(name), "sleeper-%03d", i);
        spawn(name, sleeper, (void *)(intptr_t)i);
    }
}

static void rest_ready(void *unused)
{
    (void)unused;
    ready();
    rest();
}

/* Names with blanks, parentheses, newlines and invalid UTF-8: programs that parse lists of tasks often fail on them. */
static void create_odd_names(void)
{
    static const char *const names[] = {
        "fifteen-chars-x", "a name (odd) b",      ") R 1 2 3",  "((",         "tab\there", "new\nline",
        "back\\slash",     "\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd", "bad\xff\xfeutf8", " lead trail ", "",
        "[bracketed]",     "quote\"'s",           "%s%n",       "kworker/9:9", "swapper/7", "\x1b[1mesc",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        spawn(names[i], rest_ready, NULL);
}

struct thread_start {
    pthread_barrier_t *barrier;
    char name[16];
};

static void *pool_thread(void *arg)
{
    struct thread_start *start = arg;

    set_name(start->name);
    pthread_barrier_wait(start->barrier);
    rest();
}

/* Start `count` threads named "<prefix>-NN". Return when all of them have their names. */
static void start_threads(const char *prefix, int count)
{
    pthread_barrier_t *barrier = malloc(sizeof(*barrier));
    struct thread_start *starts = calloc(count, sizeof(*starts));
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_barrier_init(barrier, NULL, count + 1);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (int i = 0; i < count; i++) {
        starts[i].barrier = barrier;
        snprintf(starts[i].name, sizeof(starts[i].name), "%.10s-%02d", prefix, i);
        must(-pthread_create(&thread, &attributes, pool_thread, &starts[i]), "pthread_create");
    }
    pthread_barrier_wait(barrier);
}

static void pool(void *arg)
{
    int number = (intptr_t)arg;
    char prefix[16];

    snprintf(prefix, sizeof(prefix), "worker-%02d", number);
    start_threads(prefix, POOL_THREADS);
    must(setresuid(3000 + number, 3000 + number, 3000 + number), "setresuid");
    ready();
    rest();
}

/* A process whose first thread has ended while other threads still run. /proc shows its leader as a zombie. */
static void headless(void *unused)
{
    (void)unused;
    start_threads("headless", 3);
    ready();
    syscall(SYS_exit, 0);
}

static void create_pools(void)
{
    char name[16];

    for (int i = 0; i < POOLS; i++) {
        snprintf(name, sizeof(name), "pool-%02d", i);
        spawn(name, pool, (void *)(intptr_t)i);
    }
    spawn("headless", headless, NULL);
}

/* A chain of parents and children, for tests of process trees. */
static void chain(void *arg)
{
    intptr_t depth = (intptr_t)arg;
    char name[16];

    if (depth < CHAIN) {
        snprintf(name, sizeof(name), "chain-%02d", (int)depth + 1);
        spawn(name, chain, (void *)(depth + 1));
    }
    ready();
    rest();
}

static void end_at_once(void *unused)
{
    (void)unused;
}

static void create_zombies(void)
{
    char name[16];

    for (int i = 0; i < ZOMBIES; i++) {
        siginfo_t info;
        pid_t pid;

        snprintf(name, sizeof(name), "zombie-%d", i);
        pid = spawn(name, end_at_once, NULL);
        must(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), "waitid");
    }
}

static void stop_here(void *unused)
{
    (void)unused;
    ready();
    raise(SIGSTOP);
    rest();
}

static void be_traced(void *unused)
{
    (void)unused;
    must(ptrace(PTRACE_TRACEME, 0, 0, 0), "ptrace");
    ready();
    raise(SIGUSR1);
    rest();
}

static void tracer(void *unused)
{
    pid_t pid = spawn("t-traced", be_traced, unused);

    must(waitpid(pid, NULL, 0), "waitpid");
    ready();
    rest();
}

static void create_stopped(void)
{
    for (int i = 0; i < 3; i++) {
        siginfo_t info;
        pid_t pid = spawn("t-stopped", stop_here, NULL);

        must(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), "waitid for the stopped task");
    }
    spawn("tracer", tracer, NULL);
}

static void with_policy(void *arg)
{
    const int *policy = arg;
    struct sched_param parameters = {.sched_priority = policy[1]};

    must(sched_setscheduler(0, policy[0], &parameters), "sched_setscheduler");
    ready();
    rest();
}

static void create_policies(void)
{
    static int fifo[] = {SCHED_FIFO, 10}, rr[] = {SCHED_RR, 5}, batch[] = {SCHED_BATCH, 0}, idle[] = {SCHED_IDLE, 0};

    spawn("sched-fifo", with_policy, fifo);
    spawn("sched-rr", with_policy, rr);
    spawn("sched-batch", with_policy, batch);
    spawn("sched-idle", with_policy, idle);
}

static void namespaced_child(void *flags)
{
    if ((intptr_t)flags & CLONE_NEWUTS)
        must(sethostname("inside", 6), "sethostname in a namespace");
    spawn("ns-grandchild", rest_ready, NULL);
    ready();
    rest();
}

static void namespaced(void *arg)
{
    must(unshare((intptr_t)arg), "unshare");
    spawn("ns-child", namespaced_child, arg);
    ready();
    rest();
}

/* This runs outside of the new user namespace. Inside of it a process could map only its own UID. */
static void map_ids(pid_t pid, int start)
{
    char path[64], byte;

    if (read(start, &byte, 1) < 0)
        fail("wait for the user namespace");
    snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
    must(write_file(path, "0 100000 65536"), "uid_map");
    snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
    must(write_file(path, "0 200000 65536"), "gid_map");
    _exit(0);
}

static void user_namespaced(void *unused)
{
    pid_t self = getpid(), mapper;
    int ends[2];

    (void)unused;
    must(pipe(ends), "pipe");
    mapper = must(fork(), "fork");
    if (mapper == 0) {
        close(ends[1]);
        map_ids(self, ends[0]);
    }
    must(unshare(CLONE_NEWUSER), "unshare the user namespace");
    close(ends[1]);
    must(waitpid(mapper, NULL, 0), "wait for the id maps");
    must(setresgid(7, 7, 7), "setresgid in the user namespace");
    must(setresuid(5, 6, 5), "setresuid in the user namespace");
    ready();
    rest();
}

static void create_namespaced(void)
{
    intptr_t all = CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWCGROUP;

    spawn("ns-all", namespaced, (void *)all);
    spawn("ns-pid", namespaced, (void *)(intptr_t)CLONE_NEWPID);
    spawn("ns-user", user_namespaced, NULL);
}

static void with_limits(void *unused)
{
    struct rlimit files = {123, 456}, core = {RLIM_INFINITY, RLIM_INFINITY};

    (void)unused;
    must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
    must(setrlimit(RLIMIT_CORE, &core), "setrlimit");
    ready();
    rest();
}

static void in_group(void *unused)
{
    (void)unused;
    must(write_file("/sys/fs/cgroup/mpyk/inner/cgroup.procs", "0"), "join the control group");
    start_threads("grouped", 2);
    ready();
    rest();
}

void create_tasks(void)
{
    create_sleepers();
    create_odd_names();
    create_pools();
    spawn("chain-00", chain, NULL);
    create_zombies();
    create_stopped();
    create_policies();
    create_namespaced();
    spawn("limits", with_limits, NULL);
    spawn("cgroup-member", in_group, NULL);
}

static void spin(void *arg)
{
    intptr_t cpu = (intptr_t)arg;
    struct sched_param parameters = {0};
    cpu_set_t set;

    must(sched_setscheduler(0, SCHED_IDLE, &parameters), "sched_setscheduler");
    if (cpu >= 0) {
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        must(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
    }
    ready();
    for (;;)
        ;
}

void create_spinners(void)
{
    spawn("r-spin-cpu0", spin, (void *)0);
    spawn("r-spin-cpu1", spin, (void *)1);
    spawn("r-spin-any", spin, (void *)-1);
}
