/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only code that knows in which order the dump's machine stores bytes and bits.  `big_endian`
 * is the order of the dump (mpyk_target.big_endian); this machine may have the other one.
 */
#ifndef MPYK_BYTE_ORDER_H
#define MPYK_BYTE_ORDER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MPYK_HOST_IS_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* An unsigned integer of up to 8 bytes. */
static inline uint64_t
mpyk_decode_bytewise(const unsigned char *data, size_t size, int big_endian)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        value = value << 8 | data[big_endian ? i : size - 1 - i];
    }
    return value;
}

/* The same.  When the dump has this machine's order, the usual sizes take a single load. */
static inline uint64_t
mpyk_decode(const unsigned char *data, size_t size, int big_endian)
{
    uint32_t u32;
    uint64_t u64;

    if (!big_endian != !MPYK_HOST_IS_BIG_ENDIAN) {
        return mpyk_decode_bytewise(data, size, big_endian);
    }
    switch (size) {
    case 8:
        memcpy(&u64, data, 8);
        return u64;
    case 4:
        memcpy(&u32, data, 4);
        return u32;
    case 1:
        return data[0];
    default:
        return mpyk_decode_bytewise(data, size, big_endian);
    }
}

/*
 * A bit-field of up to 64 bits that begins in the first byte of `data`.  bit_offset is less than 8.
 * It counts from the least significant bit of this byte; on big-endian machines, from the most
 * significant bit.
 */
static inline uint64_t
mpyk_decode_bits(const unsigned char *data, unsigned bit_offset, unsigned bit_size, int big_endian)
{
    unsigned bytes = (bit_offset + bit_size + 7) / 8;
    unsigned __int128 wide = 0;

    for (unsigned i = 0; i < bytes; i++) {
        wide = wide << 8 | data[big_endian ? i : bytes - 1 - i];
    }
    wide >>= big_endian ? 8 * bytes - bit_offset - bit_size : bit_offset;
    return (uint64_t)wide & (bit_size < 64 ? ((uint64_t)1 << bit_size) - 1 : UINT64_MAX);
}

#endif /* MPYK_BYTE_ORDER_H */
