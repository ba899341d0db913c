/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps from strings, or from addresses, to pointers; built on hash_index.h. */
#ifndef MPYK_BASE_HASH_MAP_H
#define MPYK_BASE_HASH_MAP_H

#include "base/hash_index.h"

struct mpyk_map_entry {
    union {
        char *text;
        uint64_t address;
    } key;
    void *value;
};

struct mpyk_map {
    int by_string; /* the keys are strings, which the map copies; otherwise addresses */
    struct mpyk_index index;
    struct mpyk_map_entry *entries; /* entry n - 1 has the number n in the index */
    size_t count, room;
};

#define MPYK_STRING_MAP {.by_string = 1}
#define MPYK_ADDRESS_MAP {.by_string = 0}

/* The value of a key; *found (which may be NULL) distinguishes a NULL value from an unknown key. */
void *mpyk_map_get(const struct mpyk_map *map, const char *key, int *found);
void *mpyk_map_get_address(const struct mpyk_map *map, uint64_t key, int *found);

/* Add or replace.  1 if the key is new, 0 if it was there, -1 if memory is out. */
int mpyk_map_set(struct mpyk_map *map, const char *key, void *value);
int mpyk_map_set_address(struct mpyk_map *map, uint64_t key, void *value);

/* Keep only the pairs for which keep(value, arg) is true. */
void mpyk_map_filter(struct mpyk_map *map, int (*keep)(const void *value, void *arg), void *arg);
void mpyk_map_free(struct mpyk_map *map);

#endif /* MPYK_BASE_HASH_MAP_H */
