/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See hash_index.h. */
#include "base/hash_index.h"

#include <stdlib.h>

#define SMALLEST 4

/* FNV-1a */
uint32_t
mpyk_hash_string(const char *text)
{
    uint32_t hash = 2166136261u;

    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    }
    return hash;
}

uint32_t
mpyk_hash_address(uint64_t address)
{
    return (uint32_t)((address * 0x9E3779B97F4A7C15ull) >> 32);
}

void
mpyk_index_add(struct mpyk_index *index, uint32_t hash, uint32_t number)
{
    uint32_t i = hash;

    while (index->slots[i & index->mask].number != 0) {
        i++;
    }
    index->slots[i & index->mask] = (struct mpyk_index_slot){hash, number};
    index->used++;
}

/* Numbers of the same hash stay in their order, because each run of slots is copied from its start.
 */
static int
resize(struct mpyk_index *index, size_t size)
{
    struct mpyk_index bigger = {calloc(size, sizeof(*bigger.slots)), (uint32_t)(size - 1), 0};
    size_t old = index->slots != NULL ? (size_t)index->mask + 1 : 0, start = 0;

    if (bigger.slots == NULL) {
        return -1;
    }
    while (start < old && index->slots[start].number != 0) {
        start++;
    }
    for (size_t i = 0; i < old; i++) {
        const struct mpyk_index_slot *slot = &index->slots[(start + i) & index->mask];
        if (slot->number != 0) {
            mpyk_index_add(&bigger, slot->hash, slot->number);
        }
    }
    free(index->slots);
    *index = bigger;
    return 0;
}

int
mpyk_index_reserve(struct mpyk_index *index, size_t count)
{
    size_t size = index->slots != NULL ? (size_t)index->mask + 1 : 0, wanted = SMALLEST;

    if (2 * count <= size) {
        return 0;
    }
    while (wanted < 2 * count) {
        wanted *= 2;
    }
    return resize(index, wanted);
}

void
mpyk_index_free(struct mpyk_index *index)
{
    free(index->slots);
    *index = (struct mpyk_index){NULL, 0, 0};
}
