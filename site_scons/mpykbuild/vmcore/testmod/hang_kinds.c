/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * The kinds of locks for which a task can hang, and how to acquire each of them.
 */
#include "hangs.h"

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/percpu-rwsem.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>

/* Longer than any test, and shorter than what a timer can count. */
#define VERY_LONG (100000 * HZ)
#define VERY_LONG_SECONDS 100000

static void take_mutex(struct mpyk_lock *lock)
{
    mutex_lock(lock->at);
}

static void take_rwsem_write(struct mpyk_lock *lock)
{
    down_write(lock->at);
}

static void take_rwsem_read(struct mpyk_lock *lock)
{
    down_read(lock->at);
}

static void take_semaphore(struct mpyk_lock *lock)
{
    down(lock->at);
}

static void take_percpu_write(struct mpyk_lock *lock)
{
    percpu_down_write(lock->at);
}

static void take_percpu_read(struct mpyk_lock *lock)
{
    percpu_down_read(lock->at);
}

/* The writer first sleeps for RCU. Only when it has set `block` do later readers wait behind it. */
static bool percpu_is_closed(const struct mpyk_lock *lock)
{
    const struct percpu_rw_semaphore *sem = lock->at;

    return atomic_read(&sem->block);
}

static void take_completion(struct mpyk_lock *lock)
{
    wait_for_completion(lock->at);
}

static void take_bit(struct mpyk_lock *lock)
{
    wait_on_bit_lock(lock->at, 0, TASK_UNINTERRUPTIBLE);
}

static void wait_for_bit(struct mpyk_lock *lock)
{
    wait_on_bit(lock->at, 0, TASK_UNINTERRUPTIBLE);
}

static void take_folio(struct mpyk_lock *lock)
{
    folio_lock(lock->at);
}

static void wait_for_folio(struct mpyk_lock *lock)
{
    folio_wait_locked(lock->at);
}

static void take_waitqueue(struct mpyk_lock *lock)
{
    wait_queue_head_t *queue = lock->at;

    wait_event(*queue, false);
}

static void take_timeout(struct mpyk_lock *lock)
{
    lock->at = (void *)(jiffies + VERY_LONG);
    schedule_timeout_uninterruptible(VERY_LONG);
}

static void take_hrtimeout(struct mpyk_lock *lock)
{
    ktime_t expires = ktime_add_ns(ktime_get(), VERY_LONG_SECONDS * NSEC_PER_SEC);

    lock->at = (void *)(unsigned long)expires;
    set_current_state(TASK_UNINTERRUPTIBLE);
    schedule_hrtimeout(&expires, HRTIMER_MODE_ABS);
}

const struct mpyk_kind mpyk_mutex_kind = {"mutex", {take_mutex, take_mutex}};
const struct mpyk_kind mpyk_rwsem_kind = {"rwsem", {take_rwsem_write, take_rwsem_read}};
const struct mpyk_kind mpyk_semaphore_kind = {"semaphore", {take_semaphore, take_semaphore}};
const struct mpyk_kind mpyk_percpu_rwsem_kind = {
    "percpu_rwsem",
    {take_percpu_write, take_percpu_read},
    percpu_is_closed,
};
const struct mpyk_kind mpyk_completion_kind = {"completion", {take_completion, take_completion}};
/* Bit 0 of an unsigned long. A reader waits until the bit is zero and does not set it. */
const struct mpyk_kind mpyk_bit_kind = {"bit", {take_bit, wait_for_bit}};
/* The lock of a folio in the page cache. A reader waits until it is unlocked and does not lock it.
 */
const struct mpyk_kind mpyk_folio_kind = {"folio", {take_folio, wait_for_folio}};
const struct mpyk_kind mpyk_waitqueue_kind = {"waitqueue", {take_waitqueue, take_waitqueue}};
/* These two have no object. `at` is the time when they end: in jiffies, and in nanoseconds of
 * CLOCK_MONOTONIC. */
const struct mpyk_kind mpyk_timeout_kind = {"timeout", {take_timeout, take_timeout}};
const struct mpyk_kind mpyk_hrtimeout_kind = {"hrtimeout", {take_hrtimeout, take_hrtimeout}};
