/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See hash_map.h. */
#include "base/hash_map.h"

#include <stdlib.h>
#include <string.h>

static struct mpyk_map_entry *
find_text(const struct mpyk_map *map, const char *key, uint32_t hash)
{
    uint32_t position = hash, number;

    while ((number = mpyk_index_next(&map->index, hash, &position)) != 0) {
        if (strcmp(map->entries[number - 1].key.text, key) == 0) {
            return &map->entries[number - 1];
        }
    }
    return NULL;
}

static struct mpyk_map_entry *
find_address(const struct mpyk_map *map, uint64_t key, uint32_t hash)
{
    uint32_t position = hash, number;

    while ((number = mpyk_index_next(&map->index, hash, &position)) != 0) {
        if (map->entries[number - 1].key.address == key) {
            return &map->entries[number - 1];
        }
    }
    return NULL;
}

static void *
value_of(const struct mpyk_map_entry *entry, int *found)
{
    if (found != NULL) {
        *found = entry != NULL;
    }
    return entry != NULL ? entry->value : NULL;
}

void *
mpyk_map_get(const struct mpyk_map *map, const char *key, int *found)
{
    return value_of(find_text(map, key, mpyk_hash_string(key)), found);
}

void *
mpyk_map_get_address(const struct mpyk_map *map, uint64_t key, int *found)
{
    return value_of(find_address(map, key, mpyk_hash_address(key)), found);
}

/* A new entry, with its number in the index; the caller sets its key.  NULL if memory is out. */
static struct mpyk_map_entry *
new_entry(struct mpyk_map *map, uint32_t hash)
{
    if (map->count == map->room) {
        size_t room = map->room != 0 ? 2 * map->room : 32;
        struct mpyk_map_entry *bigger = realloc(map->entries, room * sizeof(*bigger));

        if (bigger == NULL) {
            return NULL;
        }
        map->entries = bigger;
        map->room = room;
    }
    if (mpyk_index_reserve(&map->index, map->count + 1) < 0) {
        return NULL;
    }
    mpyk_index_add(&map->index, hash, (uint32_t)++map->count);
    return &map->entries[map->count - 1];
}

int
mpyk_map_set(struct mpyk_map *map, const char *key, void *value)
{
    uint32_t hash = mpyk_hash_string(key);
    struct mpyk_map_entry *entry = find_text(map, key, hash);
    char *copy;

    if (entry != NULL) {
        entry->value = value;
        return 0;
    }
    copy = strdup(key);
    entry = copy != NULL ? new_entry(map, hash) : NULL;
    if (entry == NULL) {
        free(copy);
        return -1;
    }
    entry->key.text = copy;
    entry->value = value;
    return 1;
}

int
mpyk_map_set_address(struct mpyk_map *map, uint64_t key, void *value)
{
    uint32_t hash = mpyk_hash_address(key);
    struct mpyk_map_entry *entry = find_address(map, key, hash);

    if (entry != NULL) {
        entry->value = value;
        return 0;
    }
    entry = new_entry(map, hash);
    if (entry == NULL) {
        return -1;
    }
    entry->key.address = key;
    entry->value = value;
    return 1;
}

void
mpyk_map_filter(struct mpyk_map *map, int (*keep)(const void *value, void *arg), void *arg)
{
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++) {
        if (keep(map->entries[i].value, arg)) {
            map->entries[kept++] = map->entries[i];
        } else if (map->by_string) {
            free(map->entries[i].key.text);
        }
    }
    map->count = kept;
    /* Shrinking needs no memory: the same slots are filled again. */
    if (map->index.slots != NULL) {
        memset(map->index.slots, 0, ((size_t)map->index.mask + 1) * sizeof(*map->index.slots));
        map->index.used = 0;
    }
    for (size_t i = 0; i < kept; i++) {
        const struct mpyk_map_entry *entry = &map->entries[i];

        mpyk_index_add(&map->index,
                       map->by_string ? mpyk_hash_string(entry->key.text)
                                      : mpyk_hash_address(entry->key.address),
                       (uint32_t)i + 1);
    }
}

void
mpyk_map_free(struct mpyk_map *map)
{
    for (size_t i = 0; map->by_string && i < map->count; i++) {
        free(map->entries[i].key.text);
    }
    free(map->entries);
    mpyk_index_free(&map->index);
    map->entries = NULL;
    map->count = map->room = 0;
}
