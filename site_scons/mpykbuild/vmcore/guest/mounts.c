/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates mounts of several kinds: with options, unusual names, propagation, and one mount on top of another.
 */
#include "guest.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <unistd.h>

struct wanted_mount {
    const char *source, *target, *type;
    unsigned long flags;
    const char *options;
};

/* The mounts, in this order. If a kernel does not have a type, that mount is left out and a line is written. */
static const struct wanted_mount wanted[] = {
    {"devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=000"},
    {"tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "size=8m"},
    {"mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, "nsdelegate"},
    {"securityfs", "/sys/kernel/security", "securityfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"debugfs", "/sys/kernel/debug", "debugfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"tracefs", "/sys/kernel/tracing", "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"tmpfs", "/mnt/small", "tmpfs", MS_NOATIME, "size=1m,nr_inodes=64,mode=0700,uid=1000,gid=1000"},
    {"a source", "/mnt/with blank", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k"},
    {"ramfs", "/mnt/ram", "ramfs", MS_RELATIME, "mode=0755"},
    {"lower", "/mnt/stacked", "tmpfs", 0, "size=64k"},
    {"upper", "/mnt/stacked", "tmpfs", MS_SYNCHRONOUS, "size=128k"},
    {"/etc", "/mnt/bind", NULL, MS_BIND, NULL},
    {"/etc/guest-name", "/mnt/bound-file", NULL, MS_BIND, NULL},
    {"overlay", "/mnt/overlay", "overlay", 0, "lowerdir=/etc,upperdir=/mnt/ram/upper,workdir=/mnt/ram/work"},
    {NULL, "/mnt/small", NULL, MS_SHARED, NULL},
    {NULL, "/mnt/ram", NULL, MS_UNBINDABLE, NULL},
    {NULL, "/mnt/bind", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOEXEC, NULL},
};

static void mount_one(const struct wanted_mount *entry)
{
    if (mount(entry->source ? entry->source : "none", entry->target, entry->type, entry->flags, entry->options))
        may(-1, entry->target);
}

void create_mounts(void)
{
    static const char *const folders[] = {"/dev/pts", "/dev/shm", "/dev/mqueue", "/mnt/small", "/mnt/with blank",
                                          "/mnt/ram", "/mnt/stacked", "/mnt/bind", "/mnt/overlay"};

    for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
        make_dir(folders[i]);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        mount_one(&wanted[i]);
        if (wanted[i].type && wanted[i].type[0] == 'r') {
            make_dir("/mnt/ram/upper");
            make_dir("/mnt/ram/work");
        }
    }
    make_dir("/sys/fs/cgroup/mpyk");
    make_dir("/sys/fs/cgroup/mpyk/inner");
}

/* A mount namespace that differs from the first one: other mounts, one less, and another propagation. */
static void own_mounts(void *unused)
{
    (void)unused;
    must(unshare(CLONE_NEWNS), "unshare the mount namespace");
    must(mount(NULL, "/mnt/small", NULL, MS_SLAVE, NULL), "make /mnt/small a slave");
    must(mount("private", "/mnt/private", "tmpfs", MS_NODEV, "size=32k"), "mount /mnt/private");
    make_dir("/mnt/private/proc");
    make_dir("/mnt/private/tmp");
    may(mount("proc", "/mnt/private/proc", "proc", MS_RDONLY, "hidepid=2"), "mount a second proc");
    must(mount("/tmp", "/mnt/private/tmp", NULL, MS_BIND | MS_REC, NULL), "bind /tmp");
    may(umount2("/mnt/overlay", 0), "unmount /mnt/overlay in a namespace");
    keep();
}

/* A process whose folder is on a file system that is not mounted any more. */
static void in_detached_mount(void *unused)
{
    (void)unused;
    must(mount("gone", "/mnt/gone", "tmpfs", 0, "size=32k"), "mount /mnt/gone");
    must(chdir("/mnt/gone"), "chdir");
    open_new("still-open", "on a detached mount");
    must(umount2("/mnt/gone", MNT_DETACH), "detach /mnt/gone");
    keep();
}

static void in_other_root(void *unused)
{
    (void)unused;
    must(chroot("/mnt/ram"), "chroot");
    must(chdir("/upper"), "chdir");
    keep();
}

void create_mount_namespaces(void)
{
    make_dir("/mnt/private");
    make_dir("/mnt/gone");
    spawn("own-mounts", own_mounts, NULL);
    spawn("detached-mount", in_detached_mount, NULL);
    spawn("chrooted", in_other_root, NULL);
}
