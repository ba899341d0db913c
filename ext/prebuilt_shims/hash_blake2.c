/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BLAKE2b and BLAKE2s (RFC 7693), for the reason that hash_md.c gives.  HACL* has a second set of
 * functions for processors with vector instructions; here both sets are the same.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* HACL*'s own structures. */
struct params {
    uint8_t digest_length, key_length, fanout, depth;
    uint32_t leaf_length;
    uint64_t node_offset;
    uint8_t node_depth, inner_length;
    uint8_t *salt, *personal;
};
struct index {
    uint8_t key_length, digest_length;
    bool last_node;
};

/* Words of BLAKE2s use the lower half of their 64 bits. */
struct kind {
    unsigned word, rounds;
    uint8_t turns[4];
    uint64_t start[8];
};

struct blake {
    const struct kind *kind;
    struct index index;
    uint64_t total, h[8];
    unsigned used;
    uint8_t block[128];
};

static const struct kind kind_b = {
    .word = 8,
    .rounds = 12,
    .turns = {32, 24, 16, 63},
    .start = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
              0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179},
};
static const struct kind kind_s = {
    .word = 4,
    .rounds = 10,
    .turns = {16, 12, 8, 7},
    .start = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
              0x5be0cd19},
};

static uint64_t
cut(const struct kind *kind, uint64_t value)
{
    return kind->word == 8 ? value : value & 0xffffffff;
}

static uint64_t
turn(const struct kind *kind, uint64_t value, int by)
{
    return cut(kind, value >> by | value << (8 * kind->word - (unsigned)by));
}

static void
mix(const struct kind *kind, uint64_t *v, const uint8_t *at, uint64_t x, uint64_t y)
{
    uint64_t *a = &v[at[0]], *b = &v[at[1]], *c = &v[at[2]], *d = &v[at[3]];

    for (int half = 0; half < 2; half++) {
        *a = cut(kind, *a + *b + (half ? y : x));
        *d = turn(kind, *d ^ *a, kind->turns[2 * half]);
        *c = cut(kind, *c + *d);
        *b = turn(kind, *b ^ *c, kind->turns[2 * half + 1]);
    }
}

static void
compress(struct blake *s, bool last)
{
    static const uint8_t sigma[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
        {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
        {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
        {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
        {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    };
    static const uint8_t places[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14},
                                         {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12},
                                         {2, 7, 8, 13},  {3, 4, 9, 14}};
    const struct kind *kind = s->kind;
    uint64_t v[16], m[16] = {0};

    for (unsigned i = 0; i < 16 * kind->word; i++) {
        m[i / kind->word] |= (uint64_t)s->block[i] << (i % kind->word * 8);
    }
    memcpy(v, s->h, sizeof(s->h));
    memcpy(v + 8, kind->start, sizeof(kind->start));
    v[12] ^= cut(kind, s->total);
    v[13] ^= kind->word == 4 ? s->total >> 32 : 0;
    v[14] ^= last ? cut(kind, ~(uint64_t)0) : 0;
    v[15] ^= last && s->index.last_node ? cut(kind, ~(uint64_t)0) : 0;
    for (unsigned round = 0; round < kind->rounds; round++) {
        for (int i = 0; i < 8; i++) {
            mix(kind, v, places[i], m[sigma[round % 10][2 * i]], m[sigma[round % 10][2 * i + 1]]);
        }
    }
    for (int i = 0; i < 8; i++) {
        s->h[i] ^= v[i] ^ v[i + 8];
    }
}

/* The last block is kept until the end, because it is compressed with a mark. */
static uint8_t
update(struct blake *s, const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (s->used == 16 * s->kind->word) {
            s->total += s->used;
            compress(s, false);
            s->used = 0;
        }
        s->block[s->used++] = data[i];
    }
    return 0;
}

static void
store(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
}

static struct blake *
create(const struct kind *kind, const struct params *p, bool last_node, const uint8_t *key)
{
    unsigned word = kind->word;
    uint8_t packed[64] = {p->digest_length, p->key_length, p->fanout, p->depth}, padded[128] = {0};
    struct blake *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return NULL;
    }
    store(packed + 4, p->leaf_length, 4);
    store(packed + 8, p->node_offset, word == 8 ? 8 : 6);
    packed[word == 8 ? 16 : 14] = p->node_depth;
    packed[word == 8 ? 17 : 15] = p->inner_length;
    memcpy(packed + 4 * word, p->salt, 2 * word);
    memcpy(packed + 6 * word, p->personal, 2 * word);
    s->kind = kind;
    s->index = (struct index){p->key_length, p->digest_length, last_node};
    memcpy(s->h, kind->start, sizeof(s->h));
    for (unsigned i = 0; i < 8 * word; i++) {
        s->h[i / word] ^= (uint64_t)packed[i] << (i % word * 8);
    }
    if (p->key_length > 0) {
        memcpy(padded, key, p->key_length);
        update(s, padded, 16 * word);
    }
    return s;
}

static struct blake *
duplicate(const struct blake *original)
{
    struct blake *s = malloc(sizeof(*s));

    if (s != NULL) {
        *s = *original;
    }
    return s;
}

/* This works on a copy, because the caller may continue. */
static uint8_t
digest(const struct blake *original, uint8_t *output)
{
    struct blake s = *original;
    uint8_t result[64];

    memset(s.block + s.used, 0, sizeof(s.block) - s.used);
    s.total += s.used;
    compress(&s, true);
    for (int i = 0; i < 8; i++) {
        store(result + i * (int)s.kind->word, s.h[i], s.kind->word);
    }
    memcpy(output, result, s.index.digest_length);
    return s.index.digest_length;
}

#define NAME(set, rest) _Py_LibHacl_Hacl_Hash_##set##_##rest
#define FUNCTIONS(set, kind)                                                                       \
    HIDDEN struct blake *NAME(set, malloc_with_params_and_key)(struct params *, bool, uint8_t *);  \
    HIDDEN struct blake *NAME(set, copy)(struct blake *);                                          \
    HIDDEN uint8_t NAME(set, update)(struct blake *, uint8_t *, uint32_t);                         \
    HIDDEN uint8_t NAME(set, digest)(struct blake *, uint8_t *);                                   \
    HIDDEN struct index NAME(set, info)(struct blake *);                                           \
    HIDDEN void NAME(set, free)(struct blake *);                                                   \
    struct blake *NAME(set, malloc_with_params_and_key)(struct params * p, bool last, uint8_t *k)  \
    {                                                                                              \
        return create(&kind, p, last, k);                                                          \
    }                                                                                              \
    struct blake *NAME(set, copy)(struct blake * s)                                                \
    {                                                                                              \
        return duplicate(s);                                                                       \
    }                                                                                              \
    uint8_t NAME(set, update)(struct blake * s, uint8_t *data, uint32_t size)                      \
    {                                                                                              \
        return update(s, data, size);                                                              \
    }                                                                                              \
    uint8_t NAME(set, digest)(struct blake * s, uint8_t *output)                                   \
    {                                                                                              \
        return digest(s, output);                                                                  \
    }                                                                                              \
    struct index NAME(set, info)(struct blake * s)                                                 \
    {                                                                                              \
        return s->index;                                                                           \
    }                                                                                              \
    void NAME(set, free)(struct blake * s)                                                         \
    {                                                                                              \
        free(s);                                                                                   \
    }

FUNCTIONS(Blake2b, kind_b)
FUNCTIONS(Blake2b_Simd256, kind_b)
FUNCTIONS(Blake2s, kind_s)
FUNCTIONS(Blake2s_Simd128, kind_s)
