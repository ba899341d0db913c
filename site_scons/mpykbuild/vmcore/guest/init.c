/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PID 1: mounts /proc and other basics, loads modules, creates all objects, starts the recorder, and then sleeps.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRUTH_DISK "/dev/vdb"

static void load_module(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    must(fd, path);
    if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
        fail("load %s", path);
    close(fd);
}

/* /lib/guest-modules/list has the modules in an order in which each comes after those that it needs. */
static void load_listed_modules(void)
{
    FILE *list = fopen("/lib/guest-modules/list", "re");
    char name[128], path[192];

    if (!list)
        fail("open the list of modules");
    while (fgets(name, sizeof(name), list)) {
        name[strcspn(name, "\n")] = 0;
        snprintf(path, sizeof(path), "/lib/guest-modules/%s", name);
        load_module(path);
    }
    fclose(list);
}

static void mount_basics(void)
{
    must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
    must(mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /sys");
    must(mount("tmpfs", "/run", "tmpfs", MS_NOSUID, "mode=0755,size=16m"), "mount /run");
}

static void record(void *device)
{
    record_truth(device);
}

static void create_objects(void)
{
    create_mounts();
    create_mount_namespaces();
    create_interfaces();
    create_networks();
    create_sockets();
    create_datagrams();
    create_lossy_tcp();
    create_files();
    create_locks();
    create_timers();
    create_tasks();
    create_privileges();
    create_stuck_tasks();
    create_suspended();
    create_spinners();
    create_short_lived();
}

int main(int count, char *words[])
{
    if (count && !strcmp(words[0], SLEEPER)) {
        set_name("environment");
        rest();
    }
    mount_basics();
    must(sethostname("mpyk-guest", 10), "sethostname");
    must(setdomainname("test.invalid", 12), "setdomainname");
    set_name("mpyk-init");
    load_listed_modules();
    if (is_scale_wanted())
        create_scale();
    else
        create_objects();
    sleep(1); /* the new tasks need some time until they sleep where they stay */
    spawn("mpyk-truth", record, TRUTH_DISK);
    rest(); /* we reap no children, because the tests need zombies */
}
