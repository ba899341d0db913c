/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Tasks that hang in known ways. Each one plays a role: it acquires one lock, which is free, and
 * then waits for another one, for ever. /proc/mpyk_testmod_hangs has the truth about the roles and
 * the locks.
 */
#ifndef MPYK_HANGS_H
#define MPYK_HANGS_H

#include <linux/sched.h>
#include <linux/seq_file.h>

/* A second task with mode READ may hold a lock of a kind that has readers. */
enum mpyk_mode { MPYK_WRITE, MPYK_READ, MPYK_MODES };

struct mpyk_lock;

/* How to acquire one kind of lock. A kind whose modes are the same has the same function twice. */
struct mpyk_kind {
    const char *name;
    void (*acquire[MPYK_MODES])(struct mpyk_lock *lock);
    /* Whether a waiter in state D has really begun to wait; NULL if the state alone tells it. */
    bool (*closed)(const struct mpyk_lock *lock);
};

struct mpyk_lock {
    const char *name;
    const struct mpyk_kind *kind;
    void *at; /* the lock in memory; NULL if the kind has no object */
};

/* What one task does. A role without `waits` sleeps in state S. `through` calls mpyk_wait() after a
 * chain of calls. */
struct mpyk_role {
    const char *name; /* also the name of the task: at most 15 bytes */
    struct mpyk_lock *holds;
    enum mpyk_mode holds_mode;
    struct mpyk_lock *waits;
    enum mpyk_mode waits_mode;
    void (*through)(struct mpyk_role *role);
    bool by_guest; /* a process of the guest plays the role: it writes the name to
                      /proc/mpyk_testmod_control */
    struct task_struct *task;
    struct completion *go; /* the thread may begin to wait */
    bool holding, waiting;
    u64 since; /* local_clock() when it began to wait, in nanoseconds */
};

/* hang_kinds.c */
extern const struct mpyk_kind mpyk_mutex_kind, mpyk_rwsem_kind, mpyk_semaphore_kind,
    mpyk_percpu_rwsem_kind;
extern const struct mpyk_kind mpyk_completion_kind, mpyk_bit_kind, mpyk_folio_kind,
    mpyk_waitqueue_kind;
extern const struct mpyk_kind mpyk_timeout_kind, mpyk_hrtimeout_kind;

/* hang_roles.c: the locks and the roles */
extern struct mpyk_role mpyk_roles[];
extern const int mpyk_role_count;
int mpyk_locks_init(void);
void mpyk_locks_truth(struct seq_file *m);

/* hangs.c: the tasks */
int mpyk_start_roles(void);
int mpyk_play(const char *name);
int mpyk_await(const char *name);
void mpyk_wait(struct mpyk_role *role);
void mpyk_hangs_truth(struct seq_file *m);

/* calls.c: a chain of functions with known arguments */
int mpyk_calls_init(void);
void mpyk_call_chain(struct mpyk_role *role);
void mpyk_calls_truth(struct seq_file *m);

/* later.c: timers and work items that have not run yet, and one that hangs */
int mpyk_later_init(void);
void mpyk_later_truth(struct seq_file *m);

/* control.c */
int mpyk_control_init(void);

/* faults.c: errors that end in a panic */
int mpyk_null_dereference(void);

#endif
