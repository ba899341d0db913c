/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a source of C types offers.  The sources are gdb, which reads DWARF, and BTF.  This header
 * knows neither Python nor crash nor gdb.
 *
 * Types are opaque handles.  Nothing here is recursive: describe() says how many members `struct
 * task_struct` has, and fields() gives the handle of each member's type, but no more about that
 * type. The codes are MPYK_TYPE_CODE_* of gdb_enums_generated.h for all sources.
 *
 * A function that can fail returns -1 with the reason in *error.  An empty reason means that there
 * is no such thing.
 */
#ifndef MPYK_TYPE_SOURCE_H
#define MPYK_TYPE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

typedef const void *mpyk_handle;

struct mpyk_source_error {
    char text[256];
};

/* One level of a type.  `name` belongs to the source and lives as long as the handle. */
struct mpyk_type_desc {
    int code;          /* MPYK_TYPE_CODE_*; a typedef is described as such and not as its target */
    const char *name;  /* tag, typedef or base type name; NULL if anonymous */
    uint64_t size;     /* 0 for typedefs */
    uint64_t elements; /* of an array; 0 for [] and [0] */
    int is_unsigned;
    int incomplete;     /* only declared here (`struct x;`) */
    int nfields;        /* members, enumerators or parameters */
    mpyk_handle target; /* of typedef, pointer, array, function; NULL if there is none (void) */
    const void
        *owner; /* its handles live as long as this (objfile, module); NULL: they are never freed */
};

struct mpyk_field_desc {
    const char *name;    /* NULL or "" if anonymous */
    uint64_t bit_offset; /* on big-endian targets, from the most significant bit of a byte */
    uint32_t bit_size;   /* 0 if it is not a bit-field */
    int is_static;       /* it is not a part of the object */
    int64_t value;       /* of an enumerator */
    mpyk_handle type;    /* NULL for enumerators */
};

enum mpyk_symbol_kind {
    MPYK_SYMBOL_VARIABLE,
    MPYK_SYMBOL_FUNCTION,
    MPYK_SYMBOL_ENUMERATOR,
    MPYK_SYMBOL_OTHER
};

struct mpyk_symbol_desc {
    enum mpyk_symbol_kind kind;
    mpyk_handle type;
    uint64_t address; /* 0 if the source does not know it */
    int64_t value;    /* of an enumerator */
};

struct mpyk_type_source {
    const char *name;
    /*
     * The code is MPYK_TYPE_CODE_STRUCT, _UNION or _ENUM for a tag, 0 for any tag, _TYPEDEF for a
     * typedef or a base type.
     */
    int (*lookup)(const char *name, int code, mpyk_handle *type, struct mpyk_source_error *error);
    /* A variable, function or enumerator. */
    int (*lookup_symbol)(const char *name, struct mpyk_symbol_desc *symbol,
                         struct mpyk_source_error *error);
    int (*describe)(mpyk_handle type, struct mpyk_type_desc *desc, struct mpyk_source_error *error);
    /* The first `count` members, parameters or enumerators. */
    int (*fields)(mpyk_handle type, struct mpyk_field_desc *fields, int count,
                  struct mpyk_source_error *error);
    /* Names may have come or gone: look again when the next name is asked for.  May be NULL. */
    void (*look_again)(void);
};

#endif /* MPYK_TYPE_SOURCE_H */
