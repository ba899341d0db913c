/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The alphabets of RFC 1951, as entries of the tables of inflate.c, the only one to include this. */
#ifndef MPYK_INFLATE_CODES_H
#define MPYK_INFLATE_CODES_H

#include <stdint.h>

enum {
    MAX_CODE_BITS = 15,
    LITLEN_SYMBOLS = 288,
    DISTANCE_SYMBOLS = 32,
    LENGTH_SYMBOLS = 19,
    END_OF_BLOCK = 256,
};

/*
 * What a code stands for: bits 0-7 how many bits to drop, 8-11 how many bits follow that are added
 * to the value, 12-14 the kind, 16-31 the value: a literal, the shortest length or distance, or
 * where the second table begins.
 */
typedef uint32_t entry;

#define ENTRY(value, kind, extra) ((uint32_t)(value) << 16 | (kind) | (uint32_t)(extra) << 8)
#define ENTRY_BITS(e) ((e)&0xff)
#define ENTRY_EXTRA(e) (((e) >> 8) & 0xf)
#define ENTRY_VALUE(e) ((e) >> 16)
#define IS_LITERAL 0x1000u
#define IS_TABLE 0x2000u
#define IS_END 0x4000u /* of the block; with a value: no such code */
#define NO_CODE ENTRY(1, IS_END, 0)

#define PLAIN(n) ENTRY(n, IS_LITERAL, 0)
#define PLAIN4(n) PLAIN(n), PLAIN((n) + 1), PLAIN((n) + 2), PLAIN((n) + 3)
#define PLAIN16(n) PLAIN4(n), PLAIN4((n) + 4), PLAIN4((n) + 8), PLAIN4((n) + 12)
#define PLAIN64(n) PLAIN16(n), PLAIN16((n) + 16), PLAIN16((n) + 32), PLAIN16((n) + 48)
#define BASE(value, extra) ENTRY(value, 0, extra)
#define BASE4(value, extra)                                                        \
    BASE(value, extra), BASE((value) + (1 << (extra)), extra),                     \
        BASE((value) + (2 << (extra)), extra), BASE((value) + (3 << (extra)), extra)
#define BASE2(value, extra) BASE(value, extra), BASE((value) + (1 << (extra)), extra)

static const entry litlen_meaning[LITLEN_SYMBOLS] = {
    PLAIN64(0),    PLAIN64(64),  PLAIN64(128), PLAIN64(192), ENTRY(0, IS_END, 0),
    BASE4(3, 0),   BASE4(7, 0),  BASE4(11, 1), BASE4(19, 2), BASE4(35, 3),
    BASE4(67, 4),  BASE4(131, 5), BASE(258, 0), NO_CODE,      NO_CODE};

static const entry distance_meaning[DISTANCE_SYMBOLS] = {
    BASE4(1, 0),     BASE2(5, 1),     BASE2(9, 2),      BASE2(17, 3),   BASE2(33, 4),
    BASE2(65, 5),    BASE2(129, 6),   BASE2(257, 7),    BASE2(513, 8),  BASE2(1025, 9),
    BASE2(2049, 10), BASE2(4097, 11), BASE2(8193, 12),  BASE2(16385, 13), NO_CODE, NO_CODE};

/* Lengths of codes; a literal is one, the others repeat: the one before (IS_END) or zero. */
static const entry length_meaning[LENGTH_SYMBOLS] = {PLAIN16(0), ENTRY(3, IS_END, 2), BASE(3, 3),
                                                     BASE(11, 7)};

#endif /* MPYK_INFLATE_CODES_H */
