/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What crash and gdb know about the dump's kernel.  All these functions ask under crash's guard. */
#ifndef MPYK_TYPES_KERNEL_FACTS_H
#define MPYK_TYPES_KERNEL_FACTS_H

#include <stddef.h>
#include <stdint.h>

#define MPYK_KERNEL_PATH_MAX 4096

/* Find the dump's byte order and word size for base/target.h.  0, or -1 with an exception set. */
int mpyk_kernel_find_target(void);

/*
 * crash's address of a symbol, 0 if there is none (or with an exception set).  Several symbols may
 * have this name: then the one at `wanted` is taken if there is one, otherwise the first.
 */
uint64_t mpyk_kernel_symbol_address(const char *name, uint64_t wanted);

/*
 * File number `index` of those in which crash or gdb have found the kernel's symbols.  1 with its
 * path, 0 if this number has no file, -1 after the last number or (with an exception set) on error.
 */
int mpyk_kernel_file(int index, char *path, size_t size);

/* The build ID that the dump's vmcoreinfo names.  Returns its size, or 0. */
size_t mpyk_kernel_build_id(unsigned char *bytes, size_t size);

#endif /* MPYK_TYPES_KERNEL_FACTS_H */
