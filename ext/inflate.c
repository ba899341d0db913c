/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A decoder for zlib streams, for the pages of a dump: the first touch of a page is inflate and
 * little else.  It is quick by taking 56 bits at once, by looking whole codes up in tables, and by
 * copying eight bytes at a time; the slack behind both buffers spares it a check at each byte.
 *
 * The format is RFC 1950 (zlib) around RFC 1951 (deflate).  What is not plainly right is refused:
 * the caller lets crash read the page then, and crash's verdict is the one that counts.
 */
#include "inflate.h"
#include "inflate_codes.h"

#include <endian.h>
#include <string.h>

enum {
    /* Codes of so many bits are looked up at once, longer ones in a second table. */
    LITLEN_ROOT = 11,
    DISTANCE_ROOT = 8,
    LENGTH_ROOT = 7,
    /* A second table has two codes at least, so there are half as many of them as symbols. */
    LITLEN_TABLE = (1 << LITLEN_ROOT) + LITLEN_SYMBOLS / 2 * (1 << (MAX_CODE_BITS - LITLEN_ROOT)),
    DISTANCE_TABLE =
        (1 << DISTANCE_ROOT) + DISTANCE_SYMBOLS / 2 * (1 << (MAX_CODE_BITS - DISTANCE_ROOT)),
    /* The input may be this far behind its end before a block is given up. */
    INPUT_AHEAD = 8,
};

struct input {
    const uint8_t *next, *end;
    uint64_t bits; /* at least `count` of them are valid, the lowest comes first */
    unsigned count;
};

struct output {
    uint8_t *start, *next, *end;
};

static struct {
    int is_fixed; /* the tables are those of the fixed code */
    entry litlen[LITLEN_TABLE];
    entry distance[DISTANCE_TABLE];
} tables;

/* ---- bits ---- */

/* At least 56 bits to take.  False when the input has been over for a while: what is taken behind
 * its end is garbage, which is noticed at the block's end. */
static inline int
refill(struct input *in)
{
    uint64_t word;

    if (in->next > in->end + INPUT_AHEAD) {
        return 0;
    }
    memcpy(&word, in->next, sizeof(word));
    in->bits |= le64toh(word) << in->count;
    in->next += (63 - in->count) >> 3;
    in->count |= 56;
    return 1;
}

static inline uint32_t
take(struct input *in, unsigned count)
{
    uint32_t value = (uint32_t)in->bits & ((1u << count) - 1);

    in->bits >>= count;
    in->count -= count;
    return value;
}

/* The entry of the next code, which is taken. */
static inline entry
take_code(struct input *in, const entry *table, unsigned root)
{
    entry e = table[in->bits & ((1u << root) - 1)];

    if (__builtin_expect((e & IS_TABLE) != 0, 0)) {
        take(in, root);
        e = table[ENTRY_VALUE(e) + (in->bits & ((1u << ENTRY_EXTRA(e)) - 1))];
    }
    take(in, ENTRY_BITS(e));
    return e;
}

/* Go on at the next whole byte.  False when more was taken than there was. */
static int
align_to_byte(struct input *in)
{
    in->next -= in->count >> 3;
    in->bits = 0;
    in->count = 0;
    return in->next <= in->end;
}

/* ---- tables ---- */

struct code {
    unsigned longest;
    uint16_t counts[MAX_CODE_BITS + 1]; /* how many codes have this many bits */
    uint16_t sorted[LITLEN_SYMBOLS];    /* the symbols, in the order of their codes */
};

/* Sort the symbols by the lengths of their codes; those without one come first.  False unless the
 * lengths make a code in which every bit string is one, but for the exception that zlib makes. */
static int
code_sort(struct code *code, const uint8_t *lengths, unsigned count)
{
    uint16_t odd[MAX_CODE_BITS + 1] = {0}; /* two counters: one would be waited for */
    unsigned places[MAX_CODE_BITS + 1], place = 0;
    int left = 1;

    memset(code->counts, 0, sizeof(code->counts));
    for (unsigned i = 0; i + 1 < count; i += 2) {
        code->counts[lengths[i]]++;
        odd[lengths[i + 1]]++;
    }
    code->counts[lengths[count - 1]] += count & 1;
    code->longest = 0;
    for (unsigned bits = 0; bits <= MAX_CODE_BITS; bits++) {
        code->counts[bits] += odd[bits];
        places[bits] = place;
        place += code->counts[bits];
        if (bits > 0 && code->counts[bits] != 0) {
            code->longest = bits;
        }
        left = bits > 0 ? left * 2 - code->counts[bits] : left;
        if (left < 0) {
            return 0;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        code->sorted[places[lengths[i]]++] = (uint16_t)i;
    }
    return left == 0 || code->longest <= 1;
}

/* Codes are numbers that count up, sent highest bit first: here they count in reversed bits. */
static inline uint32_t
next_code(uint32_t code, unsigned bits)
{
    uint32_t zeros = code ^ ((1u << bits) - 1), bit;

    if (zeros == 0) {
        return code; /* it was the last */
    }
    bit = 0x80000000u >> __builtin_clz(zeros);
    return (code & (bit - 1)) | bit;
}

/* The codes that are longer than the root: each of their first `root` bits has a second table. */
static void
second_tables(entry *table, unsigned root, const struct code *code, const uint16_t *symbol,
              uint32_t first, const entry *meaning)
{
    const uint32_t size = 1u << root;
    const unsigned extra = code->longest - root;
    uint32_t head = size, used = 0, next = first;

    for (unsigned bits = root + 1; bits <= code->longest; bits++) {
        for (unsigned i = 0; i < code->counts[bits]; i++, symbol++) {
            entry e = meaning[*symbol] | (bits - root);

            if ((next & (size - 1)) != head) {
                head = next & (size - 1);
                used = used == 0 ? size : used + (1u << extra);
                table[head] = ENTRY(used, IS_TABLE, extra);
            }
            for (uint32_t at = next >> root; at < 1u << extra; at += 1u << (bits - root)) {
                table[used + at] = e;
            }
            next = next_code(next, bits);
        }
    }
}

/* Make the table of a code from the lengths of its symbols' codes; zlib's rules.  False if there is
 * no such code. */
static int
table_make(entry *table, unsigned root, const uint8_t *lengths, unsigned count,
           const entry *meaning)
{
    struct code code;
    const uint16_t *symbol = code.sorted;
    uint32_t next = 0;

    if (!code_sort(&code, lengths, count)) {
        return 0;
    }
    symbol += code.counts[0];
    table[0] = NO_CODE;
    for (unsigned bits = 1; bits <= root; bits++) {
        /* One bit more does not matter to the codes up to here. */
        memcpy(table + (1u << (bits - 1)), table, sizeof(*table) << (bits - 1));
        for (unsigned i = 0; i < code.counts[bits]; i++, symbol++) {
            table[next] = meaning[*symbol] | bits;
            next = next_code(next, bits);
        }
    }
    if (code.longest > root) {
        second_tables(table, root, &code, symbol, next, meaning);
    }
    return 1;
}

static int
fixed_tables(void)
{
    uint8_t lengths[LITLEN_SYMBOLS];

    if (!tables.is_fixed) {
        memset(lengths, 8, 144);
        memset(lengths + 144, 9, 112);
        memset(lengths + 256, 7, 24);
        memset(lengths + 280, 8, 8);
        table_make(tables.litlen, LITLEN_ROOT, lengths, LITLEN_SYMBOLS, litlen_meaning);
        memset(lengths, 5, DISTANCE_SYMBOLS);
        table_make(tables.distance, DISTANCE_ROOT, lengths, DISTANCE_SYMBOLS, distance_meaning);
        tables.is_fixed = 1;
    }
    return 1;
}

/* Read `count` lengths, themselves in a code.  False if they are none. */
static int
take_lengths(struct input *in, const entry *table, uint8_t *lengths, unsigned count)
{
    unsigned done = 0;

    while (done < count) {
        entry e;
        unsigned times;

        if (!refill(in)) {
            return 0;
        }
        e = take_code(in, table, LENGTH_ROOT);
        if (e & IS_LITERAL) {
            lengths[done++] = (uint8_t)ENTRY_VALUE(e);
            continue;
        }
        times = ENTRY_VALUE(e) + take(in, ENTRY_EXTRA(e));
        if (times > count - done || times < 3 || ((e & IS_END) && done == 0)) {
            return 0;
        }
        memset(lengths + done, e & IS_END ? lengths[done - 1] : 0, times);
        done += times;
    }
    return 1;
}

/* The tables of a block that brings its own code. */
static int
dynamic_tables(struct input *in)
{
    static const uint8_t order[LENGTH_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                  11, 4,  12, 3, 13, 2, 14, 1, 15};
    entry table[1 << LENGTH_ROOT];
    uint8_t lengths[LITLEN_SYMBOLS + DISTANCE_SYMBOLS] = {0};
    unsigned litlens = take(in, 5) + 257, distances = take(in, 5) + 1, count = take(in, 4) + 4;

    tables.is_fixed = 0;
    if (litlens > 286 || distances > 30) {
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!refill(in)) {
            return 0;
        }
        lengths[order[i]] = (uint8_t)take(in, 3);
    }
    if (!table_make(table, LENGTH_ROOT, lengths, LENGTH_SYMBOLS, length_meaning) ||
        !take_lengths(in, table, lengths, litlens + distances) || lengths[END_OF_BLOCK] == 0) {
        return 0;
    }
    return table_make(tables.litlen, LITLEN_ROOT, lengths, litlens, litlen_meaning) &&
           table_make(tables.distance, DISTANCE_ROOT, lengths + litlens, distances,
                      distance_meaning);
}

/* ---- blocks ---- */

/* Repeat `length` bytes from `distance` before; up to 32 bytes more are written. */
static inline void
repeat(uint8_t *to, unsigned distance, unsigned length)
{
    const uint8_t *from = to - distance, *end = to + length;

    if (distance < 8) {
        /* After eight bytes of the pattern its period is a multiple that eight fit into. */
        for (unsigned i = 0; i < 8; i++) {
            to[i] = from[i];
        }
        to += 8;
        from = to - (7 + distance) / distance * distance;
    }
    /* Hardly any is longer than 24 bytes: no branch for the processor to guess wrong. */
    memcpy(to, from, 8);
    memcpy(to + 8, from + 8, 8);
    memcpy(to + 16, from + 16, 8);
    while (to + 24 < end) {
        to += 8;
        from += 8;
        memcpy(to + 16, from + 16, 8);
    }
}

/* A repetition, whose first code is `e`.  0 when it does not make sense or does not fit. */
static inline unsigned
take_repetition(struct input *in, entry e, const struct output *output, uint8_t *out)
{
    unsigned length = ENTRY_VALUE(e) + take(in, ENTRY_EXTRA(e)), distance;

    e = take_code(in, tables.distance, DISTANCE_ROOT);
    distance = ENTRY_VALUE(e) + take(in, ENTRY_EXTRA(e));
    if ((e & IS_END) || (ptrdiff_t)length > output->end - out ||
        (ptrdiff_t)distance > out - output->start) {
        return 0;
    }
    repeat(out, distance, length);
    return length;
}

/* The block's symbols, by the tables.  False when they do not make sense or do not fit. */
static int
coded_block(struct input *input, struct output *output)
{
    struct input in = *input;
    uint8_t *out = output->next;

    for (;;) {
        entry e;
        unsigned length;

        if (out > output->end || !refill(&in)) {
            return 0;
        }
        e = take_code(&in, tables.litlen, LITLEN_ROOT);
        for (int i = 0; (e & IS_LITERAL) && i < 2; i++) {
            *out++ = (uint8_t)ENTRY_VALUE(e);
            e = take_code(&in, tables.litlen, LITLEN_ROOT);
        }
        if (e & IS_LITERAL) {
            *out++ = (uint8_t)ENTRY_VALUE(e);
            continue;
        }
        if (e & IS_END) {
            *input = in;
            output->next = out;
            return ENTRY_VALUE(e) == 0;
        }
        length = refill(&in) ? take_repetition(&in, e, output, out) : 0;
        if (length == 0) {
            return 0;
        }
        out += length;
    }
}

static int
stored_block(struct input *in, struct output *out)
{
    unsigned size, check;

    if (!align_to_byte(in) || in->end - in->next < 4) {
        return 0;
    }
    size = in->next[0] | (unsigned)in->next[1] << 8;
    check = in->next[2] | (unsigned)in->next[3] << 8;
    in->next += 4;
    if ((size ^ check) != 0xffff || in->end - in->next < (ptrdiff_t)size ||
        out->end - out->next < (ptrdiff_t)size) {
        return 0;
    }
    memcpy(out->next, in->next, size);
    in->next += size;
    out->next += size;
    return 1;
}

static int
block(struct input *in, struct output *out, int *is_last)
{
    if (!refill(in)) {
        return 0;
    }
    *is_last = (int)take(in, 1);
    switch (take(in, 2)) {
    case 0:
        return stored_block(in, out);
    case 1:
        return fixed_tables() && coded_block(in, out);
    case 2:
        return dynamic_tables(in) && coded_block(in, out);
    default:
        return 0;
    }
}

/* ---- the checksum ---- */

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t halves16 __attribute__((vector_size(32)));
typedef uint32_t words16 __attribute__((vector_size(64)));

enum {
    ADLER_MODULUS = 65521,
    ADLER_GROUP = 256,   /* sixteen bits are enough within it */
    ADLER_CHUNK = 32768, /* and thirty-two within this */
};

/* Add a group to sixteen sums: `a` adds up the bytes, `b` adds up `a`. */
static inline void
adler32_group(const uint8_t *data, words16 *a, words16 *b)
{
    halves16 sums = {0}, sums_of_sums = {0};
    bytes16 bytes;

    for (unsigned i = 0; i < ADLER_GROUP; i += sizeof(bytes)) {
        memcpy(&bytes, data + i, sizeof(bytes));
        sums_of_sums += sums;
        sums += __builtin_convertvector(bytes, halves16);
    }
    *b += *a * (ADLER_GROUP / sizeof(bytes)) + __builtin_convertvector(sums_of_sums, words16);
    *a += __builtin_convertvector(sums, words16);
}

/* Adler-32 of RFC 1950. */
static uint32_t
adler32(const uint8_t *data, size_t size)
{
    uint64_t a = 1, b = 0;

    while (size > 0) {
        size_t chunk = size < ADLER_CHUNK ? size : ADLER_CHUNK, whole = chunk / ADLER_GROUP * ADLER_GROUP;
        words16 sums = {0}, sums_of_sums = {0};

        b += a * whole;
        for (size_t i = 0; i < whole; i += ADLER_GROUP) {
            adler32_group(data + i, &sums, &sums_of_sums);
        }
        for (unsigned i = 0; i < 16; i++) {
            a += sums[i];
            b += (uint64_t)sums_of_sums[i] * 16 + (uint64_t)sums[i] * (16 - i);
        }
        for (size_t i = whole; i < chunk; i++) {
            a += data[i];
            b += a;
        }
        a %= ADLER_MODULUS;
        b %= ADLER_MODULUS;
        data += chunk;
        size -= chunk;
    }
    return (uint32_t)(b << 16 | a);
}

int
mpyk_inflate(const uint8_t *in_bytes, size_t in_size, uint8_t *out_bytes, size_t out_size)
{
    struct input in = {in_bytes + 2, in_bytes + in_size, 0, 0};
    struct output out = {out_bytes, out_bytes, out_bytes + out_size};
    uint32_t sum;
    int is_last = 0;

    /* Method 8 (deflate), a window of 32 KiB at most, no preset dictionary. */
    if (in_size < 6 || (in_bytes[0] & 0x0f) != 8 || in_bytes[0] > 0x78 || (in_bytes[1] & 0x20) ||
        (in_bytes[0] << 8 | in_bytes[1]) % 31 != 0) {
        return -1;
    }
    while (!is_last) {
        if (!block(&in, &out, &is_last)) {
            return -1;
        }
    }
    if (!align_to_byte(&in) || in.end - in.next < 4 || out.next != out.end) {
        return -1;
    }
    memcpy(&sum, in.next, sizeof(sum));
    return be32toh(sum) == adler32(out_bytes, out_size) ? 0 : -1;
}
