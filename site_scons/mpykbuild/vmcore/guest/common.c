/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static int ready_fd = -1;

static void say_line(const char *prefix, const char *format, va_list args, const char *reason)
{
    char line[512];
    int fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
    int used = snprintf(line, sizeof(line), "mpyk-guest: %s", prefix);

    used += vsnprintf(line + used, sizeof(line) - used, format, args);
    if (used > 400)
        used = 400;
    used += snprintf(line + used, sizeof(line) - used, "%s%s\n", reason ? ": " : "", reason ? reason : "");
    if (fd >= 0 && write(fd, line, used) == used)
        close(fd);
}

void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_line("", format, args, NULL);
    va_end(args);
}

void fail(const char *format, ...)
{
    int error = errno;
    va_list args;

    va_start(args, format);
    say_line("FAILED: ", format, args, error ? strerror(error) : NULL);
    va_end(args);
    sleep(2); /* for the UART to send the line; the host kills us as soon as it has seen it */
    reboot(RB_POWER_OFF);
    _exit(1);
}

long must(long result, const char *what)
{
    if (result < 0)
        fail("%s", what);
    return result;
}

long may(long result, const char *what)
{
    if (result < 0)
        say("this kernel cannot: %s: %s", what, strerror(errno));
    return result;
}

pid_t spawn(const char *comm, void (*body)(void *), void *arg)
{
    int ends[2];
    char word;
    pid_t pid;

    must(pipe2(ends, O_CLOEXEC), "pipe");
    pid = must(fork(), "fork");
    if (pid == 0) {
        close(ends[0]);
        if (ready_fd >= 0)
            close(ready_fd);
        ready_fd = ends[1];
        set_name(comm);
        body(arg);
        _exit(0);
    }
    close(ends[1]);
    while (read(ends[0], &word, 1) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    return pid;
}

void ready(void)
{
    if (ready_fd >= 0)
        close(ready_fd);
    ready_fd = -1;
}

void rest(void)
{
    for (;;)
        pause();
}

void keep(void)
{
    ready();
    rest();
}

void set_name(const char *comm)
{
    prctl(PR_SET_NAME, comm, 0, 0, 0);
}

void make_dir(const char *path)
{
    if (mkdir(path, 0755) && errno != EEXIST)
        fail("mkdir %s", path);
}

int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t done;

    if (fd < 0)
        return -1;
    done = write(fd, text, strlen(text));
    close(fd);
    return done < 0 ? -1 : 0;
}

int open_new(const char *path, const char *text)
{
    int fd = must(open(path, O_CREAT | O_RDWR, 0640), path);

    must(write(fd, text, strlen(text)), path);
    return fd;
}
