/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions that crash takes from the C library. */
#ifndef MPYK_CRASH_IMPORTS_H
#define MPYK_CRASH_IMPORTS_H

#include <stdint.h>

/*
 * Let crash, with the gdb in it, call the function at `address` for each call of its import `name`.
 * The function that it called before; 0 if crash does not import the name, or if its imports cannot
 * be changed: it calls what it did before.
 */
uintptr_t mpyk_import_replace(const char *name, uintptr_t address);

#endif /* MPYK_CRASH_IMPORTS_H */
