/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Timers that have not expired yet, and an own workqueue: one work item hangs, so others wait
 * behind it.
 */
#include "hangs.h"

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/sched/task.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#define VERY_LONG (100000 * HZ)
#define WORKQUEUE "mpyk-wq"

static DECLARE_COMPLETION(mpyk_work_end);
static struct task_struct *mpyk_worker;
static struct workqueue_struct *mpyk_workqueue;
static struct timer_list mpyk_timer, mpyk_deferrable_timer;

static void mpyk_timer_expired(struct timer_list *unused)
{
}

static void mpyk_stuck_work(struct work_struct *unused)
{
    mpyk_worker = get_task_struct(current);
    wait_for_completion(&mpyk_work_end);
}

static void mpyk_later_work(struct work_struct *unused)
{
}

static DECLARE_WORK(mpyk_work_running, mpyk_stuck_work);
static DECLARE_WORK(mpyk_work_inactive_1, mpyk_later_work);
static DECLARE_WORK(mpyk_work_inactive_2, mpyk_later_work);
static DECLARE_DELAYED_WORK(mpyk_work_delayed, mpyk_later_work);

/* The workqueue runs one item at a time. */
int mpyk_later_init(void)
{
    timer_setup(&mpyk_timer, mpyk_timer_expired, 0);
    mod_timer(&mpyk_timer, jiffies + VERY_LONG);
    timer_setup(&mpyk_deferrable_timer, mpyk_timer_expired, TIMER_DEFERRABLE);
    mod_timer(&mpyk_deferrable_timer, jiffies + 2 * VERY_LONG);
    mpyk_workqueue = alloc_workqueue(WORKQUEUE, WQ_UNBOUND, 1);
    if (!mpyk_workqueue)
        return -ENOMEM;
    queue_work(mpyk_workqueue, &mpyk_work_running);
    while (!READ_ONCE(mpyk_worker))
        msleep(1);
    queue_work(mpyk_workqueue, &mpyk_work_inactive_1);
    queue_work(mpyk_workqueue, &mpyk_work_inactive_2);
    queue_delayed_work(mpyk_workqueue, &mpyk_work_delayed, 3 * VERY_LONG);
    return 0;
}

#define WORK(m, name, work, state, function)                                                       \
    seq_printf(m, "work\t" #name "\t%px\t" state "\t" #function "\n", work)
#define TIMER(m, name, timer, function)                                                            \
    seq_printf(m, "timer\t" #name "\t%px\t%lu\t" #function "\n", timer, (timer)->expires)

/* timer NAME HEX JIFFIES FUNCTION; workqueue NAME HEX; worker PID HEX HEX (the completion that it
 * waits for); work NAME HEX STATE FUNCTION
 */
void mpyk_later_truth(struct seq_file *m)
{
    if (!mpyk_workqueue)
        return;
    TIMER(m, mpyk_timer, &mpyk_timer, mpyk_timer_expired);
    TIMER(m, mpyk_deferrable_timer, &mpyk_deferrable_timer, mpyk_timer_expired);
    TIMER(m, mpyk_work_delayed, &mpyk_work_delayed.timer, delayed_work_timer_fn);
    seq_printf(m, "workqueue\t" WORKQUEUE "\t%px\n", mpyk_workqueue);
    seq_printf(m, "worker\t%d\t%px\t%px\n", task_pid_nr(mpyk_worker), mpyk_worker, &mpyk_work_end);
    WORK(m, mpyk_work_running, &mpyk_work_running, "running", mpyk_stuck_work);
    WORK(m, mpyk_work_inactive_1, &mpyk_work_inactive_1, "inactive", mpyk_later_work);
    WORK(m, mpyk_work_inactive_2, &mpyk_work_inactive_2, "inactive", mpyk_later_work);
    WORK(m, mpyk_work_delayed, &mpyk_work_delayed.work, "delayed", mpyk_later_work);
}
