/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * /proc/mpyk_testmod_control: a word that the guest writes does something. /proc/mpyk_testmod_hangs
 * is the truth about it.
 */
#include "hangs.h"
#include "testmod.h"

#include <linux/proc_fs.h>
#include <linux/uaccess.h>

static int start(void)
{
    int error = mpyk_locks_init();

    if (!error)
        error = mpyk_calls_init();
    if (!error)
        error = mpyk_later_init();
    return error ? error : mpyk_start_roles();
}

static const struct {
    const char *word;
    int (*action)(void);
} actions[] = {
    {"start", start},
    {"null-dereference", mpyk_null_dereference},
};

/* Any other word is the name of a role, which the writer plays, or "await" and a name: wait until
 * it hangs. */
static int obey(const char *word)
{
    for (int i = 0; i < ARRAY_SIZE(actions); i++)
        if (!strcmp(word, actions[i].word))
            return actions[i].action();
    if (!strncmp(word, "await ", 6))
        return mpyk_await(word + 6);
    return mpyk_play(word);
}

static ssize_t mpyk_control_write(struct file *file, const char __user *from, size_t size,
                                  loff_t *place)
{
    char word[32];
    int error;

    if (size >= sizeof(word))
        return -EINVAL;
    if (copy_from_user(word, from, size))
        return -EFAULT;
    word[size] = 0;
    error = obey(word);
    return error ? error : size;
}

static const struct proc_ops control = {.proc_write = mpyk_control_write};

static int show(struct seq_file *m, void *unused)
{
    mpyk_hangs_truth(m);
    mpyk_calls_truth(m);
    mpyk_later_truth(m);
    return 0;
}

int mpyk_control_init(void)
{
    if (!proc_create("mpyk_testmod_control", 0200, NULL, &control))
        return -ENOMEM;
    return proc_create_single("mpyk_testmod_hangs", 0400, NULL, show) ? 0 : -ENOMEM;
}
