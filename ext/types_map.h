/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hash maps from strings and from addresses to pointers, and memory that is freed all at once at
 * unload.
 */
#ifndef MPYK_TYPES_MAP_H
#define MPYK_TYPES_MAP_H

#include <stddef.h>
#include <stdint.h>

struct mpyk_map_slot {
    const void *key;        /* a string or an address; NULL: free */
    uint32_t hash;
    void *value;
};

struct mpyk_map {
    struct mpyk_map_slot *slots;
    size_t size, used;
    int by_string;          /* keys are strings, which the map copies; otherwise addresses */
};

#define MPYK_STRING_MAP { NULL, 0, 0, 1 }
#define MPYK_ADDRESS_MAP { NULL, 0, 0, 0 }

uint32_t mpyk_hash_string(const char *text);

/* The value of a key; *found tells a NULL value from an unknown key. */
void *mpyk_map_get(const struct mpyk_map *map, const void *key, int *found);
/* Add or replace.  -1 if memory is out. */
int mpyk_map_set(struct mpyk_map *map, const void *key, void *value);
/* Keep only the pairs for which keep(value, arg) is true. */
void mpyk_map_filter(struct mpyk_map *map, int (*keep)(const void *value, void *arg), void *arg);
void mpyk_map_free(struct mpyk_map *map);

/* Zeroed memory that lives until mpyk_arena_free(); NULL if memory is out. */
void *mpyk_arena_alloc(size_t size);
const char *mpyk_arena_string(const char *text);
void mpyk_arena_free(void);

#endif /* MPYK_TYPES_MAP_H */
