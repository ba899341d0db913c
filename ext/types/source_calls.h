/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks a source of types.  The text of an error becomes a Python exception here, and gdb is asked
 * under crash's guard.
 *
 * All functions return 0 for an answer.  They return -1 if there is no such thing, or with an
 * exception set on an error.
 */
#ifndef MPYK_TYPES_SOURCE_CALLS_H
#define MPYK_TYPES_SOURCE_CALLS_H

#include "base/type_source.h"

int mpyk_source_lookup(const struct mpyk_type_source *source, const char *name, int code,
                       mpyk_handle *type);
int mpyk_source_symbol(const struct mpyk_type_source *source, const char *name,
                       struct mpyk_symbol_desc *symbol);
int mpyk_source_describe(const struct mpyk_type_source *source, mpyk_handle type,
                         struct mpyk_type_desc *desc);
int mpyk_source_fields(const struct mpyk_type_source *source, mpyk_handle type,
                       struct mpyk_field_desc *fields, int count);

/* The type of a C expression.  gdb does not evaluate it. */
int mpyk_source_expression(const char *text, mpyk_handle *type);

#endif /* MPYK_TYPES_SOURCE_CALLS_H */
