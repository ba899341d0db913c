/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Plays the roles: starts a kernel thread for each one, lets all of them acquire what they hold,
 * and then lets them wait, one after the other.
 */
#include "hangs.h"

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/clock.h>
#include <linux/sched/task.h>

#define POLL_MS 5
#define MOST_POLLS 2000

/* Nobody sets it. Without it objtool would take mpyk_wait() for a function that never returns. */
static bool mpyk_over;

static void hold(struct mpyk_role *role)
{
    role->task = get_task_struct(current);
    if (role->holds)
        role->holds->kind->acquire[role->holds_mode](role->holds);
    smp_store_release(&role->holding, true);
}

/* Wait for ever, as the role says. */
void mpyk_wait(struct mpyk_role *role)
{
    role->since = local_clock();
    smp_store_release(&role->waiting, true);
    if (role->waits)
        role->waits->kind->acquire[role->waits_mode](role->waits);
    while (!READ_ONCE(mpyk_over)) {
        set_current_state(TASK_INTERRUPTIBLE);
        schedule();
    }
}

static void begin_to_wait(struct mpyk_role *role)
{
    if (role->through)
        role->through(role);
    else
        mpyk_wait(role);
}

static int play_in_thread(void *arg)
{
    DECLARE_COMPLETION_ONSTACK(go);
    struct mpyk_role *role = arg;

    role->go = &go;
    hold(role);
    wait_for_completion(&go);
    begin_to_wait(role);
    return 0;
}

static bool holds(const struct mpyk_role *role)
{
    return smp_load_acquire(&role->holding);
}

static bool sleeps(const struct mpyk_role *role)
{
    const struct mpyk_lock *lock = role->waits;

    if (!smp_load_acquire(&role->waiting) || READ_ONCE(role->task->__state) == TASK_RUNNING)
        return false;
    return !lock || !lock->kind->closed || lock->kind->closed(lock);
}

static int poll_until(bool (*reached)(const struct mpyk_role *role), const struct mpyk_role *role)
{
    for (int i = 0; i < MOST_POLLS; i++) {
        if (reached(role))
            return 0;
        msleep(POLL_MS);
    }
    pr_err("mpyk_testmod: %s does not do what its role says\n", role->name);
    return -ETIMEDOUT;
}

static int start_role(struct mpyk_role *role)
{
    struct task_struct *task = kthread_run(play_in_thread, role, "%s", role->name);

    return IS_ERR(task) ? PTR_ERR(task) : poll_until(holds, role);
}

static int let_wait(struct mpyk_role *role)
{
    complete(role->go);
    return poll_until(sleeps, role);
}

static int for_each_thread_role(int (*action)(struct mpyk_role *role))
{
    for (int i = 0; i < mpyk_role_count; i++) {
        int error = mpyk_roles[i].by_guest ? 0 : action(&mpyk_roles[i]);

        if (error)
            return error;
    }
    return 0;
}

int mpyk_start_roles(void)
{
    int error = for_each_thread_role(start_role);

    return error ? error : for_each_thread_role(let_wait);
}

/* Play a role in the calling task, which never returns. Returns -ENOENT if there is no such role.
 */
int mpyk_play(const char *name)
{
    for (int i = 0; i < mpyk_role_count; i++) {
        struct mpyk_role *role = &mpyk_roles[i];

        if (!role->by_guest || role->task || strcmp(role->name, name))
            continue;
        hold(role);
        begin_to_wait(role);
    }
    return -ENOENT;
}

/* Wait until the role `name` hangs. */
int mpyk_await(const char *name)
{
    for (int i = 0; i < mpyk_role_count; i++)
        if (!strcmp(mpyk_roles[i].name, name))
            return poll_until(sleeps, &mpyk_roles[i]);
    return -ENOENT;
}

/* task ROLE PID HEX STATE; holds ROLE LOCK MODE; waits ROLE LOCK MODE NANOSECONDS (of
 * local_clock(), the beginning) */
void mpyk_hangs_truth(struct seq_file *m)
{
    static const char *const modes[] = {"write", "read"};

    mpyk_locks_truth(m);
    for (int i = 0; i < mpyk_role_count; i++) {
        const struct mpyk_role *role = &mpyk_roles[i];

        if (!role->task)
            continue;
        seq_printf(m, "task\t%s\t%d\t%px\t%c\n", role->name, task_pid_nr(role->task), role->task,
                   task_state_to_char(role->task));
        if (role->holds && role->holding)
            seq_printf(m, "holds\t%s\t%s\t%s\n", role->name, role->holds->name,
                       modes[role->holds_mode]);
        if (role->waits && role->waiting)
            seq_printf(m, "waits\t%s\t%s\t%s\t%llu\n", role->name, role->waits->name,
                       modes[role->waits_mode], role->since);
    }
}
