/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of the dump, read by us where crash would read them slowly; needs crash_compat.h. */
#ifndef MPYK_DUMP_PAGES_H
#define MPYK_DUMP_PAGES_H

/*
 * Read the page at `addr` (its first byte) without crash.  0; -1 when crash has to read it, which
 * also finds out why it cannot be read.  Sets no exception but KeyboardInterrupt.
 */
int mpyk_dump_page(ulonglong addr, int memtype, char *page);

/* Read pages of our own accord, or leave all to crash.  What it was before. */
int mpyk_dump_pages_enable(int on);

/* How many pages were read here. */
unsigned long long mpyk_dump_pages_read(void);

/* Close the dump; before the extension is unloaded. */
void mpyk_dump_pages_clear(void);

#endif /* MPYK_DUMP_PAGES_H */
