/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See block_set.h. */
#include "btf/block_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mpyk_btf_block *
new_block(const struct mpyk_btf_key *key, const char *name, void *data, size_t size,
          const struct mpyk_btf *base, const char **reason)
{
    struct mpyk_btf_block *block = calloc(1, sizeof(*block));

    if (block == NULL) {
        *reason = "memory is out";
        free(data);
        return NULL;
    }
    block->btf = mpyk_btf_create(data, size, base, reason);
    if (block->btf == NULL) {
        free(block);
        return NULL;
    }
    block->key = *key;
    snprintf(block->name, sizeof(block->name), "%s", name);
    return block;
}

static void
push(struct mpyk_btf_block **list, struct mpyk_btf_block *block)
{
    block->next = *list;
    *list = block;
}

int
mpyk_btf_set_kernel(struct mpyk_btf_set *set, void *data, size_t size, const char **reason)
{
    const struct mpyk_btf_key key = {0};

    set->kernel = new_block(&key, "vmlinux", data, size, NULL, reason);
    return set->kernel != NULL ? 0 : -1;
}

void
mpyk_btf_set_begin(struct mpyk_btf_set *set)
{
    set->unseen = set->modules;
    set->modules = NULL;
}

static int
same_key(const struct mpyk_btf_key *a, const struct mpyk_btf_key *b)
{
    return a->address == b->address && a->size == b->size && a->id == b->id;
}

/* The link to the block with this key, or to the end of the list. */
static struct mpyk_btf_block **
find_key(struct mpyk_btf_block **at, const struct mpyk_btf_key *key)
{
    while (*at != NULL && !same_key(&(*at)->key, key)) {
        at = &(*at)->next;
    }
    return at;
}

int
mpyk_btf_set_keep(struct mpyk_btf_set *set, const struct mpyk_btf_key *key)
{
    struct mpyk_btf_block **at = find_key(&set->unseen, key);
    struct mpyk_btf_block *block = *at;

    if (block == NULL) {
        return *find_key(&set->modules, key) != NULL; /* a damaged list leads here once more */
    }
    *at = block->next;
    push(&set->modules, block);
    return 1;
}

int
mpyk_btf_set_add(struct mpyk_btf_set *set, const struct mpyk_btf_key *key, const char *name,
                 void *data, size_t size, const char **reason)
{
    struct mpyk_btf_block *block = new_block(key, name, data, size, set->kernel->btf, reason);

    if (block == NULL) {
        return -1;
    }
    push(&set->modules, block);
    return 0;
}

void
mpyk_btf_set_end(struct mpyk_btf_set *set, int complete)
{
    struct mpyk_btf_block **end = &set->modules;

    while (set->unseen != NULL) {
        struct mpyk_btf_block *block = set->unseen;
        set->unseen = block->next;
        if (complete) {
            push(&set->gone, block);
            continue;
        }
        while (*end != NULL) {
            end = &(*end)->next;
        }
        block->next = NULL;
        *end = block;
    }
}

static struct mpyk_btf_block *
owner_in(struct mpyk_btf_block *list, const void *record)
{
    while (list != NULL && !mpyk_btf_owns(list->btf, record)) {
        list = list->next;
    }
    return list;
}

const struct mpyk_btf *
mpyk_btf_set_owner(struct mpyk_btf_set *set, const void *record)
{
    struct mpyk_btf_block *const lists[] = {
        set->kernel,
        set->modules,
        set->unseen,
        set->gone,
    };

    if (set->last_used != NULL && mpyk_btf_owns(set->last_used->btf, record)) {
        return set->last_used->btf;
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct mpyk_btf_block *block = owner_in(lists[i], record);
        if (block != NULL) {
            set->last_used = block;
            return block->btf;
        }
    }
    return NULL;
}

static void
free_list(struct mpyk_btf_block *list)
{
    while (list != NULL) {
        struct mpyk_btf_block *next = list->next;
        mpyk_btf_destroy(list->btf);
        free(list);
        list = next;
    }
}

void
mpyk_btf_set_free(struct mpyk_btf_set *set)
{
    free_list(set->modules);
    free_list(set->unseen);
    free_list(set->gone);
    free_list(set->kernel);
    memset(set, 0, sizeof(*set));
}
