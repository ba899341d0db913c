/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decodes argv[3] (hexadecimal bytes) in the order argv[2] (0 little, 1 big): as an integer
 * (argv[1] is "int") or as the bit-field with offset argv[4] and size argv[5] ("bits").
 */
#include "base/byte_order.h"

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    unsigned char *data;
    size_t size = argc > 3 ? strlen(argv[3]) / 2 : 0;
    int big = argc > 2 ? atoi(argv[2]) : 0;
    uint64_t value;

    data = malloc(size ? size : 1);
    if (argc < 4 || data == NULL) {
        return 2;
    }
    for (size_t i = 0; i < size; i++) {
        sscanf(argv[3] + 2 * i, "%2hhx", &data[i]);
    }
    if (argc < 6) {
        value = mpyk_decode(data, size, big);
    } else {
        value = mpyk_decode_bits(data, (unsigned)atoi(argv[4]), (unsigned)atoi(argv[5]), big);
    }
    printf("%llu\n", (unsigned long long)value);
    free(data);
    return 0;
}
