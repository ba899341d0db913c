/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decompresses streams with ext/inflate.c.  The file in argv[1] holds them, each behind its size
 * and that of its content (32 bits each).  For each it prints "-", or "+" and the content.  Buffers
 * have no more slack than is promised: built with sanitizers, a byte too far ends it.
 */
#include "inflate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
decompress(FILE *file, uint32_t in_size, uint32_t out_size)
{
    uint8_t *in = malloc(in_size + MPYK_INFLATE_SLACK);
    uint8_t *out = malloc(out_size + MPYK_INFLATE_SLACK);

    if (in == NULL || out == NULL || fread(in, 1, in_size, file) != in_size) {
        exit(2);
    }
    memset(in + in_size, 0xa5, MPYK_INFLATE_SLACK);
    if (mpyk_inflate(in, in_size, out, out_size) < 0) {
        putchar('-');
    } else {
        putchar('+');
        fwrite(out, 1, out_size, stdout);
    }
    free(in);
    free(out);
}

int
main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    uint32_t sizes[2];

    if (file == NULL) {
        return 2;
    }
    while (fread(sizes, sizeof(sizes), 1, file) == 1) {
        decompress(file, sizes[0], sizes[1]);
    }
    fclose(file);
    return 0;
}
