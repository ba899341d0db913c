/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb for C units: plain structures (those of base/type_source.h) and functions.  Only the bridges,
 * gdbN_bridge.cpp or .c, include gdb's own headers; there is one for each gdb major.  No C++
 * exception leaves these functions: the text of *error says what gdb threw.
 *
 * A file may contain several bridges.  Each bridge defines mpyk_catching() and all functions below
 * except the first three.  The build makes these definitions local to the bridge, so that only its
 * table is visible.  choose_bridge.c defines the functions once more: they call the bridge that
 * fits the running crash.
 */
#ifndef MPYK_GDB_BRIDGE_H
#define MPYK_GDB_BRIDGE_H

#include "base/target.h"
#include "base/type_source.h"
#include "gdb/catch_exceptions.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Find the bridge for the gdb of the running crash.  0, or -1 if this file has none.  In that case
 * no other function here may be called.
 */
int mpyk_gdb_choose(void);
/*
 * The gdb major of the chosen bridge, and the majors of all bridges in this file as text, such as
 * "10 and 16".
 */
int mpyk_gdb_major(void);
const char *mpyk_gdb_majors(void);
/* Byte order and word size of the dump's architecture. */
int mpyk_gdb_target(struct mpyk_target *target, struct mpyk_source_error *error);

/* The functions of a struct mpyk_type_source. */
int mpyk_gdb_lookup(const char *name, int code, mpyk_handle *type, struct mpyk_source_error *error);
int mpyk_gdb_lookup_symbol(const char *name, struct mpyk_symbol_desc *symbol,
                           struct mpyk_source_error *error);
int mpyk_gdb_describe(mpyk_handle type, struct mpyk_type_desc *desc,
                      struct mpyk_source_error *error);
int mpyk_gdb_fields(mpyk_handle type, struct mpyk_field_desc *fields, int count,
                    struct mpyk_source_error *error);

/* The path of the file from which gdb has the kernel's symbols. */
int mpyk_gdb_symbol_file(char *path, size_t size, struct mpyk_source_error *error);

/* The type of a C expression.  gdb does not evaluate it. */
int mpyk_gdb_expression_type(const char *text, mpyk_handle *type, struct mpyk_source_error *error);

/*
 * Call changed(owner) when the types of a file are about to be freed, and changed(NULL) when a file
 * was added, because names may be known now that were unknown before.  Call mpyk_gdb_unwatch()
 * before this object is unloaded.
 */
int mpyk_gdb_watch(void (*changed)(const void *owner), struct mpyk_source_error *error);
void mpyk_gdb_unwatch(void);

/* One bridge: its functions, in the order above. */
struct mpyk_gdb_bridge {
    int major;
    int (*target)(struct mpyk_target *, struct mpyk_source_error *);
    int (*lookup)(const char *, int, mpyk_handle *, struct mpyk_source_error *);
    int (*lookup_symbol)(const char *, struct mpyk_symbol_desc *, struct mpyk_source_error *);
    int (*describe)(mpyk_handle, struct mpyk_type_desc *, struct mpyk_source_error *);
    int (*fields)(mpyk_handle, struct mpyk_field_desc *, int, struct mpyk_source_error *);
    int (*symbol_file)(char *, size_t, struct mpyk_source_error *);
    int (*expression_type)(const char *, mpyk_handle *, struct mpyk_source_error *);
    int (*watch)(void (*)(const void *), struct mpyk_source_error *);
    void (*unwatch)(void);
    enum mpyk_caught (*catching)(void (*)(void *), void *, char *, size_t);
};

#ifdef __cplusplus
}
#endif

#endif /* MPYK_GDB_BRIDGE_H */
