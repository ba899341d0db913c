/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See arena.h. */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (64 * 1024)

struct block {
    struct block *next;
    size_t used, size;
    char data[] __attribute__((aligned(16)));
};

static struct block *blocks;

void *
mpyk_arena_alloc(size_t size)
{
    struct block *block = blocks;

    size = (size + 15) & ~(size_t)15;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = calloc(1, sizeof(*block) + room);
        if (block == NULL) {
            return NULL;
        }
        block->size = room;
        block->next = blocks;
        blocks = block;
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
    while (blocks != NULL) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}
