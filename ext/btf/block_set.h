/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blocks of BTF that belong together: the kernel's and those of its modules, which come and go
 * on a live system.  A block that is gone is not searched any more, but what it described stays
 * valid: programs may hold its types.  This unit knows neither Python, crash nor gdb.
 *
 * Which of several definitions of one name is found: the kernel's; else that of the module that was
 * loaded first, so that loading one more changes no answer.
 */
#ifndef MPYK_BTF_SET_H
#define MPYK_BTF_SET_H

#include "btf/btf.h"

/* What tells one module's block from another that is at the same place later. */
struct mpyk_btf_key {
    uint64_t address, size;
    uint32_t id; /* the kernel's number of the BTF, never used twice; 0 if unknown */
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
    struct mpyk_btf_block *unseen;  /* during a walk: known, but not seen again yet */
    struct mpyk_btf_block *gone;
    struct mpyk_btf_block *last_used;
};

/* Take over the kernel's block (as mpyk_btf_create()); -1 with the reason. */
int mpyk_btf_set_kernel(struct mpyk_btf_set *set, void *data, size_t size, const char **reason);

/*
 * A walk along the kernel's list of modules, which starts with the one loaded last: begin, then for
 * each module either keep() finds its block or add() takes its data over, then end.  What was not
 * seen in a complete walk is gone.
 */
void mpyk_btf_set_begin(struct mpyk_btf_set *set);
int mpyk_btf_set_keep(struct mpyk_btf_set *set, const struct mpyk_btf_key *key);
int mpyk_btf_set_add(struct mpyk_btf_set *set, const struct mpyk_btf_key *key, const char *name,
                     void *data, size_t size, const char **reason);
void mpyk_btf_set_end(struct mpyk_btf_set *set, int complete);

/* The block that a type's record lies in (gone ones included), or NULL. */
const struct mpyk_btf *mpyk_btf_set_owner(struct mpyk_btf_set *set, const void *record);

void mpyk_btf_set_free(struct mpyk_btf_set *set);

#endif /* MPYK_BTF_SET_H */
