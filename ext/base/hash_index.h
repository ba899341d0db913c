/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one hash table of the extension: it finds numbers by hash.  A number is the caller's own name
 * for an entry (1, 2, 3...; 0 means "none"), and the caller keeps the entries and compares their
 * keys.  Several numbers may have the same hash; they are found in the order in which they were
 * added.
 *
 * Open addressing with linear probing, at most half full.
 */
#ifndef MPYK_BASE_HASH_INDEX_H
#define MPYK_BASE_HASH_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct mpyk_index_slot {
    uint32_t hash, number;
};

/* All zero is an empty index. */
struct mpyk_index {
    struct mpyk_index_slot *slots;
    uint32_t mask; /* number of slots - 1 */
    uint32_t used;
};

uint32_t mpyk_hash_string(const char *text);
uint32_t mpyk_hash_address(uint64_t address);

/* Make room for `count` numbers in all.  0, or -1 if memory is out. */
int mpyk_index_reserve(struct mpyk_index *index, size_t count);
/* Add a number, for which there is room. */
void mpyk_index_add(struct mpyk_index *index, uint32_t hash, uint32_t number);
void mpyk_index_free(struct mpyk_index *index);

/* The next number of this hash; 0 if there are no more.  *position starts with the hash. */
static inline uint32_t
mpyk_index_next(const struct mpyk_index *index, uint32_t hash, uint32_t *position)
{
    if (index->slots == NULL) {
        return 0;
    }
    for (;;) {
        const struct mpyk_index_slot *slot = &index->slots[(*position)++ & index->mask];
        if (slot->number == 0 || slot->hash == hash) {
            return slot->number;
        }
    }
}

#endif /* MPYK_BASE_HASH_INDEX_H */
