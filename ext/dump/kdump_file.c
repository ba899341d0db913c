/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See kdump_file.h.  The kdump-compressed format has: a header block, a sub-header, a bitmap of the
 * pages that are RAM, a bitmap of the pages that are in the dump, a descriptor for each page in the
 * dump, in order, and the pages.  (makedumpfile's IMPLEMENTATION and diskdump_mod.h describe it.)
 *
 * The number of a page's descriptor is the number of pages before it in the dump.  These are
 * counted once for every 4096 pages, and within them for each request.  Bitmaps and descriptors are
 * read in blocks, and a few blocks are kept, so that the size of the dump does not matter.
 */
#include "dump/kdump_file.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK = 4096,
    BLOCKS_KEPT = 64,
    SECTION_BYTES = 512, /* of the bitmap: 4096 pages */
    SECTION_PAGES = SECTION_BYTES * 8,
    MAX_PAGE_SIZE = 65536,
    FLAG_ZLIB = 1, /* of a page; other bits mean other compressions */
};

/* The structures below have the layout of a 64-bit machine.  Bit 0 of a word is its first page. */
#define HOST_IS_FIT (sizeof(long) == 8 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

struct header {
    char signature[8];
    int32_t version;
    char utsname[6][65];
    int64_t timestamp[2];
    uint32_t status;
    int32_t block_size, sub_header_blocks;
    uint32_t bitmap_blocks, max_mapnr, total_ram_blocks, device_blocks, written_blocks, current_cpu;
    int32_t nr_cpus;
};

struct sub_header {
    uint64_t phys_base;
    int32_t dump_level, split;
    uint64_t start_pfn, end_pfn;
    uint64_t offset_vmcoreinfo, size_vmcoreinfo, offset_note, size_note;
    uint64_t offset_eraseinfo, size_eraseinfo;
    uint64_t start_pfn_64, end_pfn_64, max_mapnr_64; /* header version 6 and later */
};

struct page_descriptor {
    int64_t offset;
    uint32_t size, flags;
    uint64_t page_flags;
};

_Static_assert(offsetof(struct header, block_size) == 428, "the header of a 64-bit machine");
_Static_assert(offsetof(struct sub_header, max_mapnr_64) == 96, "the sub-header of one");
_Static_assert(sizeof(struct page_descriptor) == 24, "descriptors have no padding");

struct block {
    int64_t offset; /* in the file; -1: the block is empty */
    uint8_t data[BLOCK];
};

struct mpyk_kdump {
    int fd;
    size_t page_size;
    uint64_t pages;                               /* one more than the highest page number */
    int64_t ram_bitmap, dump_bitmap, descriptors; /* their places in the file */
    uint64_t *before; /* for each section: how many pages of the dump come before it */
    uint8_t *packed;  /* room for a page */
    struct libdeflate_decompressor *decompressor;
    struct block blocks[BLOCKS_KEPT];
};

/* Read everything or nothing.  0 or -1. */
static int
read_at(int fd, void *buffer, size_t size, int64_t offset)
{
    return offset >= 0 && pread(fd, buffer, size, offset) == (ssize_t)size ? 0 : -1;
}

/* Copy from a kept block.  The range must lie within one block.  0 or -1. */
static int
read_kept(struct mpyk_kdump *dump, void *buffer, size_t size, int64_t offset)
{
    int64_t start = offset & ~(int64_t)(BLOCK - 1);
    struct block *block = &dump->blocks[(start / BLOCK) % BLOCKS_KEPT];

    if (block->offset != start) {
        block->offset = -1;
        /* The file may end within the block. */
        if (pread(dump->fd, block->data, BLOCK, start) <
            (ssize_t)(offset - start + (int64_t)size)) {
            return -1;
        }
        block->offset = start;
    }
    memcpy(buffer, block->data + (offset - start), size);
    return 0;
}

/* Count the bits that are set: in groups of two, four and eight bits, then in all eight bytes. */
static unsigned
ones(const uint64_t *words, size_t count)
{
    uint64_t found = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t n = words[i];

        n -= n >> 1 & 0x5555555555555555u;
        n = (n & 0x3333333333333333u) + (n >> 2 & 0x3333333333333333u);
        n = (n + (n >> 4)) & 0x0f0f0f0f0f0f0f0fu;
        found += n * 0x0101010101010101u >> 56;
    }
    return (unsigned)found;
}

/* ---- opening ---- */

/* Whether the numbers of the header that are used in arithmetic are sane. */
static int
header_is_sane(const struct header *h, size_t page_size)
{
    return memcmp(h->signature, "KDUMP   ", sizeof(h->signature)) == 0 && h->version >= 1 &&
           h->block_size > 0 && (size_t)h->block_size == page_size && h->sub_header_blocks > 0 &&
           h->sub_header_blocks < 1 << 20 && h->bitmap_blocks > 0;
}

/* Find the place of everything.  -1 if this file cannot be read here, for example a split dump. */
static int
find_parts(struct mpyk_kdump *dump)
{
    struct header header;
    struct sub_header sub;
    int64_t block = (int64_t)dump->page_size, bitmap_bytes, needed;

    if (read_at(dump->fd, &header, sizeof(header), 0) < 0 ||
        !header_is_sane(&header, dump->page_size) ||
        read_at(dump->fd, &sub, sizeof(sub), block) < 0 || (header.version >= 2 && sub.split)) {
        return -1;
    }
    dump->pages = header.version >= 6 ? sub.max_mapnr_64 : header.max_mapnr;
    bitmap_bytes = block * header.bitmap_blocks;
    if (dump->pages == 0 || dump->pages > (uint64_t)bitmap_bytes * 8) {
        return -1;
    }
    needed = (int64_t)((dump->pages + 7) / 8 + (uint64_t)block - 1) / block;
    dump->ram_bitmap = block * (1 + (int64_t)header.sub_header_blocks);
    dump->dump_bitmap = dump->ram_bitmap;
    if ((int64_t)header.bitmap_blocks >= needed * 2) {
        dump->dump_bitmap += bitmap_bytes / 2;
    }
    dump->descriptors = dump->ram_bitmap + bitmap_bytes;
    /* Each section must lie within one block, and the last one within the file. */
    return dump->dump_bitmap % SECTION_BYTES == 0 && dump->pages / 8 < (uint64_t)INT64_MAX / 2 ? 0
                                                                                               : -1;
}

/* Count the pages before each section. */
static int
count_pages(struct mpyk_kdump *dump)
{
    uint64_t sections = (dump->pages + SECTION_PAGES - 1) / SECTION_PAGES, total = 0;
    uint64_t words[BLOCK / sizeof(uint64_t)];
    const uint64_t in_block = BLOCK / SECTION_BYTES;

    dump->before = calloc(sections, sizeof(*dump->before));
    if (dump->before == NULL) {
        return -1;
    }
    for (uint64_t i = 0; i < sections; i++) {
        size_t within = (size_t)(i % in_block);

        if (within == 0) {
            uint64_t left = (sections - i) * SECTION_BYTES;

            if (read_at(dump->fd, words, left < BLOCK ? left : BLOCK,
                        dump->dump_bitmap + (int64_t)(i * SECTION_BYTES)) < 0) {
                return -1;
            }
        }
        dump->before[i] = total;
        total +=
            ones(words + within * SECTION_BYTES / sizeof(*words), SECTION_BYTES / sizeof(*words));
    }
    return 0;
}

struct mpyk_kdump *
mpyk_kdump_create(int fd, size_t page_size)
{
    struct mpyk_kdump *dump;

    if (!HOST_IS_FIT || page_size < BLOCK || page_size > MAX_PAGE_SIZE ||
        (page_size & (page_size - 1)) != 0) {
        return NULL;
    }
    dump = calloc(1, sizeof(*dump));
    if (dump == NULL) {
        return NULL;
    }
    dump->fd = fd;
    dump->page_size = page_size;
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        dump->blocks[i].offset = -1;
    }
    dump->packed = malloc(page_size);
    dump->decompressor = libdeflate_alloc_decompressor();
    if (dump->packed == NULL || dump->decompressor == NULL || find_parts(dump) < 0 ||
        count_pages(dump) < 0) {
        mpyk_kdump_destroy(dump);
        return NULL;
    }
    return dump;
}

void
mpyk_kdump_destroy(struct mpyk_kdump *dump)
{
    if (dump != NULL) {
        free(dump->before);
        free(dump->packed);
        libdeflate_free_decompressor(dump->decompressor);
        free(dump);
    }
}

/* ---- reading ---- */

/* Find the descriptor of a page.  -1 when the page is not in the dump. */
static int
find_descriptor(struct mpyk_kdump *dump, uint64_t pfn, struct page_descriptor *found)
{
    uint64_t section = pfn / SECTION_PAGES, within = pfn % SECTION_PAGES, number, mask;
    uint64_t words[SECTION_BYTES / sizeof(uint64_t)];
    uint8_t is_ram, raw[sizeof(*found)];
    int64_t at;

    if (pfn >= dump->pages ||
        read_kept(dump, &is_ram, 1, dump->ram_bitmap + (int64_t)(pfn / 8)) < 0 ||
        !(is_ram >> pfn % 8 & 1) ||
        read_kept(dump, words, sizeof(words),
                  dump->dump_bitmap + (int64_t)section * SECTION_BYTES) < 0) {
        return -1;
    }
    mask = (uint64_t)1 << within % 64;
    if (!(words[within / 64] & mask)) {
        return -1;
    }
    words[within / 64] &= mask - 1;
    number = dump->before[section] + ones(words, within / 64 + 1);
    at = dump->descriptors + (int64_t)(number * sizeof(*found));
    for (size_t done = 0, part; done < sizeof(raw); done += part) {
        part = (size_t)(BLOCK - (at + (int64_t)done) % BLOCK);
        part = part < sizeof(raw) - done ? part : sizeof(raw) - done;
        if (read_kept(dump, raw + done, part, at + (int64_t)done) < 0) {
            return -1;
        }
    }
    memcpy(found, raw, sizeof(raw));
    return 0;
}

int
mpyk_kdump_page(struct mpyk_kdump *dump, uint64_t pfn, void *page)
{
    struct page_descriptor found;

    /*
     * makedumpfile writes a descriptor without an offset when there was no room left for the page.
     */
    if (find_descriptor(dump, pfn, &found) < 0 || found.offset <= 0 ||
        found.size > dump->page_size || (found.flags & ~(uint32_t)FLAG_ZLIB) != 0) {
        return -1;
    }
    if (!(found.flags & FLAG_ZLIB)) {
        return found.size == dump->page_size ? read_at(dump->fd, page, found.size, found.offset)
                                             : -1;
    }
    if (read_at(dump->fd, dump->packed, found.size, found.offset) < 0) {
        return -1;
    }
    /*
     * Success means that the stream is whole, its checksum is right, and it has the size of a page.
     */
    return libdeflate_zlib_decompress(dump->decompressor, dump->packed, found.size, page,
                                      dump->page_size, NULL) == LIBDEFLATE_SUCCESS
               ? 0
               : -1;
}
