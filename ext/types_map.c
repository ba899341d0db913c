/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See types_map.h.  Open addressing with linear probing, at most two thirds full. */
#include "types_map.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK (64 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    char data[] __attribute__((aligned(16)));
};

static struct arena_block *arena;

void *
mpyk_arena_alloc(size_t size)
{
    struct arena_block *block = arena;

    size = (size + 15) & ~(size_t)15;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;
        block = calloc(1, sizeof(*block) + room);
        if (block == NULL) {
            return NULL;
        }
        block->size = room;
        block->next = arena;
        arena = block;
    }
    block->used += size;
    return block->data + block->used - size;
}

const char *
mpyk_arena_string(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mpyk_arena_alloc(size);

    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

void
mpyk_arena_free(void)
{
    while (arena != NULL) {
        struct arena_block *next = arena->next;
        free(arena);
        arena = next;
    }
}

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

static uint32_t
hash_key(const struct mpyk_map *map, const void *key)
{
    if (map->by_string) {
        return mpyk_hash_string(key);
    }
    return (uint32_t)(((uint64_t)(uintptr_t)key * 0x9E3779B97F4A7C15ull) >> 32);
}

/*
 * The slot that holds the key, or the free one where it belongs.  The map is not empty and never
 * full.
 */
static struct mpyk_map_slot *
find_slot(const struct mpyk_map *map, const void *key, uint32_t hash)
{
    for (size_t i = hash;; i++) {
        struct mpyk_map_slot *slot = &map->slots[i & (map->size - 1)];
        if (slot->key == NULL || slot->key == key) {
            return slot;
        }
        if (map->by_string && slot->hash == hash && strcmp(slot->key, key) == 0) {
            return slot;
        }
    }
}

void *
mpyk_map_get(const struct mpyk_map *map, const void *key, int *found)
{
    struct mpyk_map_slot *slot = NULL;

    if (map->used != 0) {
        slot = find_slot(map, key, hash_key(map, key));
    }
    if (found != NULL) {
        *found = slot != NULL && slot->key != NULL;
    }
    return slot != NULL && slot->key != NULL ? slot->value : NULL;
}

static int
resize(struct mpyk_map *map, size_t size)
{
    struct mpyk_map bigger = { NULL, size, map->used, map->by_string };

    bigger.slots = calloc(size, sizeof(*bigger.slots));
    if (bigger.slots == NULL) {
        return -1;
    }
    for (size_t i = 0; i < map->size; i++) {
        if (map->slots[i].key != NULL) {
            *find_slot(&bigger, map->slots[i].key, map->slots[i].hash) = map->slots[i];
        }
    }
    free(map->slots);
    *map = bigger;
    return 0;
}

int
mpyk_map_set(struct mpyk_map *map, const void *key, void *value)
{
    uint32_t hash = hash_key(map, key);
    struct mpyk_map_slot *slot;

    if (3 * (map->used + 1) > 2 * map->size && resize(map, map->size ? 2 * map->size : 64) < 0) {
        return -1;
    }
    slot = find_slot(map, key, hash);
    if (slot->key == NULL) {
        slot->key = map->by_string ? strdup(key) : key;
        if (slot->key == NULL) {
            return -1;
        }
        slot->hash = hash;
        map->used++;
    }
    slot->value = value;
    return 0;
}

void
mpyk_map_filter(struct mpyk_map *map, int (*keep)(const void *value, void *arg), void *arg)
{
    struct mpyk_map_slot *old = map->slots;
    size_t size = map->size;

    map->slots = calloc(size ? size : 1, sizeof(*old));
    if (map->slots == NULL) {
        map->slots = old;       /* better stale entries for undone work than no map */
        return;
    }
    map->used = 0;
    for (size_t i = 0; i < size; i++) {
        if (old[i].key == NULL) {
            continue;
        }
        if (keep(old[i].value, arg)) {
            *find_slot(map, old[i].key, old[i].hash) = old[i];
            map->used++;
        } else if (map->by_string) {
            free((void *)old[i].key);
        }
    }
    free(old);
}

void
mpyk_map_free(struct mpyk_map *map)
{
    for (size_t i = 0; map->by_string && i < map->size; i++) {
        free((void *)map->slots[i].key);
    }
    free(map->slots);
    map->slots = NULL;
    map->size = map->used = 0;
}
