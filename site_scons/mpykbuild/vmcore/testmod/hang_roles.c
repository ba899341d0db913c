/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * The locks, and the tasks that hold them and wait for them. The tables are the truth: hangs.c only
 * plays them.
 */
#include "hangs.h"

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/percpu-rwsem.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/wait.h>

/* A file on a tmpfs, because nobody writes such pages back: that would wait for the locked folio,
 * too. */
#define LOCKED_FILE "/run/mpyk-locked-page"

static DEFINE_MUTEX(mpyk_abba_a);
static DEFINE_MUTEX(mpyk_abba_b);
static DEFINE_MUTEX(mpyk_ring_a);
static DEFINE_MUTEX(mpyk_ring_b);
static DEFINE_MUTEX(mpyk_ring_c);
static DEFINE_MUTEX(mpyk_mixed_mutex);
static DECLARE_RWSEM(mpyk_mixed_rwsem);
static DEFINE_MUTEX(mpyk_calm_mutex);
static DEFINE_MUTEX(mpyk_tree_root);
static DEFINE_MUTEX(mpyk_tree_branch);
static DECLARE_RWSEM(mpyk_read_rwsem);
static DECLARE_RWSEM(mpyk_write_rwsem);
static struct semaphore mpyk_semaphore;
static struct percpu_rw_semaphore mpyk_percpu_rwsem;
static DECLARE_COMPLETION(mpyk_never_done);
static DECLARE_COMPLETION(mpyk_calls_end);
static DECLARE_WAIT_QUEUE_HEAD(mpyk_queue);
static unsigned long mpyk_bit;

#define LOCK(name, kind) static struct mpyk_lock name##_lock = {#name, &mpyk_##kind##_kind, &name}

LOCK(mpyk_abba_a, mutex);
LOCK(mpyk_abba_b, mutex);
LOCK(mpyk_ring_a, mutex);
LOCK(mpyk_ring_b, mutex);
LOCK(mpyk_ring_c, mutex);
LOCK(mpyk_mixed_mutex, mutex);
LOCK(mpyk_mixed_rwsem, rwsem);
LOCK(mpyk_calm_mutex, mutex);
LOCK(mpyk_tree_root, mutex);
LOCK(mpyk_tree_branch, mutex);
LOCK(mpyk_read_rwsem, rwsem);
LOCK(mpyk_write_rwsem, rwsem);
LOCK(mpyk_semaphore, semaphore);
LOCK(mpyk_percpu_rwsem, percpu_rwsem);
LOCK(mpyk_never_done, completion);
LOCK(mpyk_calls_end, completion);
LOCK(mpyk_queue, waitqueue);
LOCK(mpyk_bit, bit);
static struct mpyk_lock mpyk_folio_lock = {"mpyk_folio", &mpyk_folio_kind, NULL};
static struct mpyk_lock mpyk_timeout_lock = {"mpyk_timeout", &mpyk_timeout_kind, NULL};
static struct mpyk_lock mpyk_hrtimeout_lock = {"mpyk_hrtimeout", &mpyk_hrtimeout_kind, NULL};

static struct mpyk_lock *const mpyk_locks[] = {
    &mpyk_abba_a_lock,    &mpyk_abba_b_lock,       &mpyk_ring_a_lock,      &mpyk_ring_b_lock,
    &mpyk_ring_c_lock,    &mpyk_mixed_mutex_lock,  &mpyk_mixed_rwsem_lock, &mpyk_calm_mutex_lock,
    &mpyk_tree_root_lock, &mpyk_tree_branch_lock,  &mpyk_read_rwsem_lock,  &mpyk_write_rwsem_lock,
    &mpyk_semaphore_lock, &mpyk_percpu_rwsem_lock, &mpyk_never_done_lock,  &mpyk_calls_end_lock,
    &mpyk_queue_lock,     &mpyk_bit_lock,          &mpyk_folio_lock,       &mpyk_timeout_lock,
    &mpyk_hrtimeout_lock,
};

#define HOLDS(name) .holds = &name##_lock
#define HOLDS_READ(name) .holds = &name##_lock, .holds_mode = MPYK_READ
#define WAITS(name) .waits = &name##_lock
#define WAITS_READ(name) .waits = &name##_lock, .waits_mode = MPYK_READ

/* The tasks begin to wait in this order, so it is also the order of each queue. */
struct mpyk_role mpyk_roles[] = {
    /* three deadlocks */
    {"mpyk-abba-1", HOLDS(mpyk_abba_a), WAITS(mpyk_abba_b)},
    {"mpyk-abba-2", HOLDS(mpyk_abba_b), WAITS(mpyk_abba_a)},
    {"mpyk-ring-1", HOLDS(mpyk_ring_a), WAITS(mpyk_ring_b)},
    {"mpyk-ring-2", HOLDS(mpyk_ring_b), WAITS(mpyk_ring_c)},
    {"mpyk-ring-3", HOLDS(mpyk_ring_c), WAITS(mpyk_ring_a)},
    {"mpyk-mixed-1", HOLDS(mpyk_mixed_rwsem), WAITS(mpyk_mixed_mutex)},
    {"mpyk-mixed-2", HOLDS(mpyk_mixed_mutex), WAITS_READ(mpyk_mixed_rwsem)},
    /* waits for a member of a deadlock, but is no member itself */
    {"mpyk-abba-late", WAITS(mpyk_abba_a)},
    /* an owner that only sleeps */
    {"mpyk-calm-owner", HOLDS(mpyk_calm_mutex)},
    {"mpyk-calm-wait", WAITS(mpyk_calm_mutex)},
    {"d-mutex-user", WAITS(mpyk_calm_mutex), .by_guest = true},
    /* one owner blocks two others through the lock that one of them holds */
    {"mpyk-tree-root", HOLDS(mpyk_tree_root), WAITS(mpyk_never_done)},
    {"mpyk-tree-mid", HOLDS(mpyk_tree_branch), WAITS(mpyk_tree_root)},
    {"mpyk-tree-leaf1", WAITS(mpyk_tree_branch)},
    {"mpyk-tree-leaf2", WAITS(mpyk_tree_branch)},
    /* a writer behind a sleeping reader, and readers behind the writer */
    {"mpyk-rd-owner", HOLDS_READ(mpyk_read_rwsem)},
    {"mpyk-rd-writer", WAITS(mpyk_read_rwsem)},
    {"mpyk-rd-late1", WAITS_READ(mpyk_read_rwsem)},
    {"mpyk-rd-late2", WAITS_READ(mpyk_read_rwsem)},
    /* a writer holds it; the guest's process is the owner */
    {"d-rwsem-user", HOLDS(mpyk_write_rwsem), WAITS(mpyk_never_done), .by_guest = true},
    {"d-rwsem-write", WAITS(mpyk_write_rwsem), .by_guest = true},
    {"d-rwsem-read", WAITS_READ(mpyk_write_rwsem), .by_guest = true},
    /* a semaphore for two */
    {"mpyk-sem-owner1", HOLDS(mpyk_semaphore)},
    {"mpyk-sem-owner2", HOLDS(mpyk_semaphore)},
    {"mpyk-sem-wait1", WAITS(mpyk_semaphore)},
    {"mpyk-sem-wait2", WAITS(mpyk_semaphore)},
    {"mpyk-pcpu-owner", HOLDS_READ(mpyk_percpu_rwsem)},
    {"mpyk-pcpu-write", WAITS(mpyk_percpu_rwsem)},
    {"mpyk-pcpu-late", WAITS_READ(mpyk_percpu_rwsem)},
    {"mpyk-bit-owner", HOLDS(mpyk_bit)},
    {"mpyk-bit-wait", WAITS_READ(mpyk_bit)},
    {"mpyk-bit-lock", WAITS(mpyk_bit)},
    {"mpyk-page-owner", HOLDS(mpyk_folio)},
    {"mpyk-page-wait", WAITS_READ(mpyk_folio)},
    {"mpyk-page-lock", WAITS(mpyk_folio)},
    /* nobody holds these */
    {"mpyk-done-wait", WAITS(mpyk_never_done)},
    {"mpyk-event-wait", WAITS(mpyk_queue)},
    {"mpyk-timeout", WAITS(mpyk_timeout)},
    {"mpyk-hrtimeout", WAITS(mpyk_hrtimeout)},
    /* known arguments on the stack */
    {"mpyk-calls", WAITS(mpyk_calls_end), .through = mpyk_call_chain},
    {"d-calls-user", WAITS(mpyk_calls_end), .through = mpyk_call_chain, .by_guest = true},
};
const int mpyk_role_count = ARRAY_SIZE(mpyk_roles);

/* One row for each deadlock, with the members in the order of the cycle: each waits for the next
 * one. */
static const char *const mpyk_deadlocks[] = {
    "mpyk-abba-1\tmpyk-abba-2",
    "mpyk-ring-1\tmpyk-ring-2\tmpyk-ring-3",
    "mpyk-mixed-1\tmpyk-mixed-2",
};

/* Put one folio of a new file in the page cache. The file stays open. */
static int make_folio(void)
{
    struct file *file = filp_open(LOCKED_FILE, O_CREAT | O_RDWR, 0600);
    struct folio *folio;
    loff_t place = 0;
    ssize_t done;

    if (IS_ERR(file))
        return PTR_ERR(file);
    done = kernel_write(file, "locked", 6, &place);
    if (done < 0)
        return done;
    folio = filemap_get_folio(file->f_mapping, 0);
    if (IS_ERR_OR_NULL(folio))
        return -ENOENT;
    mpyk_folio_lock.at = folio;
    return 0;
}

int mpyk_locks_init(void)
{
    int error = percpu_init_rwsem(&mpyk_percpu_rwsem);

    sema_init(&mpyk_semaphore, 2);
    return error ? error : make_folio();
}

/* lock NAME KIND HEX; folio NAME INODE INDEX PATH; deadlock ROLE... */
void mpyk_locks_truth(struct seq_file *m)
{
    struct folio *folio = mpyk_folio_lock.at;

    for (int i = 0; i < ARRAY_SIZE(mpyk_locks); i++)
        seq_printf(m, "lock\t%s\t%s\t%px\n", mpyk_locks[i]->name, mpyk_locks[i]->kind->name,
                   mpyk_locks[i]->at);
    if (folio)
        seq_printf(m, "folio\t%s\t%px\t%lu\t" LOCKED_FILE "\n", mpyk_folio_lock.name,
                   folio->mapping->host, folio->index);
    for (int i = 0; i < ARRAY_SIZE(mpyk_deadlocks); i++)
        seq_printf(m, "deadlock\t%s\n", mpyk_deadlocks[i]);
}
