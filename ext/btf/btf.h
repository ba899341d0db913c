/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads BTF, the kernel's own description of its types, in a block of memory.  This unit knows
 * neither Python nor crash nor gdb.  It trusts nothing in the block: an offset that points outside
 * is an error, never a wild read.  Documentation/bpf/btf.rst of the kernel describes the format.
 *
 * A block in the other byte order is converted when it is taken over.  Positions of bit-fields
 * still count as they do on the dump's machine (base/type_source.h).
 *
 * Types have numbers; 0 is void.  The split BTF of a kernel module continues the numbers and the
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
    uint32_t size;     /* of int, float, struct, union and enum; otherwise 0 */
    uint32_t count;    /* members, enumerators or parameters (without "...") */
    uint32_t elements; /* of an array */
    uint32_t target;   /* number of the type it is made of */
    int is_unsigned;   /* int, enum */
    int is_bool;
    int is_union;       /* of a forward declaration */
    const void *record; /* its place in the block, different for each type */
};

struct mpyk_btf_field {
    const char *name;
    uint32_t type; /* 0 for enumerators */
    uint64_t bit_offset;
    uint32_t bit_size; /* 0 if it is not a bit-field */
    int64_t value;     /* of an enumerator */
};

/*
 * Take `data` (from malloc()) over and index it.  `base` is NULL for vmlinux, and must outlive the
 * result.  On failure `data` is freed: NULL with the reason in *reason.
 */
struct mpyk_btf *mpyk_btf_create(void *data, size_t size, const struct mpyk_btf *base,
                                 const char **reason);
void mpyk_btf_destroy(struct mpyk_btf *btf);

/* One more than the highest type number. */
uint32_t mpyk_btf_end(const struct mpyk_btf *btf);
/* Whether `record`, which belongs to a type, is in this block itself and not in its base. */
int mpyk_btf_owns(const struct mpyk_btf *btf, const void *record);
/*
 * The number of the first type with this name and one of these kinds; or 0.  The base is not
 * searched. Forward declarations, functions and variables are not indexed.
 */
uint32_t mpyk_btf_find(const struct mpyk_btf *btf, const char *name, uint32_t kinds);
/* The number of the n-th integer or float type of this block; 0 after the last one. */
uint32_t mpyk_btf_base_type(const struct mpyk_btf *btf, unsigned n);

/* Describe the type with this number, or with this record of the block.  -1 if it is not valid. */
int mpyk_btf_type(const struct mpyk_btf *btf, uint32_t id, struct mpyk_btf_type *type);
int mpyk_btf_record(const struct mpyk_btf *btf, const void *record, struct mpyk_btf_type *type);
/* Describe member, enumerator or parameter number `index` of a type of this block or its base. */
int mpyk_btf_field(const struct mpyk_btf *btf, const struct mpyk_btf_type *type, uint32_t index,
                   struct mpyk_btf_field *field);
/*
 * Skip const, volatile, restrict and tags.  A declaration becomes its definition, if this block or
 * its base has it.  -1 if the number is not valid.
 */
int mpyk_btf_strip(const struct mpyk_btf *btf, uint32_t id, uint32_t *stripped);
/* Whether the chain of pointers, arrays, typedefs... that starts here comes to an end. */
int mpyk_btf_is_finite(const struct mpyk_btf *btf, uint32_t id);
/*
 * enumerators.c: find the enum, from number `first` on, that has an enumerator of this name, and
 * the value.  -1 if there is none.
 */
int mpyk_btf_find_enumerator(const struct mpyk_btf *btf, uint32_t first, const char *name,
                             struct mpyk_btf_type *type, int64_t *value);
/*
 * functions.c: the prototype of the first function of this block itself that has this name.  -1 if
 * there is none.
 */
int mpyk_btf_find_function(const struct mpyk_btf *btf, const char *name,
                           struct mpyk_btf_type *type);
/* The offset of a member in bytes, or -1; for reading kernel structures before types are set up. */
long mpyk_btf_offset(const struct mpyk_btf *btf, const char *structure, const char *member);

#endif /* MPYK_BTF_H */
