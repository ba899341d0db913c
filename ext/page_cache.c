/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page cache in front of crash's readmem(), and the guarded readmem() itself.  A dump never
 * changes, so its pages are kept until they are pushed out; a live system is always read anew.
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "guard.h"
#include "page_cache.h"

#define CACHE_BYTES_DEFAULT (64UL << 20)

struct read_request {
    ulonglong addr;
    int memtype;
    char *buffer;
    long size;
    int ok;
};

/* ---- the page cache ---- */

/* Direct-mapped: one page a slot.  A tag is the page's address with the memory type in its low
 * bits; 0 is empty. */
static struct {
    size_t bytes;
    size_t slots;
    unsigned shift;
    ulonglong *tags;
    char **pages;
} cache = {.bytes = CACHE_BYTES_DEFAULT};

void
mpyk_cache_free(void)
{
    for (size_t i = 0; i < cache.slots; i++) {
        free(cache.pages[i]);
    }
    free(cache.pages);
    free(cache.tags);
    cache.pages = NULL;
    cache.tags = NULL;
    cache.slots = 0;
}

/* True when the cache can be used; sets it up at first use. */
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
    cache.tags = calloc(slots, sizeof(*cache.tags));
    cache.pages = calloc(slots, sizeof(*cache.pages));
    if (cache.tags == NULL || cache.pages == NULL) {
        mpyk_cache_free();
        return 0;
    }
    cache.shift = machdep->pageshift;
    cache.slots = slots;
    return 1;
}

static inline size_t
cache_slot(ulonglong page)
{
    ulonglong number = page >> cache.shift;

    return (size_t)((number ^ (number >> 15)) & (cache.slots - 1));
}

/* ---- crash's readmem() under guard ---- */

static void
call_readmem(void *arg)
{
    struct read_request *r = arg;

    r->ok = readmem(r->addr, r->memtype, r->buffer, r->size, "mpykdump", RETURN_ON_ERROR | QUIET);
}

int
mpyk_read_uncached(ulonglong addr, int memtype, void *buffer, long size)
{
    struct read_request request = {addr, memtype, buffer, size, 0};

    if (mpyk_guarded(call_readmem, &request) < 0) {
        if (PyErr_ExceptionMatches(mpyk_error)) {
            PyErr_Clear();
        }
        return -1;
    }
    return request.ok ? 0 : -1;
}

/* The cached page at `page` (its first byte), or NULL when it cannot be read whole. */
static const char *
cached_page(ulonglong page, int memtype)
{
    size_t slot = cache_slot(page);
    ulonglong tag = page | (ulonglong)memtype;

    if (cache.tags[slot] == tag) {
        return cache.pages[slot];
    }
    if (cache.pages[slot] == NULL) {
        cache.pages[slot] = malloc(machdep->pagesize);
        if (cache.pages[slot] == NULL) {
            return NULL;
        }
    }
    cache.tags[slot] = 0;
    if (mpyk_read_uncached(page, memtype, cache.pages[slot], (long)machdep->pagesize) < 0) {
        return NULL;
    }
    cache.tags[slot] = tag;
    return cache.pages[slot];
}

/* Read what lies within one page.  0 or -1, without an exception but KeyboardInterrupt. */
static int
read_within_page(ulonglong addr, int memtype, char *buffer, long size)
{
    ulonglong offset = addr & (machdep->pagesize - 1);
    const char *page = cached_page(addr - offset, memtype);

    if (page == NULL) {
        return PyErr_Occurred() ? -1 : mpyk_read_uncached(addr, memtype, buffer, size);
    }
    memcpy(buffer, page + offset, (size_t)size);
    return 0;
}

long
mpyk_read_range(ulonglong addr, int memtype, char *buffer, long size)
{
    long done = 0;

    if (memtype == UVADDR || memtype == XENMACHADDR || !cache_ready()) {
        return mpyk_read_uncached(addr, memtype, buffer, size) == 0 ? size : 0;
    }
    while (done < size) {
        long in_page =
            (long)(machdep->pagesize - ((addr + (ulonglong)done) & (machdep->pagesize - 1)));
        long part = in_page < size - done ? in_page : size - done;

        if (read_within_page(addr + (ulonglong)done, memtype, buffer + done, part) < 0) {
            break;
        }
        done += part;
    }
    return done;
}

int
mpyk_cache_hit(ulonglong addr, void *buffer, long size)
{
    ulonglong offset;
    size_t slot;

    if (cache.slots == 0) {
        return 0;
    }
    offset = addr & (((ulonglong)1 << cache.shift) - 1);
    slot = cache_slot(addr);
    if (cache.tags[slot] != ((addr - offset) | KVADDR) ||
        offset + (ulonglong)size > ((ulonglong)1 << cache.shift)) {
        return 0;
    }
    memcpy(buffer, cache.pages[slot] + offset, (size_t)size);
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
