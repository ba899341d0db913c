/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into a crash that tests start once.  When crash waits for its second command, it makes
 * a copy of itself for each request instead, and only the copies go on.  Starting crash takes ten
 * seconds, a copy some milliseconds.
 *
 * A request is one message on the socket whose number is in $MPYK_COPIES.  It has the copy's stdin,
 * stdout, stderr and a pipe for reports as file descriptors, then its folder and its environment as
 * strings, each with its zero byte.  The reports are two lines: the PID when the copy starts, and
 * its status as waitpid() has it when it has ended.
 *
 * The first command is for the starter: it ends gdb's threads, which a copy would not have.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_COPIES 64
#define MAX_REQUEST (256 * 1024)
#define MAX_FD 1024
#define FDS 4
#define REPORT (FDS - 1)

struct copy {
    pid_t pid;
    int pidfd;
    int report;
};

static struct copy copies[MAX_COPIES];
static int copy_count;
static int requests = -1;
static int commands;

static char request[MAX_REQUEST];
static ssize_t request_size;
static int request_fds[FDS];

__attribute__((noreturn)) static void
fail(const char *what)
{
    perror(what);
    _exit(70);
}

__attribute__((constructor)) static void
start(void)
{
    const char *number = getenv("MPYK_COPIES");

    if (number != NULL) {
        requests = atoi(number);
        fcntl(requests, F_SETFD, FD_CLOEXEC);
    }
    /* The programs that crash starts are not for us. */
    unsetenv("MPYK_COPIES");
    unsetenv("LD_PRELOAD");
}

/* Gives a file of the copy its own position: crash reads the dump with lseek() and read(). */
static void
own_file(int fd)
{
    char path[64];
    int flags = fcntl(fd, F_GETFL), on_exec = fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0;
    off_t position = lseek(fd, 0, SEEK_CUR);

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int own = open(path, flags & (O_ACCMODE | O_APPEND));
    if (own < 0 || lseek(own, position, SEEK_SET) < 0 || dup3(own, fd, on_exec) < 0) {
        fail(path);
    }
    close(own);
}

/* Gives the copy its own pipe in place of that with number `inode`: gdb wakes itself with pipes. */
static void
own_pipe(ino_t inode)
{
    int own[2];
    struct stat facts;

    if (pipe2(own, O_CLOEXEC) < 0) {
        fail("pipe2");
    }
    for (int fd = 3; fd < MAX_FD; fd++) {
        if (fd != own[0] && fd != own[1] && fstat(fd, &facts) == 0 && S_ISFIFO(facts.st_mode) &&
            facts.st_ino == inode) {
            int flags = fcntl(fd, F_GETFL);
            dup3(own[(flags & O_ACCMODE) == O_WRONLY], fd, O_CLOEXEC);
            fcntl(fd, F_SETFL, flags);
        }
    }
    close(own[0]);
    close(own[1]);
}

static void
own_descriptors(void)
{
    ino_t done[MAX_FD];
    int count = 0;
    struct stat facts;

    for (int fd = 3; fd < MAX_FD; fd++) {
        if (fstat(fd, &facts) < 0) {
            continue;
        }
        if (S_ISREG(facts.st_mode)) {
            own_file(fd);
        } else if (S_ISFIFO(facts.st_mode)) {
            int known = 0;
            for (int i = 0; i < count; i++) {
                known |= done[i] == facts.st_ino;
            }
            if (!known) {
                own_pipe(facts.st_ino);
                fstat(fd, &facts);
                done[count++] = facts.st_ino;
            }
        }
    }
}

/* In the copy: become what the request asks for. */
static void
become(void)
{
    const char *word = request, *end = request + request_size;

    setsid();
    close(requests);
    requests = -1;
    for (int i = 0; i < copy_count; i++) {
        close(copies[i].pidfd);
        close(copies[i].report);
    }
    for (int fd = 0; fd < REPORT; fd++) {
        if (dup2(request_fds[fd], fd) < 0) {
            fail("dup2");
        }
        close(request_fds[fd]);
    }
    close(request_fds[REPORT]);
    own_descriptors();
    if (chdir(word) < 0) {
        fail(word);
    }
    clearenv();
    for (word += strlen(word) + 1; word < end; word += strlen(word) + 1) {
        putenv(strdup(word));
    }
}

/* Receives one request.  Returns whether there was one; there is none when the starter has gone. */
static int
receive(void)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(request_fds))];
    } control;
    struct iovec part = {request, sizeof(request) - 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    request_size = recvmsg(requests, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (request_size <= 0 || header == NULL || header->cmsg_len != CMSG_LEN(sizeof(request_fds)) ||
        message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        return 0;
    }
    memcpy(request_fds, CMSG_DATA(header), sizeof(request_fds));
    request[request_size] = '\0';
    return 1;
}

/* Returns 1 in the copy. */
static int
make_copy(void)
{
    struct copy *made = &copies[copy_count];

    if (copy_count == MAX_COPIES) {
        fail("too many copies");
    }
    fflush(NULL);
    made->pid = fork();
    if (made->pid == 0) {
        become();
        return 1;
    }
    made->pidfd = (int)syscall(SYS_pidfd_open, made->pid, 0);
    if (made->pid < 0 || made->pidfd < 0) {
        fail("copy");
    }
    made->report = request_fds[REPORT];
    dprintf(made->report, "%d\n", made->pid);
    for (int i = 0; i < REPORT; i++) {
        close(request_fds[i]);
    }
    copy_count++;
    return 0;
}

static void
report_end(int number)
{
    struct copy *ended = &copies[number];
    int status = 0;

    waitpid(ended->pid, &status, 0);
    dprintf(ended->report, "%d\n", status);
    close(ended->report);
    close(ended->pidfd);
    copies[number] = copies[--copy_count];
}

/* A copy has only the thread that makes it. */
static void
wait_for_other_threads(void)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct stat facts;

        /* The folder has a link for each thread, and two of its own. */
        if (stat("/proc/self/task", &facts) == 0 && facts.st_nlink == 3) {
            return;
        }
        usleep(10000);
    }
    fail("threads of gdb");
}

/* Returns in copies only. */
static void
serve(void)
{
    wait_for_other_threads();
    for (;;) {
        struct pollfd waited[MAX_COPIES + 1];
        int known = copy_count;

        waited[known] = (struct pollfd){requests, POLLIN, 0};
        for (int i = 0; i < known; i++) {
            waited[i] = (struct pollfd){copies[i].pidfd, POLLIN, 0};
        }
        if (poll(waited, (nfds_t)known + 1, -1) < 0) {
            continue;
        }
        for (int i = known - 1; i >= 0; i--) {
            if (waited[i].revents) {
                report_end(i);
            }
        }
        if (waited[known].revents && !receive()) {
            _exit(0);
        }
        if (waited[known].revents && make_copy()) {
            return;
        }
    }
}

/* crash reads each command with this function if stdin is not a terminal. */
char *
fgets(char *line, int size, FILE *file)
{
    static char *(*real)(char *, int, FILE *);

    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "fgets");
    }
    if (file == stdin && requests >= 0 && ++commands == 2) {
        serve();
    }
    return real(line, size, file);
}
