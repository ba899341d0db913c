/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions that older C libraries lack, under their own names, for CPython, libdeflate and
 * ourselves.  They are linked in front of the C library, so that the result needs no version of it
 * later than 2.17.  Functions that have an old version besides the new one are not here: the link
 * chooses the old version (mpykbuild/toolchain/glibc_stubs.py).
 *
 *  function                  glibc since  here it is
 *  getrandom                 2.25        the system call
 *  explicit_bzero            2.25        memset() that is not optimised away
 *  preadv64v2, pwritev64v2   2.26        the system call, else the function without flags
 *  memfd_create              2.27        the system call
 *  copy_file_range           2.27        the system call
 *  statx                     2.28        the system call
 *  fcntl64                   2.28        fcntl(), the same where a long has 64 bits
 *  sem_clockwait             2.30        the C library's if it has it, else sem_timedwait()
 *  [fl]stat[64]              2.33        the system call
 *  fstatat[64]               2.33        the system call
 *  mknod, mknodat            2.33        the system call
 *  close_range               2.34        the system call
 *  closefrom                 2.34        close_range, and on kernels before 5.9 /proc/self/fd
 *  posix_spawn_file_actions_addclosefrom_np
 *                            2.34        the C library's if it has it, else ENOSYS
 *  std::__throw_bad_array_new_length
 *                            gcc 11      std::bad_alloc
 *
 * A system call that the kernel lacks fails with ENOSYS, as with a new C library.  This file does
 * not include the headers that declare these functions.  The names in C are our own, so that no
 * macro or inline function of a C library interferes.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Defines a function that replaces one of the C library. */
#define INSTEAD_OF(type, symbol, ...)                                                              \
    __attribute__((visibility("hidden"))) type mpyk_##symbol(__VA_ARGS__) __asm__(#symbol);        \
    type mpyk_##symbol(__VA_ARGS__)

#if defined(__LP64__) && defined(SYS_newfstatat) && defined(SYS_fstat)

/* On these machines the kernel's struct stat is that of the C library, with and without the 64. */
#define STAT_FAMILY(suffix)                                                                        \
    INSTEAD_OF(int, stat##suffix, const char *path, void *buffer)                                  \
    {                                                                                              \
        return (int)syscall(SYS_newfstatat, AT_FDCWD, path, buffer, 0);                            \
    }                                                                                              \
    INSTEAD_OF(int, lstat##suffix, const char *path, void *buffer)                                 \
    {                                                                                              \
        return (int)syscall(SYS_newfstatat, AT_FDCWD, path, buffer, AT_SYMLINK_NOFOLLOW);          \
    }                                                                                              \
    INSTEAD_OF(int, fstat##suffix, int fd, void *buffer)                                           \
    {                                                                                              \
        return (int)syscall(SYS_fstat, fd, buffer);                                                \
    }                                                                                              \
    INSTEAD_OF(int, fstatat##suffix, int fd, const char *path, void *buffer, int flags)            \
    {                                                                                              \
        return (int)syscall(SYS_newfstatat, fd, path, buffer, flags);                              \
    }

STAT_FAMILY()
STAT_FAMILY(64)

INSTEAD_OF(int, mknodat, int fd, const char *path, mode_t mode, dev_t device)
{
    unsigned int number = (unsigned int)device;

    /* The kernel takes 32 bits. */
    if (number != device) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_mknodat, fd, path, mode, number);
}

INSTEAD_OF(int, mknod, const char *path, mode_t mode, dev_t device)
{
    return mpyk_mknodat(AT_FDCWD, path, mode, device);
}

extern int older_fcntl(int fd, int command, ...) __asm__("fcntl");

INSTEAD_OF(int, fcntl64, int fd, int command, ...)
{
    va_list arguments;
    void *argument;

    va_start(arguments, command);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    return older_fcntl(fd, command, argument);
}

#endif /* a machine with 64 bits */

#ifdef SYS_statx
INSTEAD_OF(int, statx, int fd, const char *path, int flags, unsigned int mask, void *buffer)
{
    return (int)syscall(SYS_statx, fd, path, flags, mask, buffer);
}
#endif

#ifdef SYS_getrandom
INSTEAD_OF(ssize_t, getrandom, void *buffer, size_t size, unsigned int flags)
{
    return syscall(SYS_getrandom, buffer, size, flags);
}
#endif

#ifdef SYS_memfd_create
INSTEAD_OF(int, memfd_create, const char *name, unsigned int flags)
{
    return (int)syscall(SYS_memfd_create, name, flags);
}
#endif

#ifdef SYS_copy_file_range
INSTEAD_OF(ssize_t, copy_file_range, int in, int64_t *in_offset, int out, int64_t *out_offset,
           size_t size, unsigned int flags)
{
    return syscall(SYS_copy_file_range, in, in_offset, out, out_offset, size, flags);
}
#endif

INSTEAD_OF(void, explicit_bzero, void *buffer, size_t size)
{
    memset(buffer, 0, size);
    __asm__ __volatile__("" : : "r"(buffer) : "memory");
}

/* Whether the kernel lacks the system call and the older function can be used. */
static int
older_will_do(ssize_t result, int flags)
{
    if (result >= 0 || errno != ENOSYS) {
        return 0;
    }
    if (flags != 0) {
        errno = EOPNOTSUPP;
        return 0;
    }
    return 1;
}

#if defined(__LP64__) && defined(SYS_preadv2) && defined(SYS_pwritev2)

/* The offset is one register; the second half, which other machines pass separately, is ignored. */
INSTEAD_OF(ssize_t, preadv64v2, int fd, const struct iovec *parts, int count, int64_t offset,
           int flags)
{
    ssize_t result = syscall(SYS_preadv2, fd, parts, count, offset, 0L, flags);

    if (older_will_do(result, flags)) {
        return offset == -1 ? readv(fd, parts, count) : preadv(fd, parts, count, offset);
    }
    return result;
}

INSTEAD_OF(ssize_t, pwritev64v2, int fd, const struct iovec *parts, int count, int64_t offset,
           int flags)
{
    ssize_t result = syscall(SYS_pwritev2, fd, parts, count, offset, 0L, flags);

    if (older_will_do(result, flags)) {
        return offset == -1 ? writev(fd, parts, count) : pwritev(fd, parts, count, offset);
    }
    return result;
}

#endif

/* The number is the same on all machines, and headers before Linux 5.9 do not have it. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

INSTEAD_OF(int, close_range, unsigned int first, unsigned int last, int flags)
{
    return (int)syscall(SYS_close_range, first, last, flags);
}

/* The structure that getdents64() fills in. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t kind;
    char name[];
};

/*
 * Close the descriptors that /proc shows.  This allocates nothing, because it may run between
 * fork() and exec().
 */
static int
close_listed(int lowest)
{
    _Alignas(struct entry) char buffer[4096];
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long size;

    if (folder < 0) {
        return -1;
    }
    while ((size = syscall(SYS_getdents64, folder, buffer, sizeof(buffer))) > 0) {
        for (long place = 0; place < size;) {
            const struct entry *entry = (const struct entry *)(buffer + place);
            int fd = atoi(entry->name);

            if (entry->name[0] != '.' && fd >= lowest && fd != folder) {
                close(fd);
            }
            place += entry->size;
        }
    }
    close(folder);
    return size < 0 ? -1 : 0;
}

INSTEAD_OF(void, closefrom, int lowest)
{
    int from = lowest < 0 ? 0 : lowest;

    if (mpyk_close_range((unsigned int)from, ~0U, 0) == 0 || close_listed(from) == 0) {
        return;
    }
    for (long fd = from, end = sysconf(_SC_OPEN_MAX); fd < end; fd++) {
        close((int)fd);
    }
}

typedef int clockwait_function(sem_t *, clockid_t, const struct timespec *);

/* The time that the clock of sem_timedwait() will have when `clock` has the time `deadline`. */
static int
on_wall_clock(clockid_t clock, const struct timespec *deadline, struct timespec *wall)
{
    const long second = 1000000000L;
    struct timespec now;

    if (clock_gettime(clock, &now) < 0 || clock_gettime(CLOCK_REALTIME, wall) < 0) {
        return -1;
    }
    wall->tv_sec += deadline->tv_sec - now.tv_sec;
    wall->tv_nsec += deadline->tv_nsec - now.tv_nsec;
    if (wall->tv_nsec >= second) {
        wall->tv_nsec -= second;
        wall->tv_sec++;
    } else if (wall->tv_nsec < 0) {
        wall->tv_nsec += second;
        wall->tv_sec--;
    }
    return 0;
}

/*
 * If the C library has no such function, the wait changes its length when somebody sets the wall
 * clock.
 */
INSTEAD_OF(int, sem_clockwait, sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    clockwait_function *own = (clockwait_function *)dlsym(RTLD_DEFAULT, "sem_clockwait");
    struct timespec wall;

    if (own != NULL) {
        return own(semaphore, clock, deadline);
    }
    if (on_wall_clock(clock, deadline, &wall) < 0) {
        return -1;
    }
    return sem_timedwait(semaphore, &wall);
}

typedef int addclosefrom_function(void *, int);

INSTEAD_OF(int, posix_spawn_file_actions_addclosefrom_np, void *actions, int lowest)
{
    const char *name = "posix_spawn_file_actions_addclosefrom_np";
    addclosefrom_function *own = (addclosefrom_function *)dlsym(RTLD_DEFAULT, name);

    return own != NULL ? own(actions, lowest) : ENOSYS;
}

/* Code in gdb's headers calls this for an impossible size of an array, which never occurs. */
extern void throw_bad_alloc(void) __asm__("_ZSt17__throw_bad_allocv") __attribute__((noreturn));

INSTEAD_OF(void, _ZSt28__throw_bad_array_new_lengthv, void)
{
    throw_bad_alloc();
}
