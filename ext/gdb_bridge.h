/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the C units know of gdb.  Only gdbN_bridge.cpp (one for each gdb major) include gdb's own
 * headers; here are plain structures (those of type_source.h) and functions.  No C++ exception
 * leaves these functions: what gdb throws becomes the text of *error.
 */
#ifndef MPYK_GDB_BRIDGE_H
#define MPYK_GDB_BRIDGE_H

#include "type_source.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mpyk_gdb_target {
    int big_endian;
    int pointer_size;
};

/* The major version of the gdb that this bridge was compiled for. */
int mpyk_gdb_major(void);
/* Whether the running crash has that gdb; if not, no other function here may be called. */
int mpyk_gdb_fits(void);
/* Byte order and word size of the dump's architecture. */
int mpyk_gdb_target(struct mpyk_gdb_target *target, struct mpyk_source_error *error);

/* The functions of a mpyk_type_source: see there. */
int mpyk_gdb_lookup(const char *name, int code, mpyk_handle *type, struct mpyk_source_error *error);
int mpyk_gdb_lookup_symbol(const char *name, struct mpyk_symbol_desc *symbol,
                           struct mpyk_source_error *error);
int mpyk_gdb_describe(mpyk_handle type, struct mpyk_type_desc *desc,
                      struct mpyk_source_error *error);
int mpyk_gdb_fields(mpyk_handle type, struct mpyk_field_desc *fields, int count,
                    struct mpyk_source_error *error);

/* The path of the file that gdb has the kernel's symbols from. */
int mpyk_gdb_symbol_file(char *path, size_t size, struct mpyk_source_error *error);

/* The type of a C expression, which is not evaluated. */
int mpyk_gdb_expression_type(const char *text, mpyk_handle *type, struct mpyk_source_error *error);

/*
 * Call `changed(owner)` when a file's types are about to be freed and `changed(NULL)` when a file
 * was added (names that were unknown may be known now).  Must be undone with mpyk_gdb_unwatch()
 * before this object is unloaded.
 */
int mpyk_gdb_watch(void (*changed)(const void *owner), struct mpyk_source_error *error);
void mpyk_gdb_unwatch(void);

#ifdef __cplusplus
}
#endif

#endif /* MPYK_GDB_BRIDGE_H */
