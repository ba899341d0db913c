/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading through a cache of the dump's pages; needs crash_compat.h. */
#ifndef MPYK_PAGE_CACHE_H
#define MPYK_PAGE_CACHE_H

/* Copy from a cached kernel page, if what is wanted lies within one.  True when it did. */
int mpyk_cache_hit(ulonglong addr, void *buffer, long size);

/* Read any range; the number of bytes before the first failure.  Sets no exception but
 * KeyboardInterrupt. */
long mpyk_read_range(ulonglong addr, int memtype, char *buffer, long size);

/* Set the bound, empty the cache; the old bound. */
size_t mpyk_cache_resize(size_t bytes);

/* Empty the cache. */
void mpyk_cache_free(void);

#endif /* MPYK_PAGE_CACHE_H */
