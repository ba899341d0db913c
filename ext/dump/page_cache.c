/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See page_cache.h.  A dump never changes, so its pages are kept until newer pages need their
 * slots; a live system is always read anew.
 */
#include "crash/crash_compat.h"

#include "dump/crash_readmem.h"
#include "dump/direct_pages.h"
#include "dump/page_cache.h"

#include <sys/mman.h>

#define CACHE_BYTES_DEFAULT (64UL << 20)
#define CHUNK_PAGES 64 /* memory is allocated for this many pages at once */

/*
 * A tag is the page's address, with the memory type in its low bits.  0 means that the slot is
 * empty.
 */
struct cache_slot {
    ulonglong tag;
    char *page;
};

/*
 * A page has two neighbouring slots where it may be.  So two pages that are read in turn do not
 * push each other out.
 */
static struct {
    size_t bytes;
    size_t slots;
    unsigned shift;
    struct cache_slot *table;
    size_t used;   /* pages that have memory */
    char **chunks; /* this memory; each chunk has CHUNK_PAGES pages */
} cache = {.bytes = CACHE_BYTES_DEFAULT};

void
mpyk_cache_free(void)
{
    for (size_t i = 0; i * CHUNK_PAGES < cache.used; i++) {
        munmap(cache.chunks[i], CHUNK_PAGES * machdep->pagesize);
    }
    free(cache.chunks);
    free(cache.table);
    cache.chunks = NULL;
    cache.table = NULL;
    cache.slots = 0;
    cache.used = 0;
}

/* True if the cache can be used.  The first call sets it up. */
static int
cache_ready(void)
{
    size_t slots;

    if (cache.slots != 0) {
        return 1;
    }
    if (ACTIVE() || machdep->pagesize == 0 || machdep->pageshift == 0) {
        return 0;
    }
    for (slots = 1; slots * 2 * machdep->pagesize <= cache.bytes; slots *= 2) {
    }
    if (slots < 16) {
        return 0;
    }
    cache.table = calloc(slots, sizeof(*cache.table));
    cache.chunks = calloc(slots / CHUNK_PAGES + 1, sizeof(*cache.chunks));
    if (cache.table == NULL || cache.chunks == NULL) {
        mpyk_cache_free();
        return 0;
    }
    cache.shift = machdep->pageshift;
    cache.slots = slots;
    return 1;
}

/* The first of the two slots of a page. */
static inline struct cache_slot *
cache_slots(ulonglong page)
{
    ulonglong number = page >> cache.shift;

    return &cache.table[(number ^ (number >> 15)) * 2 & (cache.slots - 1)];
}

/*
 * Memory for one more page.  A chunk is populated when it is mapped: page faults at the first
 * access to each page would take a third of the time of reading them.
 */
static char *
cache_room(void)
{
    size_t chunk = cache.used / CHUNK_PAGES, size = CHUNK_PAGES * machdep->pagesize;

    if (cache.used % CHUNK_PAGES == 0) {
        void *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

        if (room == MAP_FAILED) {
            return NULL;
        }
        cache.chunks[chunk] = room;
    }
    return cache.chunks[chunk] + cache.used++ % CHUNK_PAGES * machdep->pagesize;
}

/* Free the first slot for a page; its old content moves into the second.  NULL if memory is out. */
static struct cache_slot *
cache_make_room(struct cache_slot *slot)
{
    struct cache_slot older = slot[1];

    slot[1] = slot[0];
    slot[0] = older;
    slot->tag = 0;
    if (slot->page == NULL) {
        slot->page = cache_room();
    }
    return slot->page != NULL ? slot : NULL;
}

/* The cached page that starts at `page`; NULL if it cannot be read as a whole. */
static const char *
cached_page(ulonglong page, int memtype)
{
    struct cache_slot *slot = cache_slots(page);
    ulonglong tag = page | (ulonglong)memtype;

    for (int i = 0; i < 2; i++) {
        if (slot[i].tag == tag) {
            return slot[i].page;
        }
    }
    slot = cache_make_room(slot);
    if (slot == NULL) {
        return NULL;
    }
    if (mpyk_dump_page(page, memtype, slot->page) < 0 &&
        (PyErr_Occurred() ||
         mpyk_crash_readmem(page, memtype, slot->page, (long)machdep->pagesize) < 0)) {
        return NULL;
    }
    slot->tag = tag;
    return slot->page;
}

/* Read a range within one page.  0 or -1; only KeyboardInterrupt is left as an exception. */
static int
read_within_page(ulonglong addr, int memtype, char *buffer, long size)
{
    ulonglong offset = addr & (machdep->pagesize - 1);
    const char *page = cached_page(addr - offset, memtype);

    if (page == NULL) {
        return PyErr_Occurred() ? -1 : mpyk_crash_readmem(addr, memtype, buffer, size);
    }
    memcpy(buffer, page + offset, (size_t)size);
    return 0;
}

long
mpyk_read_range(ulonglong addr, int memtype, char *buffer, long size)
{
    long done = 0;
    unsigned round = 0;

    if (memtype == UVADDR || memtype == XENMACHADDR || !cache_ready()) {
        return mpyk_crash_readmem(addr, memtype, buffer, size) == 0 ? size : 0;
    }
    while (done < size) {
        long in_page =
            (long)(machdep->pagesize - ((addr + (ulonglong)done) & (machdep->pagesize - 1)));
        long part = in_page < size - done ? in_page : size - done;

        if (read_within_page(addr + (ulonglong)done, memtype, buffer + done, part) < 0 ||
            (++round % 4096 == 0 && PyErr_CheckSignals() < 0)) {
            break;
        }
        done += part;
    }
    return done;
}

int
mpyk_cache_hit(ulonglong addr, void *buffer, long size)
{
    const struct cache_slot *slot;
    ulonglong offset, tag;

    if (cache.slots == 0) {
        return 0;
    }
    offset = addr & (((ulonglong)1 << cache.shift) - 1);
    tag = (addr - offset) | KVADDR;
    slot = cache_slots(addr);
    slot += slot->tag != tag;
    if (slot->tag != tag || offset + (ulonglong)size > ((ulonglong)1 << cache.shift)) {
        return 0;
    }
    memcpy(buffer, slot->page + offset, (size_t)size);
    return 1;
}

size_t
mpyk_cache_resize(size_t bytes)
{
    size_t old = cache.bytes;

    mpyk_cache_free();
    cache.bytes = bytes;
    return old;
}
