/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does to hash maps and an index what the lines of stdin say, and prints the answers:
 *   set KEY NUMBER   get KEY   drop NUMBER (pairs with this value)     of strings
 *   aset KEY NUMBER   aget KEY   adrop NUMBER                          of addresses
 *   add HASH NUMBER   all HASH (its numbers, in their order)           of the index
 */
#include "base/hash_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mpyk_map strings = MPYK_STRING_MAP, addresses = MPYK_ADDRESS_MAP;
static struct mpyk_index numbers;

static int
differs(const void *value, void *arg)
{
    return value != arg;
}

static void
show(void *value, int found)
{
    printf(found ? "%lu\n" : "-\n", (unsigned long)(uintptr_t)value);
}

static void
answer(const char *verb, const char *key, unsigned long number)
{
    uint64_t address = strtoull(key, NULL, 0);
    void *value = (void *)(uintptr_t)number;
    uint32_t position = (uint32_t)address, next;
    int found;

    if (strcmp(verb, "set") == 0) {
        printf("%d\n", mpyk_map_set(&strings, key, value));
    } else if (strcmp(verb, "aset") == 0) {
        printf("%d\n", mpyk_map_set_address(&addresses, address, value));
    } else if (strcmp(verb, "get") == 0) {
        value = mpyk_map_get(&strings, key, &found);
        show(value, found);
    } else if (strcmp(verb, "aget") == 0) {
        value = mpyk_map_get_address(&addresses, address, &found);
        show(value, found);
    } else if (strcmp(verb, "drop") == 0) {
        mpyk_map_filter(&strings, differs, (void *)(uintptr_t)address);
    } else if (strcmp(verb, "adrop") == 0) {
        mpyk_map_filter(&addresses, differs, (void *)(uintptr_t)address);
    } else if (strcmp(verb, "add") == 0) {
        mpyk_index_reserve(&numbers, numbers.used + 1);
        mpyk_index_add(&numbers, (uint32_t)address, (uint32_t)number);
    } else {
        while ((next = mpyk_index_next(&numbers, (uint32_t)address, &position)) != 0) {
            printf("%u ", (unsigned)next);
        }
        printf("\n");
    }
}

int
main(void)
{
    char verb[16], key[64], line[128];
    unsigned long number;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        number = 0;
        if (sscanf(line, "%15s %63s %lu", verb, key, &number) >= 2) {
            answer(verb, key, number);
        }
    }
    mpyk_map_free(&strings);
    mpyk_map_free(&addresses);
    mpyk_index_free(&numbers);
    return 0;
}
