/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates tasks in state D. They wait for a vfork, for a frozen file system, for a file server that never answers, or
 * for locks of our test module.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fuse.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FROZEN "/mnt/frozen"
#define HUNG "/mnt/hung"
#define CONTROL "/proc/mpyk_testmod_control"

/* The parent of a vfork() waits in state D until the child execs or ends. This child only sleeps. */
static void wait_for_vfork(void *unused)
{
    (void)unused;
    ready();
    if (vfork() == 0) {
        set_name("vfork-child");
        for (;;)
            pause();
    }
}

static void write_frozen(void *unused)
{
    int fd = must(open(FROZEN "/file", O_WRONLY), "open the frozen file");

    (void)unused;
    ready();
    if (write(fd, "x", 1) < 0)
        rest();
}

/* open() has already reserved a file descriptor when it waits, but that descriptor has no file yet. */
static void open_in_frozen(void *unused)
{
    (void)unused;
    ready();
    open(FROZEN "/new", O_CREAT | O_WRONLY, 0644);
}

static void make_in_frozen(void *unused)
{
    (void)unused;
    ready();
    mkdir(FROZEN "/never", 0755);
}

/* Mount the disk image on a loop device and freeze it. A task that writes to it waits for ever. */
static void freeze(void)
{
    int control = must(open("/dev/loop-control", O_RDWR | O_CLOEXEC), "open loop-control");
    int number = must(ioctl(control, LOOP_CTL_GET_FREE), "find a loop device");
    int image = must(open("/images/frozen.img", O_RDWR | O_CLOEXEC), "open the image");
    char path[32];
    int loop, root;

    snprintf(path, sizeof(path), "/dev/loop%d", number);
    loop = must(open(path, O_RDWR | O_CLOEXEC), path);
    must(ioctl(loop, LOOP_SET_FD, image), "set up the loop device");
    make_dir(FROZEN);
    must(mount(path, FROZEN, "ext4", MS_NOATIME | MS_NOSUID, "errors=remount-ro"), "mount " FROZEN);
    must(open(FROZEN "/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644), "create a file in " FROZEN);
    root = must(open(FROZEN, O_RDONLY | O_CLOEXEC), "open " FROZEN);
    must(ioctl(root, FIFREEZE, 0), "freeze " FROZEN);
    close(root);
    close(loop);
    close(image);
    close(control);
}

/* Answer the first request of a FUSE mount. Later requests get no answer. */
static void answer_init(int fuse)
{
    static char request[FUSE_MIN_READ_BUFFER * 32];
    const struct fuse_in_header *in = (const void *)request;
    const struct fuse_init_in *init = (const void *)(in + 1);
    struct {
        struct fuse_out_header head;
        struct fuse_init_out body;
    } out = {.body = {.major = FUSE_KERNEL_VERSION, .max_write = 4096, .max_background = 4}};

    must(read(fuse, request, sizeof(request)), "read the first FUSE request");
    if (in->opcode != FUSE_INIT)
        fail("FUSE did not begin with INIT but with %u", in->opcode);
    out.body.minor = init->minor < FUSE_KERNEL_MINOR_VERSION ? init->minor : FUSE_KERNEL_MINOR_VERSION;
    out.head.len = sizeof(out);
    out.head.unique = in->unique;
    must(write(fuse, &out, sizeof(out)), "answer FUSE's INIT");
}

static void hung_server(void *unused)
{
    int fuse = must(open("/dev/fuse", O_RDWR | O_CLOEXEC), "open /dev/fuse");
    char options[96];

    (void)unused;
    make_dir(HUNG);
    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
    must(mount("mpyk-hung", HUNG, "fuse.hung", MS_NOSUID | MS_NODEV, options), "mount " HUNG);
    answer_init(fuse);
    ready();
    rest();
}

/* mkdir() holds the lock of the parent folder while it waits for the file server. */
static void make_in_hung(void *name)
{
    ready();
    mkdir(name, 0755);
}

static void open_in_hung(void *name)
{
    ready();
    if (open(name, O_RDONLY) < 0)
        rest();
}

/* Hang in our test module, which knows the name of this task as a role: see testmod/hang_roles.c. */
static void hang_in_module(void *role)
{
    ready();
    if (write_file(CONTROL, role))
        fail("play the role %s", (const char *)role);
}

/* The module starts its own kernel threads first. Each of our tasks hangs before the next one begins. */
static void create_module_hangs(void)
{
    static const char *const roles[] = {"d-mutex-user", "d-rwsem-user", "d-rwsem-write", "d-rwsem-read",
                                        "d-calls-user"};
    char await[32];

    if (access(CONTROL, F_OK))
        return;
    must(write_file(CONTROL, "start"), "start the hangs of the test module");
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        spawn(roles[i], hang_in_module, (void *)roles[i]);
        snprintf(await, sizeof(await), "await %s", roles[i]);
        must(write_file(CONTROL, await), await);
    }
}

void create_stuck_tasks(void)
{
    create_module_hangs();
    spawn("d-vfork-parent", wait_for_vfork, NULL);
    freeze();
    spawn("d-frozen-write", write_frozen, NULL);
    spawn("d-frozen-open", open_in_frozen, NULL);
    spawn("d-frozen-mkdir", make_in_frozen, NULL);
    spawn("fuse-server", hung_server, NULL);
    spawn("s-fuse-mkdir", make_in_hung, HUNG "/first");
    usleep(200000); /* "s-fuse-mkdir" must hold the lock before the next tasks wait for it */
    spawn("d-lock-mkdir", make_in_hung, HUNG "/second");
    spawn("d-lock-open", open_in_hung, HUNG "/third");
}
