/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine that was dumped, as far as reading its memory depends on it. */
#ifndef MPYK_BASE_TARGET_H
#define MPYK_BASE_TARGET_H

struct mpyk_target {
    int big_endian;
    int pointer_size; /* in bytes */
};

/* The dump's machine.  types/kernel_facts.c fills it in when the module `crash` starts. */
extern struct mpyk_target mpyk_target;

#endif /* MPYK_BASE_TARGET_H */
