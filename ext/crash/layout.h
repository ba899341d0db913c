/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares the structures of the running crash with those that this file was compiled with. */
#ifndef MPYK_CRASH_LAYOUT_H
#define MPYK_CRASH_LAYOUT_H

#include <stddef.h>
#include <stdio.h>

/* 0, or -1 with a clause in `text` that says which structure differs. */
int mpyk_layout_check(char *text, size_t size);

/* Write which structures have another size than when this file was compiled. */
void mpyk_layout_print(FILE *out);

#endif /* MPYK_CRASH_LAYOUT_H */
