/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that lives until the extension is unloaded, and is freed all at once. */
#ifndef MPYK_BASE_ARENA_H
#define MPYK_BASE_ARENA_H

#include <stddef.h>

/* Zeroed memory; NULL if memory is out. */
void *mpyk_arena_alloc(size_t size);
/* A copy of a string; NULL if memory is out. */
const char *mpyk_arena_string(const char *text);
void mpyk_arena_free(void);

#endif /* MPYK_BASE_ARENA_H */
