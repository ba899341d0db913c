/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BTF, the kernel's own description of its types, in a block of memory.  This unit knows neither
 * Python, crash nor gdb, and trusts nothing in the block: what points outside is an error or is not
 * there, never a wild read.  Format: Documentation/bpf/btf.rst of the kernel.
 *
 * A block in the other byte order is turned into this machine's when it is taken over; the
 * positions of bit-fields then still count as the dump's machine counts (type_source.h).
 *
 * Types have numbers; 0 is void.  Split BTF (of a kernel module) continues the numbers and the
 * string offsets of its base.
 */
#ifndef MPYK_BTF_H
#define MPYK_BTF_H

#include <stddef.h>
#include <stdint.h>

enum mpyk_btf_kind {
    MPYK_BTF_VOID,
    MPYK_BTF_INT,
    MPYK_BTF_PTR,
    MPYK_BTF_ARRAY,
    MPYK_BTF_STRUCT,
    MPYK_BTF_UNION,
    MPYK_BTF_ENUM,
    MPYK_BTF_FWD,
    MPYK_BTF_TYPEDEF,
    MPYK_BTF_VOLATILE,
    MPYK_BTF_CONST,
    MPYK_BTF_RESTRICT,
    MPYK_BTF_FUNC,
    MPYK_BTF_FUNC_PROTO,
    MPYK_BTF_VAR,
    MPYK_BTF_DATASEC,
    MPYK_BTF_FLOAT,
    MPYK_BTF_DECL_TAG,
    MPYK_BTF_TYPE_TAG,
    MPYK_BTF_ENUM64,
    MPYK_BTF_KINDS
};

/* A set of kinds, for mpyk_btf_find(). */
#define MPYK_BTF_SET(kind) (1u << (kind))

struct mpyk_btf;

struct mpyk_btf_type {
    enum mpyk_btf_kind kind;
    uint32_t id;
    const char *name;  /* "" if anonymous */
    uint32_t size;     /* of int, float, struct, union and enum; else 0 */
    uint32_t count;    /* members, enumerators or parameters (without "...") */
    uint32_t elements; /* of an array */
    uint32_t target;   /* number of the type it is made of */
    int is_unsigned;   /* int, enum */
    int is_bool;
    int is_union;       /* of a forward declaration */
    const void *record; /* its place in the block: no other type has the same */
};

struct mpyk_btf_field {
    const char *name;
    uint32_t type; /* 0 for enumerators */
    uint64_t bit_offset;
    uint32_t bit_size; /* 0 if it is no bit-field */
    int64_t value;     /* of an enumerator */
};

/*
 * Take over `data` (from malloc(); freed here if this fails) and index it.  `base` is NULL for
 * vmlinux and must outlive the result.  NULL with the reason in *reason.
 */
struct mpyk_btf *mpyk_btf_create(void *data, size_t size, const struct mpyk_btf *base,
                                 const char **reason);
void mpyk_btf_destroy(struct mpyk_btf *btf);

/* One more than the highest type number. */
uint32_t mpyk_btf_end(const struct mpyk_btf *btf);
/* Is `record` (of a type) in this block, not in its base? */
int mpyk_btf_owns(const struct mpyk_btf *btf, const void *record);
/* The number of the first type of that name and a kind of the set, not looking in the base; or 0.
 * Forward declarations, functions and variables are not indexed. */
uint32_t mpyk_btf_find(const struct mpyk_btf *btf, const char *name, uint32_t kinds);
/* The number of the n-th integer or float type of this block; 0 after the last one. */
uint32_t mpyk_btf_base_type(const struct mpyk_btf *btf, unsigned n);

/* What a number or a record (of this block) stands for.  -1 if that is not valid. */
int mpyk_btf_type(const struct mpyk_btf *btf, uint32_t id, struct mpyk_btf_type *type);
int mpyk_btf_record(const struct mpyk_btf *btf, const void *record, struct mpyk_btf_type *type);
/* Member, enumerator or parameter number `index` of a type that came from this block or its base.
 */
int mpyk_btf_field(const struct mpyk_btf *btf, const struct mpyk_btf_type *type, uint32_t index,
                   struct mpyk_btf_field *field);
/*
 * The number without const, volatile, restrict and tags, and of a declaration that of its
 * definition if this block or its base has it.  -1 if it is not valid.
 */
int mpyk_btf_strip(const struct mpyk_btf *btf, uint32_t id, uint32_t *stripped);
/* Does the chain of pointers, arrays, typedefs... that starts here come to an end? */
int mpyk_btf_is_finite(const struct mpyk_btf *btf, uint32_t id);
/* btf_enumerators.c: the enum (from number `first` on) that has an enumerator of that name, and its
 * value; -1 if none has. */
int mpyk_btf_find_enumerator(const struct mpyk_btf *btf, uint32_t first, const char *name,
                             struct mpyk_btf_type *type, int64_t *value);
/* Offset of a member (in bytes) for reading kernel structures before types are set up; or -1. */
long mpyk_btf_offset(const struct mpyk_btf *btf, const char *structure, const char *member);

#endif /* MPYK_BTF_H */
