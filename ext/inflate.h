/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decompression of one page of a dump (a zlib stream, RFC 1950 and 1951).  Made for streams of a
 * few kilobytes whose size is known; it knows neither Python nor crash.
 */
#ifndef MPYK_INFLATE_H
#define MPYK_INFLATE_H

#include <stddef.h>
#include <stdint.h>

/* What must be readable behind the input and writable behind the output; its content is of no
 * account. */
#define MPYK_INFLATE_SLACK 64

/*
 * Decompress into exactly out_size bytes.  0; -1 unless the stream is whole, has that size and its
 * checksum is right.  Never reads or writes outside the buffers and their slack.  Not reentrant.
 */
int mpyk_inflate(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size);

#endif /* MPYK_INFLATE_H */
