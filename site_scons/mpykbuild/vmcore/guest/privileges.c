/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates processes that differ in their environment, capabilities, seccomp mode, control group and limits.
 */
#include "guest.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A program with arguments and an environment. It is our own program, which only sleeps if it has this name. */
static void with_environment(void *unused)
{
    static char *const words[] = {SLEEPER, "--an option", "", "\xc5\xbelu\xc5\xa5", NULL};
    static char *const variables[] = {"HOME=/root",     "EMPTY=",          "WITH BLANK=a b",
                                      "LINES=one\ntwo", "PATH=/bin:/sbin", NULL};

    (void)unused;
    execve("/sbin/init", words, variables);
    fail("execve");
}

static void few_capabilities(void *unused)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{.effective = 1u << CAP_NET_ADMIN,
                                              .permitted = 1u << CAP_NET_ADMIN | 1u << CAP_SYS_TIME,
                                              .inheritable = 1u << CAP_SYS_TIME}};

    (void)unused;
    must(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0), "PR_CAPBSET_DROP");
    must(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_KEEP_CAPS, 0, 0, 0), "PR_SET_SECUREBITS");
    must(setresuid(4000, 4000, 4000), "setresuid");
    must(syscall(SYS_capset, &head, data), "capset");
    must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_TIME, 0, 0), "PR_CAP_AMBIENT");
    keep();
}

static void filtered(void *unused)
{
    static struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {.len = ARRAY_SIZE(allow), .filter = allow};

    (void)unused;
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), "PR_SET_SECCOMP");
    keep();
}

static void limited(void *unused)
{
    struct rlimit memory = {64 << 20, 128 << 20}, time = {1000, 2000}, none = {0, 0};

    (void)unused;
    must(setrlimit(RLIMIT_AS, &memory), "RLIMIT_AS");
    must(setrlimit(RLIMIT_CPU, &time), "RLIMIT_CPU");
    must(setrlimit(RLIMIT_CORE, &none), "RLIMIT_CORE");
    must(write_file("/proc/self/oom_score_adj", "-500"), "oom_score_adj");
    must(prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0), "PR_SET_TIMERSLACK");
    keep();
}

/* The parameters of SCHED_DEADLINE, which the C library has no function for. */
struct deadline {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static void with_deadline(void *unused)
{
    struct deadline wanted = {
        .size = sizeof(wanted), .policy = 6, .runtime = 1000000, .deadline = 50000000, .period = 100000000};

    (void)unused;
    may(syscall(SYS_sched_setattr, 0, &wanted, 0), "sched_setattr");
    keep();
}

static void on_one_cpu(void *unused)
{
    cpu_set_t set;

    (void)unused;
    CPU_ZERO(&set);
    CPU_SET(1, &set);
    must(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
    keep();
}

static void in_group(void *path)
{
    must(write_file(path, "0"), path);
    keep();
}

/* Control groups: one with limits, and one that is frozen. */
static void create_groups(void)
{
    static const char *const rows[][2] = {
        {"/sys/fs/cgroup/cgroup.subtree_control", "+cpu +memory +pids"},
        {"/sys/fs/cgroup/mpyk/limited/cpu.max", "20000 100000"},
        {"/sys/fs/cgroup/mpyk/limited/memory.max", "33554432"},
        {"/sys/fs/cgroup/mpyk/limited/pids.max", "77"},
    };

    make_dir("/sys/fs/cgroup/mpyk/frozen");
    make_dir("/sys/fs/cgroup/mpyk/limited");
    may(write_file(rows[0][0], rows[0][1]), rows[0][0]);
    may(write_file("/sys/fs/cgroup/mpyk/cgroup.subtree_control", "+cpu +memory +pids"), "subtree_control");
    for (size_t i = 1; i < ARRAY_SIZE(rows); i++)
        may(write_file(rows[i][0], rows[i][1]), rows[i][0]);
    spawn("cg-limited", in_group, "/sys/fs/cgroup/mpyk/limited/cgroup.procs");
    spawn("cg-frozen", in_group, "/sys/fs/cgroup/mpyk/frozen/cgroup.procs");
    may(write_file("/sys/fs/cgroup/mpyk/frozen/cgroup.freeze", "1"), "cgroup.freeze");
}

void create_privileges(void)
{
    spawn("environment", with_environment, NULL);
    spawn("few-caps", few_capabilities, NULL);
    spawn("seccomp", filtered, NULL);
    spawn("limits-2", limited, NULL);
    spawn("sched-deadline", with_deadline, NULL);
    spawn("on-cpu-1", on_one_cpu, NULL);
    create_groups();
}
