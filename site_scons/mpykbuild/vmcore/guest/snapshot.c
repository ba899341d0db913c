/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The recorder: runs some programs, and then copies files of /proc into a tar on a raw disk. While it copies, it does
 * not fork and mounts no file system, because both would change what it records. If the list of tasks has changed
 * meanwhile, it records everything again.
 */
#include "guest.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_TASKS 65536
#define MAX_FILE (16u << 20)
#define MAX_READ (256u << 10) /* a larger read of a sysctl file fails, because the kernel cannot allocate its buffer */
#define MAX_TOOLS 128
#define ATTEMPTS 8
#define BLOCK 512

struct tar_header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, linkname[100];
    char magic[6], version[2], rest[247];
};
_Static_assert(sizeof(struct tar_header) == BLOCK, "a tar header is one block");

struct task_id {
    int pid, tid;
};

struct task_list {
    int count;
    struct task_id ids[MAX_TASKS];
};

/* What a program printed. */
struct output {
    char member[64];
    char *data;
    size_t size;
};

static struct output outputs[MAX_TOOLS];
static int tools;
static bool scale;
static int disk;
static char *buffer;
static struct task_list before, after;

static void put(const void *data, size_t size)
{
    const char *from = data;

    while (size) {
        ssize_t done = write(disk, from, size);

        must(done, "write the truth (is its disk too small?)");
        from += done;
        size -= done;
    }
}

static void put_member(const char *name, const char *data, size_t size)
{
    static const char zeros[BLOCK];
    struct tar_header header;
    unsigned sum = 0;

    memset(&header, 0, sizeof(header));
    snprintf(header.name, sizeof(header.name), "%s", name);
    strcpy(header.mode, "0000644");
    strcpy(header.uid, "0000000");
    strcpy(header.gid, "0000000");
    snprintf(header.size, sizeof(header.size), "%011zo", size);
    strcpy(header.mtime, "00000000000");
    header.type = '0';
    memcpy(header.magic, "ustar", 6);
    memcpy(header.version, "00", 2);
    memset(header.checksum, ' ', sizeof(header.checksum));
    for (size_t i = 0; i < sizeof(header); i++)
        sum += ((unsigned char *)&header)[i];
    snprintf(header.checksum, sizeof(header.checksum), "%06o", sum & 0777777);
    put(&header, sizeof(header));
    put(data, size);
    if (size % BLOCK)
        put(zeros, BLOCK - size % BLOCK);
}

/* Read a file into the buffer from `start` on. Return the number of bytes. */
static size_t read_all(int fd, size_t start)
{
    size_t size = start;
    ssize_t done;

    while (size < MAX_FILE - MAX_READ && (done = read(fd, buffer + size, MAX_READ)) > 0)
        size += done;
    return size - start;
}

/* Copy one file of /proc. Leave it out if it does not exist: the task has ended, or this kernel does not have it. */
static void copy(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t size;

    if (fd < 0)
        return;
    size = read_all(fd, 0);
    close(fd);
    put_member(path + 1, buffer, size);
}

/* Record the targets of the links in `folder` as the file `member`: lines of "name target". */
static void copy_links(const char *folder, const char *member)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t size = 0;

    if (!dir)
        return;
    while ((entry = readdir(dir)) && size < MAX_FILE - 2 * PATH_MAX) {
        char target[PATH_MAX];
        ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));

        if (length < 0)
            continue;
        size += snprintf(buffer + size, MAX_FILE - size, "%s %.*s\n", entry->d_name, (int)length, target);
    }
    closedir(dir);
    put_member(member, buffer, size);
}

/* Record the links exe, cwd and root of a process as the file "links", in the same form. */
static void copy_own_links(int pid)
{
    static const char *const names[] = {"exe", "cwd", "root"};
    char path[64], target[PATH_MAX];
    size_t size = 0;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        ssize_t length;

        snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[i]);
        length = readlink(path, target, sizeof(target));
        if (length >= 0)
            size += snprintf(buffer + size, MAX_FILE - size, "%s %.*s\n", names[i], (int)length, target);
    }
    snprintf(path, sizeof(path), "proc/%d/links", pid);
    put_member(path, buffer, size);
}

/*
 * Record what /proc/<pid>/fdinfo says about each descriptor, in one file: a line "fd <number>" precedes each of them.
 */
static void copy_fdinfo(int pid)
{
    char path[96];
    struct dirent *entry;
    size_t size = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)) && size < MAX_FILE - 2 * MAX_READ) {
        int fd = entry->d_name[0] == '.' ? -1 : openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            continue;
        size += snprintf(buffer + size, MAX_FILE - size, "fd %s\n", entry->d_name);
        size += read_all(fd, size);
        close(fd);
    }
    if (dir)
        closedir(dir);
    snprintf(path, sizeof(path), "proc/%d/fdinfo", pid);
    put_member(path, buffer, size);
}

static int numeric(const struct dirent *entry)
{
    return isdigit((unsigned char)entry->d_name[0]);
}

static void list_threads(int pid, struct task_list *list)
{
    struct dirent **entries;
    char path[64];
    int count;

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    count = scandir(path, &entries, numeric, NULL);
    for (int i = 0; i < count; i++) {
        if (list->count < MAX_TASKS) {
            list->ids[list->count].pid = pid;
            list->ids[list->count++].tid = atoi(entries[i]->d_name);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void list_tasks(struct task_list *list)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    if (!proc)
        fail("open /proc");
    list->count = 0;
    while ((entry = readdir(proc)))
        if (numeric(entry))
            list_threads(atoi(entry->d_name), list);
    closedir(proc);
}

static bool same_tasks(const struct task_list *a, const struct task_list *b)
{
    return a->count == b->count && !memcmp(a->ids, b->ids, a->count * sizeof(a->ids[0]));
}

static void copy_each(int pid, const char *under, const char *const *names, size_t count)
{
    char path[96];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "/proc/%d%s/%s", pid, under, names[i]);
        copy(path);
    }
}

static void record_process(int pid)
{
    static const char *const files[] = {
        "cmdline", "environ", "maps", "limits", "mountinfo", "cgroup", "statm", "oom_score_adj", "loginuid", "io",
        "uid_map", "gid_map", "personality", "coredump_filter", "timers",
    };
    char folder[64], member[64];

    copy_each(pid, "", files, ARRAY_SIZE(files));
    copy_own_links(pid);
    copy_fdinfo(pid);
    snprintf(folder, sizeof(folder), "/proc/%d/fd", pid);
    snprintf(member, sizeof(member), "proc/%d/fds", pid);
    copy_links(folder, member);
    snprintf(folder, sizeof(folder), "/proc/%d/ns", pid);
    snprintf(member, sizeof(member), "proc/%d/namespaces", pid);
    copy_links(folder, member);
}

static void record_task(const struct task_id *id)
{
    static const char *const files[] = {"stat", "status", "comm", "sched", "schedstat", "wchan", "stack", "syscall"};
    char under[32];

    snprintf(under, sizeof(under), "/task/%d", id->tid);
    copy_each(id->pid, under, files, ARRAY_SIZE(files));
}

/* Record the processes and their tasks, each in files of its own. */
static void record_tasks(void)
{
    for (int i = 0; i < before.count; i++)
        if (before.ids[i].pid == before.ids[i].tid)
            record_process(before.ids[i].pid);
    for (int i = 0; i < before.count; i++)
        record_task(&before.ids[i]);
}

/* Record only the file "stat" of each task, all in one file, because there are too many. */
static void record_many_tasks(void)
{
    size_t size = 0;
    char path[64];

    for (int i = 0; i < before.count && size < MAX_FILE - 2 * MAX_READ; i++) {
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", before.ids[i].pid, before.ids[i].tid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        size += read_all(fd, size);
        close(fd);
    }
    put_member("tasks", buffer, size);
    record_process(1);
}

/* Record the files that belong to no task. `list_path` lists them, one path on each line. */
static void record_listed_files(const char *list_path)
{
    FILE *list = fopen(list_path, "re");
    char path[PATH_MAX];

    if (!list)
        fail("open %s", list_path);
    while (fgets(path, sizeof(path), list)) {
        path[strcspn(path, "\n")] = 0;
        copy(path);
    }
    fclose(list);
}

/* Return the namespace that a member such as tools/blue/ss-tcp is about, or NULL for the first one. */
static const char *network_of(const char *member)
{
    static const char *const names[] = {"blue", "green"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strstr(member, names[i]))
            return names[i];
    return NULL;
}

/* Run the programs of /truth/tools before the tasks are listed, because a new process changes that list. */
static void run_tools(void)
{
    FILE *list = fopen("/truth/tools", "re");
    char line[1024];

    if (!list)
        fail("open /truth/tools");
    while (tools < MAX_TOOLS && fgets(line, sizeof(line), list)) {
        struct output *output = &outputs[tools++];
        char *command = strchr(line, ' ');

        *command = 0;
        snprintf(output->member, sizeof(output->member), "%s", line);
        output->data = output_of(command + 1, network_of(output->member), &output->size);
    }
    fclose(list);
}

static void record_guest(int attempt)
{
    int size = snprintf(buffer, MAX_FILE, "recorder=%d\nattempt=%d\n", getpid(), attempt);

    put_member("guest", buffer, size);
}

static bool record_once(int attempt)
{
    static const char end[2 * BLOCK];

    must(lseek(disk, 0, SEEK_SET), "rewind the truth's disk");
    list_tasks(&before);
    if (scale)
        record_many_tasks();
    else
        record_tasks();
    record_listed_files(scale ? "/truth/scale-files" : "/truth/files");
    for (int i = 0; i < tools; i++)
        put_member(outputs[i].member, outputs[i].data, outputs[i].size);
    record_guest(attempt);
    put(end, sizeof(end));
    must(fsync(disk), "fsync the truth's disk");
    list_tasks(&after);
    return same_tasks(&before, &after);
}

void record_truth(const char *device)
{
    int attempt = 1;

    buffer = malloc(MAX_FILE);
    disk = must(open(device, O_WRONLY | O_CLOEXEC), device);
    ready();
    scale = is_scale_wanted();
    if (!scale) {
        run_tools();
        break_lease();
    }
    while (!record_once(attempt))
        if (attempt++ == ATTEMPTS)
            fail("tasks came and went during each of %d attempts to record them", ATTEMPTS);
    say("READY");
    end_as_told();
    for (;;) /* this task has state R in the truth, so it must not sleep */
        ;
}
