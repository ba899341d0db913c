/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A guest that has a large number of tasks, sockets and mounts, to measure how the time of a command grows. It has
 * nothing else. The kernel's command line asks for it.
 */
#include "addresses.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD "mpyk.scale"
#define GROUPS 50
#define GROUP_TASKS 1000 /* one half are processes that share their memory, the other half are threads */
#define GROUP_SOCKETS 2000
#define BIND_MOUNTS 4500
#define TMPFS_MOUNTS 500
#define STACK 2048 /* bytes; these tasks only sleep */
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define PROCESS (CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD)

bool is_scale_wanted(void)
{
    char line[4096] = "";
    int fd = must(open("/proc/cmdline", O_RDONLY | O_CLOEXEC), "open /proc/cmdline");

    must(read(fd, line, sizeof(line) - 1), "read /proc/cmdline");
    close(fd);
    return strstr(line, WORD) != NULL;
}

static void raise_limits(void)
{
    static const char *const rows[][2] = {
        {"/proc/sys/kernel/pid_max", "4194304"},   {"/proc/sys/kernel/threads-max", "400000"},
        {"/proc/sys/fs/file-max", "1000000"},      {"/proc/sys/fs/mount-max", "1000000"},
        {"/proc/sys/net/core/somaxconn", "65535"}, {"/proc/sys/kernel/hung_task_timeout_secs", "0"},
    };
    struct rlimit files = {GROUP_SOCKETS + 100, GROUP_SOCKETS + 100};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        must(write_file(rows[i][0], rows[i][1]), rows[i][0]);
    must(setrlimit(RLIMIT_NOFILE, &files), "RLIMIT_NOFILE");
}

static void create_many_mounts(void)
{
    char path[64];

    make_dir("/run/many");
    for (int i = 0; i < BIND_MOUNTS + TMPFS_MOUNTS; i++) {
        snprintf(path, sizeof(path), "/run/many/%04d", i);
        make_dir(path);
        if (i < BIND_MOUNTS)
            must(mount("/etc", path, NULL, MS_BIND, NULL), path);
        else
            must(mount("many", path, "tmpfs", MS_NODEV, "size=4k"), path);
    }
}

/* The stacks are too small for snprintf(). */
static int sleep_as(void *number)
{
    char name[16] = "many-00000";

    for (intptr_t left = (intptr_t)number, place = 9; left; left /= 10)
        name[place--] = '0' + left % 10;
    set_name(name);
    rest();
}

static void many_tasks(void *group)
{
    size_t size = (size_t)GROUP_TASKS * STACK;
    char *stacks = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (stacks == MAP_FAILED)
        fail("allocate stacks");
    for (int i = 1; i < GROUP_TASKS; i++) {
        intptr_t number = (intptr_t)group * GROUP_TASKS + i;

        must(clone(sleep_as, stacks + (size_t)i * STACK, i % 2 ? THREAD : PROCESS, (void *)number), "clone");
    }
    keep();
}

/* Each group has another address, so that its ports are its own. */
static void group_address(int group, char text[16])
{
    snprintf(text, 16, "127.0.1.%d", group + 1);
}

static void many_udp(int group)
{
    char text[16];

    group_address(group, text);
    for (int i = 0; i < GROUP_SOCKETS; i++)
        open_bound(AF_INET, SOCK_DGRAM, text, 10000 + i);
}

static void many_tcp(int group)
{
    char text[16];
    int listener;

    group_address(group, text);
    listener = open_bound(AF_INET, SOCK_STREAM, text, 9999);
    must(listen(listener, 64), "listen");
    for (int i = 1; i < GROUP_SOCKETS - 1; i += 2) {
        connect_to(AF_INET, SOCK_STREAM, text, 9999);
        must(accept(listener, NULL, NULL), "accept");
    }
    open_bound(AF_INET, SOCK_DGRAM, text, 9998);
}

static void many_unix(int group)
{
    int pair[2];

    (void)group;
    for (int i = 0; i < GROUP_SOCKETS; i += 2)
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
}

static void many_sockets(void *number)
{
    static void (*const kinds[])(int) = {many_udp, many_unix, many_tcp};
    int group = (intptr_t)number;

    kinds[group % ARRAY_SIZE(kinds)](group);
    keep();
}

void create_scale(void)
{
    char name[16];

    raise_limits();
    run_program("ip link set lo up");
    create_many_mounts();
    for (int group = 0; group < GROUPS; group++) {
        snprintf(name, sizeof(name), "sockets-%02d", group);
        spawn(name, many_sockets, (void *)(intptr_t)group);
    }
    say("sockets and mounts are there");
    for (int group = 0; group < GROUPS; group++) {
        snprintf(name, sizeof(name), "tasks-%02d", group);
        spawn(name, many_tasks, (void *)(intptr_t)group);
    }
    say("tasks are there");
}
