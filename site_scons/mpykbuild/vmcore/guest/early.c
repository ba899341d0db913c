/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /init of the initramfs: loads the modules that /modules lists, in that order, mounts the root disk and runs its init.
 * It removes the files of the initramfs, so that they take no memory in the dump.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what)
{
    printf("mpyk-guest: FAILED: %s: %s\n", what, strerror(errno));
    sleep(5);
    _exit(1);
}

static void load_module(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
        fail(path);
    close(fd);
    unlink(path);
}

static void load_listed_modules(void)
{
    FILE *list = fopen("/modules", "r");
    char name[256];

    if (!list)
        fail("/modules");
    while (fgets(name, sizeof(name), list)) {
        name[strcspn(name, "\n")] = 0;
        load_module(name);
    }
    fclose(list);
    unlink("/modules");
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    mkdir("/dev", 0755);
    mkdir("/newroot", 0755);
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, "mode=0755") && errno != EBUSY)
        fail("mount /dev");
    load_listed_modules();
    for (int tries = 0; access("/dev/vda", F_OK) && tries < 500; tries++)
        usleep(20000);
    if (mount("/dev/vda", "/newroot", "ext4", MS_NOATIME, ""))
        fail("mount /dev/vda");
    if (mount("/dev", "/newroot/dev", NULL, MS_MOVE, NULL))
        fail("move /dev");
    unlink("/init");
    if (chdir("/newroot") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
        fail("switch to the root disk");
    execl("/sbin/init", "/sbin/init", (char *)NULL);
    fail("/sbin/init");
}
