/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares the structures of the running crash with those that this file was compiled with. */
#ifndef MPYK_CRASH_LAYOUT_H
#define MPYK_CRASH_LAYOUT_H

#include <stddef.h>

/* 0, or -1 with a clause in `text` that says which structure differs. */
int mpyk_layout_check(char *text, size_t size);

/* Sizes of a structure of crash in bytes. */
struct mpyk_layout_size {
    const char *name;
    size_t running; /* in the running crash; 0 if crash does not export it */
    size_t built;   /* in the crash that this file was compiled for */
    size_t used;    /* all members that we use are in this many first bytes */
};

/* Describe the index-th structure.  1; 0 after the last one. */
int mpyk_layout_get(int index, struct mpyk_layout_size *row);

#endif /* MPYK_CRASH_LAYOUT_H */
