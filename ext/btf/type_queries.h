/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One block of BTF in the words of type_source.h.  This unit knows neither Python, crash nor gdb
 * (but the numbers of gdb's type codes).
 */
#ifndef MPYK_BTF_DESCRIBE_H
#define MPYK_BTF_DESCRIBE_H

#include "base/type_source.h"
#include "btf/btf.h"

/* The set of BTF's kinds that a type's name with this code (MPYK_TYPE_CODE_*; 0: any tag) can be.
 */
uint32_t mpyk_btf_kinds(int code);

/* See struct mpyk_type_source.  0 if a type of that name is in this block, else -1. */
int mpyk_btf_lookup(const struct mpyk_btf *btf, const char *name, int code, mpyk_handle *handle);
/* BTF does not tell the size of pointers.  `btf` may be NULL: then this fails. */
int mpyk_btf_describe(const struct mpyk_btf *btf, mpyk_handle handle, int pointer_size,
                      struct mpyk_type_desc *desc, struct mpyk_source_error *error);
int mpyk_btf_fields(const struct mpyk_btf *btf, mpyk_handle handle, struct mpyk_field_desc *descs,
                    int count, struct mpyk_source_error *error);

#endif /* MPYK_BTF_DESCRIBE_H */
