/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates tasks that wait for I/O. The device mapper keeps the requests to a suspended device until it is resumed.
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME "mpyk-suspended"
#define DEVICE "/dev/mpyk-suspended"
#define SECTORS 2048

/* A request of the device mapper with the table that may follow it. */
struct request {
    struct dm_ioctl head;
    struct dm_target_spec target;
    char parameters[64];
};

static void ask(int control, unsigned long command, struct request *request, unsigned flags)
{
    request->head.version[0] = DM_VERSION_MAJOR;
    request->head.data_size = sizeof(*request);
    request->head.data_start = offsetof(struct request, target);
    request->head.flags = flags;
    snprintf(request->head.name, sizeof(request->head.name), NAME);
    must(ioctl(control, command, request), "ask the device mapper");
}

/* Return the path of a loop device on the image. */
static void set_up_loop(char path[32])
{
    int control = must(open("/dev/loop-control", O_RDWR | O_CLOEXEC), "open loop-control");
    int image = must(open("/images/plain.img", O_CREAT | O_RDWR | O_CLOEXEC, 0600), "open the image");
    int loop;

    must(ftruncate(image, SECTORS * 512), "enlarge the image");
    snprintf(path, 32, "/dev/loop%d", (int)must(ioctl(control, LOOP_CTL_GET_FREE), "find a loop device"));
    loop = must(open(path, O_RDWR | O_CLOEXEC), path);
    must(ioctl(loop, LOOP_SET_FD, image), "set up the loop device");
    close(loop);
    close(image);
    close(control);
}

static void make_device(void)
{
    int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    struct request request = {0};
    char loop[32];

    if (may(control, "open the device mapper") < 0)
        return;
    set_up_loop(loop);
    ask(control, DM_DEV_CREATE, &request, 0);
    must(mknod(DEVICE, S_IFBLK | 0600, request.head.dev), DEVICE);
    memset(&request, 0, sizeof(request));
    request.head.target_count = 1;
    request.target.length = SECTORS;
    strcpy(request.target.target_type, "linear");
    snprintf(request.parameters, sizeof(request.parameters), "%s 0", loop);
    ask(control, DM_TABLE_LOAD, &request, 0);
    memset(&request, 0, sizeof(request));
    ask(control, DM_DEV_SUSPEND, &request, 0); /* without the flag this resumes: the table gets active */
    memset(&request, 0, sizeof(request));
    ask(control, DM_DEV_SUSPEND, &request, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG);
    close(control);
}

static void read_page(void *unused)
{
    int fd = must(open(DEVICE, O_RDONLY), DEVICE);
    char byte;

    (void)unused;
    ready();
    if (pread(fd, &byte, 1, 64 << 10) < 0)
        rest();
}

static void read_direct(void *unused)
{
    int fd = must(open(DEVICE, O_RDONLY | O_DIRECT), DEVICE);
    void *buffer = aligned_alloc(4096, 4096);

    (void)unused;
    ready();
    if (pread(fd, buffer, 4096, 128 << 10) < 0)
        rest();
}

/* "d-io-first" reads a page and holds its lock until the data comes. "d-io-second" waits for that lock. */
void create_suspended(void)
{
    make_device();
    if (access(DEVICE, F_OK))
        return;
    spawn("d-io-first", read_page, NULL);
    usleep(100000);
    spawn("d-io-second", read_page, NULL);
    spawn("d-io-direct", read_direct, NULL);
}
