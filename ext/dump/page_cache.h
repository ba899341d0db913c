/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads through a cache of the dump's pages.  Include crash/crash_compat.h first. */
#ifndef MPYK_PAGE_CACHE_H
#define MPYK_PAGE_CACHE_H

/* Copy from a cached kernel page.  True if the range lies within one cached page. */
int mpyk_cache_hit(ulonglong addr, void *buffer, long size);

/*
 * Read any range.  Returns the number of bytes before the first failure.  Only KeyboardInterrupt is
 * left as an exception.
 */
long mpyk_read_range(ulonglong addr, int memtype, char *buffer, long size);

/* Set the largest size and empty the cache.  Returns the old size. */
size_t mpyk_cache_resize(size_t bytes);

/* Empty the cache. */
void mpyk_cache_free(void);

#endif /* MPYK_PAGE_CACHE_H */
