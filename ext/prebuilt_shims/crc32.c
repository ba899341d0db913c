/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For a prebuilt Python whose binascii uses the CRC of zlib: zlib's function, without zlib. */
#include <stddef.h>

__attribute__((visibility("hidden"))) unsigned long crc32(unsigned long crc,
                                                          const unsigned char *data, unsigned size);

/* The polynomial of IEEE 802.3 with reflected bits, for four bits at a time. */
static const unsigned table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

unsigned long
crc32(unsigned long crc, const unsigned char *data, unsigned size)
{
    unsigned rest = ~(unsigned)crc;

    if (data == NULL) {
        return 0;
    }
    for (unsigned i = 0; i < size; i++) {
        rest = table[(rest ^ data[i]) & 15] ^ (rest >> 4);
        rest = table[(rest ^ (data[i] >> 4)) & 15] ^ (rest >> 4);
    }
    return ~rest & 0xffffffffUL;
}
