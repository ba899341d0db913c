/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest of the test vmcore: one static program, PID 1. It creates known objects, records the truth about them from
 * /proc, and then changes nothing until its memory is dumped.
 */
#ifndef MPYK_GUEST_H
#define MPYK_GUEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* If our program has this name (argv[0]), it only sleeps. */
#define SLEEPER "mpyk-sleep"
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* common.c */

/* Write one line to the console, without "\n" in the format. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Write a failure and errno's message to the console and power off. The host shows the console's last lines. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Return `result` of a system call. If it is negative, the call failed: call fail(). `what` describes the call. */
long must(long result, const char *what);
/* Return `result` of a system call that some kernels do not support. If it is negative, only write a line. */
long may(long result, const char *what);
/* Fork a process named `comm` that runs `body(arg)`. Return its PID when it has called ready() or has ended. */
pid_t spawn(const char *comm, void (*body)(void *), void *arg);
/* Let spawn() in the parent return, because the child is set up. Afterwards the child should only sleep. */
void ready(void);
/* Sleep for ever. */
void rest(void) __attribute__((noreturn));
/* Call ready() and sleep for ever. */
void keep(void) __attribute__((noreturn));
/* Set the name of the calling thread. */
void set_name(const char *comm);
/* Make one directory, unless it exists. */
void make_dir(const char *path);
/* Write a string to a file (a sysctl, an id map). Returns 0, or -1 with errno. */
int write_file(const char *path, const char *text);
/* Create a file with a text. Return its descriptor. */
int open_new(const char *path, const char *text);

/* tools.c: `line` is a program of the root disk and its arguments, with blanks between them. */

/* Run a program. Its output goes to the console. */
void run_program(const char *line);
/* Run a program in a network namespace (NULL: the own one). Return what it printed, `size` bytes. */
char *output_of(const char *line, const char *network, size_t *size);
/* Run the programs in a file. A line "@program" begins a section. The section's other lines are its input. */
void run_sections(const char *path);

/* namespaces.c */

/* Let the calling task enter the network namespace `name`. Return what leave_network() wants. */
int enter_network(const char *name);
/* Return from enter_network(). */
void leave_network(int own);

/* scale.c */

/* Whether the kernel's command line asks for a large number of objects. */
bool is_scale_wanted(void);
/* Create a large number of tasks, sockets and mounts. */
void create_scale(void);

/* Create the objects that exist when the truth is recorded. */
void create_mounts(void);
void create_mount_namespaces(void);
void create_interfaces(void);
void create_networks(void);
void create_sockets(void);
void create_datagrams(void);
void create_lossy_tcp(void);
void create_files(void);
void create_locks(void);
void create_timers(void);
void create_tasks(void);
void create_privileges(void);
void create_stuck_tasks(void);
void create_suspended(void);
void create_spinners(void);
/* Create what does not live long. This comes last, shortly before the record. */
void create_short_lived(void);
/* locks.c: begin to wait for a lease. The recorder calls this after it has run lslocks. */
void break_lease(void);

/* ending.c: let the kernel panic if its command line asks for it. */
void end_as_told(void);

/* snapshot.c: record the truth on `device`, write READY to the console, then panic or stay in state R for ever. */
void record_truth(const char *device) __attribute__((noreturn));

#endif
