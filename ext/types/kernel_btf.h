/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The BTF of the dump's kernel and of its loaded modules, read when it is first needed.
 *
 * The kernel's BTF comes from the dump's memory.  If it cannot be read there, it comes from the
 * .BTF section of the vmlinux that crash has opened.  The BTF of modules is in memory only.
 *
 * These functions need the GIL and must not run under guard, because they read the dump with
 * mpyk_readmem().  The only exception that they leave is KeyboardInterrupt.
 */
#ifndef MPYK_TYPES_KERNEL_BTF_H
#define MPYK_TYPES_KERNEL_BTF_H

#include "btf/block_set.h"
#include "types/kernel_facts.h"

/* The places where the kernel's BTF may be, in the order in which they are tried. */
enum mpyk_btf_where {
    MPYK_BTF_IN_MEMORY,
    MPYK_BTF_IN_FILE,
    MPYK_BTF_PLACES,
};

struct mpyk_btf_place {
    struct mpyk_btf_set set;
    int searched, modules_searched;
    char path[MPYK_KERNEL_PATH_MAX]; /* of the file */
    char reason[256];                /* why nothing was found here */
};

/* Where the kernel's BTF was found; NULL if it cannot be read in any place. */
struct mpyk_btf_place *mpyk_kernel_btf(void);
/* The same, after the BTF of all modules in the kernel's list was read. */
struct mpyk_btf_place *mpyk_kernel_btf_with_modules(void);
const struct mpyk_btf_place *mpyk_kernel_btf_place(enum mpyk_btf_where where);

/* The block of BTF that contains the record of a type; NULL if there is none. */
const struct mpyk_btf *mpyk_kernel_btf_block(const void *record);

/* Modules may have come and gone: walk the kernel's list again when it is needed next. */
void mpyk_kernel_btf_look_again(void);

/* Do not use the BTF in the dump's memory (1), or use it again (0). */
void mpyk_kernel_btf_only_file(int only);

#endif /* MPYK_TYPES_KERNEL_BTF_H */
