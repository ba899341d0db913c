/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blocks of BTF that belong together: the kernel's, and those of its modules, which come and go
 * on a live system.  A block that is gone is not searched any more.  It stays in memory, because
 * programs may have types that it describes.  This unit knows neither Python nor crash nor gdb.
 *
 * When a name has several definitions, the kernel's is found first, then that of the module that
 * was loaded first.  So loading one more module changes no answer.
 */
#ifndef MPYK_BTF_SET_H
#define MPYK_BTF_SET_H

#include "btf/btf.h"

/* Identifies the block of a module.  A later module may have its block at the same address. */
struct mpyk_btf_key {
    uint64_t address, size;
    uint32_t id; /* the kernel's own number of this BTF, which it never uses again; 0 if it is not
                    known */
};

struct mpyk_btf_block {
    struct mpyk_btf_block *next;
    struct mpyk_btf *btf;
    struct mpyk_btf_key key;
    char name[64]; /* of the module */
};

struct mpyk_btf_set {
    struct mpyk_btf_block *kernel;
    struct mpyk_btf_block *modules; /* in the order of their loading */
    struct mpyk_btf_block
        *unseen; /* during a walk: known from before, but not seen in this walk yet */
    struct mpyk_btf_block *gone;
    struct mpyk_btf_block *last_used;
};

/* Take the kernel's block over, as mpyk_btf_create() does.  -1 with the reason. */
int mpyk_btf_set_kernel(struct mpyk_btf_set *set, void *data, size_t size, const char **reason);

/*
 * A walk along the kernel's list of modules, which starts with the module that was loaded
 * last.  Call begin; then, for each module, keep(), and add() if keep() did not find its block;
 * then end.  A block that a complete walk did not see is gone.
 */
void mpyk_btf_set_begin(struct mpyk_btf_set *set);
int mpyk_btf_set_keep(struct mpyk_btf_set *set, const struct mpyk_btf_key *key);
int mpyk_btf_set_add(struct mpyk_btf_set *set, const struct mpyk_btf_key *key, const char *name,
                     void *data, size_t size, const char **reason);
void mpyk_btf_set_end(struct mpyk_btf_set *set, int complete);

/* The block that contains the record of a type, also if the block is gone; or NULL. */
const struct mpyk_btf *mpyk_btf_set_owner(struct mpyk_btf_set *set, const void *record);

void mpyk_btf_set_free(struct mpyk_btf_set *set);

#endif /* MPYK_BTF_SET_H */
