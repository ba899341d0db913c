/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * The start of the module: it creates all objects and shows the truth about them in /proc/mpyk_testmod.
 */
#include "hangs.h"
#include "testmod.h"

#include <linux/proc_fs.h>

static int mpyk_show(struct seq_file *m, void *unused)
{
    mpyk_values_truth(m);
    mpyk_bitfields_truth(m);
    mpyk_arrays_truth(m);
    mpyk_lists_truth(m);
    mpyk_trees_truth(m);
    return 0;
}

static int __init mpyk_testmod_init(void)
{
    int error = mpyk_lists_init();

    if (!error)
        error = mpyk_trees_init();
    if (!error)
        error = mpyk_control_init();
    if (error)
        return error;
    return proc_create_single("mpyk_testmod", 0444, NULL, mpyk_show) ? 0 : -ENOMEM;
}

/* The module has no exit function, because it is never unloaded. */
module_init(mpyk_testmod_init);
MODULE_DESCRIPTION("Known content for the tests of mpykdump");
MODULE_LICENSE("GPL");
