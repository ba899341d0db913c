/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The format of BTF, for block.c (the block and its index) and records.c (one type). */
#ifndef MPYK_BTF_INTERNAL_H
#define MPYK_BTF_INTERNAL_H

#include "base/hash_index.h"
#include "btf/btf.h"

#include <string.h>

#define BASE_TYPES 64

struct record {
    uint32_t name, info, size_or_type;
};

struct member_record {
    uint32_t name, type, offset;
};

struct enum64_record {
    uint32_t name, low, high;
};

struct array_record {
    uint32_t type, index_type, elements;
};

struct pair_record {
    uint32_t name, value;
};

struct mpyk_btf {
    const struct mpyk_btf *base;
    char *data;
    const char *types;
    size_t types_size;
    const char *strings;
    uint32_t strings_start, strings_size; /* offsets of strings begin behind those of the base */
    uint32_t first, end;                  /* numbers of the types in this block */
    uint32_t *offsets;                    /* where in `types` the record of type first + i lies */
    struct mpyk_index names;              /* type numbers by the hash of their names */
    uint32_t base_types[BASE_TYPES];
    unsigned base_type_count;
    int enums_have_sign;
    int swapped; /* the block was in the other byte order */
};

static inline enum mpyk_btf_kind
kind_of(const struct record *record)
{
    return (enum mpyk_btf_kind)((record->info >> 24) & 0x1f);
}

static inline uint32_t
count_of(const struct record *record)
{
    return record->info & 0xffff;
}

static inline int
flag_of(const struct record *record)
{
    return record->info >> 31;
}

/* Copy a piece of the block, which need not be aligned. */
#define LOAD(where, variable) memcpy(&(variable), (where), sizeof(variable))

const char *mpyk_btf_string(const struct mpyk_btf *btf, uint32_t offset);
/* The record of a number, in this block or its base; NULL if there is none. */
const char *mpyk_btf_record_of(const struct mpyk_btf *btf, uint32_t id, struct record *record);

/*
 * How many bytes follow the record of a type, by kind: a fixed number, and a number for each of
 * `count`.
 */
struct extra_size {
    uint8_t fixed, each;
};
extern const struct extra_size mpyk_btf_extra[MPYK_BTF_KINDS];

#endif /* MPYK_BTF_INTERNAL_H */
