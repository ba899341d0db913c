/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See btf.h.  This unit checks a block of BTF and makes the index of its names. */
#include "btf/format.h"

#include <stdlib.h>

#define BTF_MAGIC 0xeB9F
#define BTF_HEADER_SIZE 24

struct header {
    uint16_t magic;
    uint8_t version, flags;
    uint32_t header_size, type_offset, type_size, string_offset, string_size;
};

const char *
mpyk_btf_string(const struct mpyk_btf *btf, uint32_t offset)
{
    while (btf->base != NULL && offset < btf->strings_start) {
        btf = btf->base;
    }
    offset -= btf->strings_start;
    return offset < btf->strings_size ? btf->strings + offset : "";
}

const struct extra_size mpyk_btf_extra[MPYK_BTF_KINDS] = {
    [MPYK_BTF_INT] = {4, 0},     [MPYK_BTF_ARRAY] = {12, 0},   [MPYK_BTF_STRUCT] = {0, 12},
    [MPYK_BTF_UNION] = {0, 12},  [MPYK_BTF_ENUM] = {0, 8},     [MPYK_BTF_FUNC_PROTO] = {0, 8},
    [MPYK_BTF_VAR] = {4, 0},     [MPYK_BTF_DATASEC] = {0, 12}, [MPYK_BTF_DECL_TAG] = {4, 0},
    [MPYK_BTF_ENUM64] = {0, 12},
};

/* Size of the record at `offset`, or 0 if there is no valid one. */
static size_t
record_size(const struct mpyk_btf *btf, size_t offset, struct record *record)
{
    size_t left = btf->types_size - offset, size = sizeof(*record);
    enum mpyk_btf_kind kind;

    memset(record, 0, sizeof(*record));
    if (left < sizeof(*record)) {
        return 0;
    }
    LOAD(btf->types + offset, *record);
    kind = kind_of(record);
    if (kind == MPYK_BTF_VOID || kind >= MPYK_BTF_KINDS) {
        return 0;
    }
    size += mpyk_btf_extra[kind].fixed + (size_t)mpyk_btf_extra[kind].each * count_of(record);
    return size <= left ? size : 0;
}

/* ---- the index ---- */

static int
is_indexed(enum mpyk_btf_kind kind)
{
    const uint32_t kinds = MPYK_BTF_SET(MPYK_BTF_INT) | MPYK_BTF_SET(MPYK_BTF_FLOAT) |
                           MPYK_BTF_SET(MPYK_BTF_STRUCT) | MPYK_BTF_SET(MPYK_BTF_UNION) |
                           MPYK_BTF_SET(MPYK_BTF_ENUM) | MPYK_BTF_SET(MPYK_BTF_ENUM64) |
                           MPYK_BTF_SET(MPYK_BTF_TYPEDEF);

    return (kinds & MPYK_BTF_SET(kind)) != 0;
}

static void
note_type(struct mpyk_btf *btf, uint32_t id, const struct record *record)
{
    enum mpyk_btf_kind kind = kind_of(record);

    if (kind == MPYK_BTF_ENUM64 || (kind == MPYK_BTF_ENUM && flag_of(record))) {
        btf->enums_have_sign = 1;
    }
    if ((kind == MPYK_BTF_INT || kind == MPYK_BTF_FLOAT) && btf->base_type_count < BASE_TYPES) {
        btf->base_types[btf->base_type_count++] = id;
    }
    if (record->name != 0 && is_indexed(kind)) {
        mpyk_index_add(&btf->names, mpyk_hash_string(mpyk_btf_string(btf, record->name)), id);
    }
}

/*
 * Whether a name of split BTF begins where a string begins.  If it does not, the offsets count from
 * the end of another base than ours.  (Split BTF never shares the tail of a string.)
 */
static int
name_fits_base(const struct mpyk_btf *btf, uint32_t name)
{
    uint32_t own = name - btf->strings_start;

    return btf->base == NULL || name < btf->strings_start || own == 0 ||
           (own < btf->strings_size && btf->strings[own - 1] == '\0');
}

/*
 * Count the types, and in *named those that are indexed.  NULL, or the reason why a record is not
 * valid.
 */
static const char *
count_types(const struct mpyk_btf *btf, uint32_t *count, uint32_t *named)
{
    struct record record;
    size_t size;

    *count = *named = 0;
    for (size_t offset = 0; offset < btf->types_size; offset += size, (*count)++) {
        size = record_size(btf, offset, &record);
        if (size == 0) {
            return kind_of(&record) < MPYK_BTF_KINDS ? "a type's record is not valid"
                                                     : "it has a kind of type that is unknown";
        }
        if (!name_fits_base(btf, record.name)) {
            return "its names do not continue those of the kernel's BTF";
        }
        *named += record.name != 0 && is_indexed(kind_of(&record));
    }
    return NULL;
}

static const char *
make_index(struct mpyk_btf *btf)
{
    struct record record;
    uint32_t count, named;
    const char *reason = count_types(btf, &count, &named);
    size_t offset = 0;

    if (reason != NULL) {
        return reason;
    }
    btf->offsets = malloc(((size_t)count + 1) * sizeof(*btf->offsets));
    if (btf->offsets == NULL || mpyk_index_reserve(&btf->names, named) < 0) {
        return "memory is out";
    }
    btf->end = btf->first + count;
    for (uint32_t id = btf->first; id < btf->end; id++) {
        btf->offsets[id - btf->first] = (uint32_t)offset;
        offset += record_size(btf, offset, &record);
        note_type(btf, id, &record);
    }
    return NULL;
}

static void
swap_words(char *words, size_t size)
{
    uint32_t word;

    for (size_t i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
        LOAD(words + i, word);
        word = __builtin_bswap32(word);
        memcpy(words + i, &word, sizeof(word));
    }
}

/* Read the header.  Its magic number shows the byte order of the whole block. */
static void
load_header(struct mpyk_btf *btf, struct header *header)
{
    LOAD(btf->data, *header);
    btf->swapped = header->magic == __builtin_bswap16(BTF_MAGIC);
    if (btf->swapped) {
        header->magic = BTF_MAGIC;
        swap_words((char *)&header->header_size,
                   sizeof(*header) - offsetof(struct header, header_size));
    }
}

/*
 * Find the sections.  All other code relies on these checks.  A newer kernel may have a longer
 * header; the rest of it is not needed here.
 */
static const char *
read_header(struct mpyk_btf *btf, size_t size)
{
    struct header header;
    size_t body;

    if (size < BTF_HEADER_SIZE) {
        return "it is shorter than its header";
    }
    load_header(btf, &header);
    if (header.magic != BTF_MAGIC || header.version != 1) {
        return "it does not start with BTF's magic number and version";
    }
    if (header.header_size < BTF_HEADER_SIZE || header.header_size > size) {
        return "its header's size is not valid";
    }
    body = size - header.header_size;
    if (header.type_offset > body || header.type_size > body - header.type_offset ||
        header.string_offset > body || header.string_size > body - header.string_offset) {
        return "a section lies outside of it";
    }
    btf->types = btf->data + header.header_size + header.type_offset;
    btf->types_size = header.type_size;
    btf->strings = btf->data + header.header_size + header.string_offset;
    btf->strings_size = header.string_size;
    if (header.string_size != 0 && btf->strings[header.string_size - 1] != '\0') {
        return "its last string does not end";
    }
    if (btf->base != NULL && btf->base->swapped != btf->swapped) {
        return "its byte order is not that of the kernel's BTF";
    }
    if (btf->swapped) { /* every part of a type is a 32-bit word */
        swap_words(btf->data + header.header_size + header.type_offset, header.type_size);
    }
    return NULL;
}

struct mpyk_btf *
mpyk_btf_create(void *data, size_t size, const struct mpyk_btf *base, const char **reason)
{
    struct mpyk_btf *btf = calloc(1, sizeof(*btf));

    *reason = "memory is out";
    if (btf == NULL) {
        free(data);
        return NULL;
    }
    btf->data = data;
    btf->base = base;
    btf->first = base != NULL ? base->end : 1;
    if (base != NULL) {
        btf->strings_start = base->strings_start + base->strings_size;
        btf->enums_have_sign = base->enums_have_sign;
    }
    *reason = read_header(btf, size);
    if (*reason == NULL) {
        *reason = make_index(btf);
    }
    if (*reason != NULL) {
        mpyk_btf_destroy(btf);
        return NULL;
    }
    return btf;
}

void
mpyk_btf_destroy(struct mpyk_btf *btf)
{
    if (btf != NULL) {
        free(btf->data);
        free(btf->offsets);
        mpyk_index_free(&btf->names);
        free(btf);
    }
}

uint32_t
mpyk_btf_end(const struct mpyk_btf *btf)
{
    return btf->end;
}

int
mpyk_btf_owns(const struct mpyk_btf *btf, const void *record)
{
    uintptr_t at = (uintptr_t)record, start = (uintptr_t)btf->types;

    return at >= start && at - start < btf->types_size;
}

uint32_t
mpyk_btf_base_type(const struct mpyk_btf *btf, unsigned n)
{
    return n < btf->base_type_count ? btf->base_types[n] : 0;
}

const char *
mpyk_btf_record_of(const struct mpyk_btf *btf, uint32_t id, struct record *record)
{
    const char *at;

    while (btf->base != NULL && id < btf->first) {
        btf = btf->base;
    }
    if (id < btf->first || id >= btf->end) {
        return NULL;
    }
    at = btf->types + btf->offsets[id - btf->first];
    LOAD(at, *record);
    return at;
}

/* Of several types with the same name, the one with the lowest number: it was added first. */
uint32_t
mpyk_btf_find(const struct mpyk_btf *btf, const char *name, uint32_t kinds)
{
    uint32_t hash = mpyk_hash_string(name), position = hash, id;
    struct record record;

    while ((id = mpyk_index_next(&btf->names, hash, &position)) != 0) {
        if (mpyk_btf_record_of(btf, id, &record) != NULL &&
            (kinds & MPYK_BTF_SET(kind_of(&record))) != 0 &&
            strcmp(mpyk_btf_string(btf, record.name), name) == 0) {
            return id;
        }
    }
    return 0;
}
