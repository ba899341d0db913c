/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads pages of the dump directly where crash would be slow.  Include crash/crash_compat.h first.
 */
#ifndef MPYK_DUMP_PAGES_H
#define MPYK_DUMP_PAGES_H

/*
 * Read the page that starts at `addr` without crash.  0; -1 if crash has to read it, which then
 * also finds the reason why it cannot be read.  Only KeyboardInterrupt is left as an exception.
 */
int mpyk_dump_page(ulonglong addr, int memtype, char *page);

/* Switch direct reading on or off.  Returns the old setting. */
int mpyk_dump_pages_enable(int on);

/* How many pages were read directly. */
unsigned long long mpyk_dump_pages_read(void);

/* Close the dump; before the extension is unloaded. */
void mpyk_dump_pages_clear(void);

#endif /* MPYK_DUMP_PAGES_H */
