/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest of the test vmcore: one static program that is PID 1, creates known things, records the truth about them
 * from /proc and then keeps still until its memory is dumped.
 */
#ifndef MPYK_GUEST_H
#define MPYK_GUEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* common.c */

/* Write one line to the console. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Say what failed with errno and power off: the host shows the console's last lines. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Fail unless `result` (a system call's) is not negative; returns it. */
long must(long result, const char *what);
/* Like must(), but a missing feature of this kernel is only told. */
long may(long result, const char *what);
/* Fork a process named `comm`; the parent goes on when the child has called ready() or ended. */
pid_t spawn(const char *comm, void (*body)(void *), void *arg);
/* Tell the parent in spawn() that everything is set up; what follows should block. */
void ready(void);
/* Sleep for ever. */
void rest(void) __attribute__((noreturn));
/* Set the name of the calling thread. */
void set_name(const char *comm);
/* mkdir -p for one level; an existing directory is fine. */
void make_dir(const char *path);
/* Write a string to a file (a sysctl, an id map). Returns 0, or -1 with errno. */
int write_file(const char *path, const char *text);

/* The things that exist when the truth is recorded. */
void create_mounts(void);
void create_interfaces(void);
void create_sockets(void);
void create_files(void);
void create_tasks(void);
void create_stuck_tasks(void);
void create_spinners(void);

/* snapshot.c: record the truth on `device`, say READY, then stay in state R. */
void record_truth(const char *device) __attribute__((noreturn));

#endif
