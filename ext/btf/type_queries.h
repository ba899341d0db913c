/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers the questions of base/type_source.h about one block of BTF.  This unit knows neither
 * Python nor crash nor gdb; it uses only the numbers of gdb's type codes.
 */
#ifndef MPYK_BTF_DESCRIBE_H
#define MPYK_BTF_DESCRIBE_H

#include "base/type_source.h"
#include "btf/btf.h"

/* The set of kinds in BTF that a name with this code may have (MPYK_TYPE_CODE_*; 0 for any tag). */
uint32_t mpyk_btf_kinds(int code);

/* See struct mpyk_type_source.  0 if a type of this name is in the block, otherwise -1. */
int mpyk_btf_lookup(const struct mpyk_btf *btf, const char *name, int code, mpyk_handle *handle);
/*
 * The caller gives the size of a pointer, which BTF does not contain.  If `btf` is NULL, this
 * fails.
 */
int mpyk_btf_describe(const struct mpyk_btf *btf, mpyk_handle handle, int pointer_size,
                      struct mpyk_type_desc *desc, struct mpyk_source_error *error);
int mpyk_btf_fields(const struct mpyk_btf *btf, mpyk_handle handle, struct mpyk_field_desc *descs,
                    int count, struct mpyk_source_error *error);

#endif /* MPYK_BTF_DESCRIBE_H */
