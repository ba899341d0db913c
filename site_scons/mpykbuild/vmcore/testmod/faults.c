/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Errors that end in a panic. The guest asks for one after the truth is recorded.
 */
#include "hangs.h"

struct mpyk_victim {
    char padding[0x48];
    unsigned long value;
};

static struct mpyk_victim *mpyk_nobody; /* NULL */

static noinline __attribute__((noipa)) unsigned long
mpyk_faulting_function(const struct mpyk_victim *victim)
{
    return READ_ONCE(victim->value) + 1;
}

/* Read from address 0x48. */
int mpyk_null_dereference(void)
{
    return mpyk_faulting_function(READ_ONCE(mpyk_nobody)) != 0;
}
