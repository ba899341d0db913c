/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-3 and SHAKE (FIPS 202), for the reason that hash_md.c gives. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAME(rest) _Py_LibHacl_Hacl_Hash_SHA3_##rest
#define HIDDEN __attribute__((visibility("hidden")))
#define ROL64(x, n) ((n) == 0 ? (x) : (x) << (n) | (x) >> (64 - (n)))

/* HACL*'s numbers of the algorithms and codes of its errors. */
enum { SHA3_256 = 8, SHA3_224, SHA3_384, SHA3_512, SHAKE128, SHAKE256 };
enum { SUCCESS = 0, INVALID_ALGORITHM = 1, INVALID_LENGTH = 2 };

struct sponge {
    int algorithm;
    unsigned rate, size, used;
    uint64_t lanes[25];
};

HIDDEN struct sponge *NAME(malloc)(uint8_t algorithm);
HIDDEN void NAME(free)(struct sponge *s);
HIDDEN struct sponge *NAME(copy)(struct sponge *original);
HIDDEN uint8_t NAME(update)(struct sponge *s, uint8_t *data, uint32_t size);
HIDDEN uint8_t NAME(digest)(struct sponge *s, uint8_t *output);
HIDDEN uint8_t NAME(squeeze)(struct sponge *s, uint8_t *output, uint32_t size);
HIDDEN uint32_t NAME(block_len)(struct sponge *s);
HIDDEN uint32_t NAME(hash_len)(struct sponge *s);
HIDDEN bool NAME(is_shake)(struct sponge *s);

static void
theta(uint64_t *a)
{
    uint64_t c[5];

    for (int x = 0; x < 5; x++) {
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (int i = 0; i < 25; i++) {
        a[i] ^= c[(i + 4) % 5] ^ ROL64(c[(i + 1) % 5], 1);
    }
}

/* Turn the lanes and send each to its new place, then mix the rows. */
static void
rho_pi_chi(uint64_t *a)
{
    uint64_t b[25] = {a[0]};
    int x = 1, y = 0;

    for (int t = 0; t < 24; t++) {
        int turn = (t + 1) * (t + 2) / 2 % 64, next = (2 * x + 3 * y) % 5;

        b[y + 5 * next] = ROL64(a[x + 5 * y], turn);
        x = y;
        y = next;
    }
    for (int i = 0; i < 25; i++) {
        int row = i - i % 5;

        a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
    }
}

static void
permute(uint64_t *a)
{
    unsigned lfsr = 1;

    for (int round = 0; round < 24; round++) {
        theta(a);
        rho_pi_chi(a);
        for (int j = 0; j < 7; j++) {
            if (lfsr & 1) {
                a[0] ^= (uint64_t)1 << ((1 << j) - 1);
            }
            lfsr = lfsr << 1 ^ (lfsr & 0x80 ? 0x171 : 0);
        }
    }
}

static void
absorb(struct sponge *s, unsigned place, uint8_t byte)
{
    s->lanes[place / 8] ^= (uint64_t)byte << (place % 8 * 8);
}

struct sponge *
NAME(malloc)(uint8_t algorithm)
{
    static const unsigned sizes[] = {32, 28, 48, 64, 16, 32};
    struct sponge *s;

    if (algorithm < SHA3_256 || algorithm > SHAKE256) {
        return NULL;
    }
    s = calloc(1, sizeof(*s));
    if (s != NULL) {
        s->algorithm = algorithm;
        s->size = sizes[algorithm - SHA3_256];
        s->rate = 200 - 2 * s->size;
    }
    return s;
}

void
NAME(free)(struct sponge *s)
{
    free(s);
}

struct sponge *
NAME(copy)(struct sponge *original)
{
    struct sponge *s = malloc(sizeof(*s));

    if (s != NULL) {
        *s = *original;
    }
    return s;
}

uint8_t
NAME(update)(struct sponge *s, uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        absorb(s, s->used++, data[i]);
        if (s->used == s->rate) {
            permute(s->lanes);
            s->used = 0;
        }
    }
    return SUCCESS;
}

/* This works on a copy, because the caller may continue. */
static void
output_of(const struct sponge *original, uint8_t *output, uint32_t size)
{
    struct sponge s = *original;

    absorb(&s, s.used, NAME(is_shake)(&s) ? 0x1f : 0x06);
    absorb(&s, s.rate - 1, 0x80);
    for (uint32_t i = 0; i < size; i++) {
        unsigned place = i % s.rate;

        if (place == 0) {
            permute(s.lanes);
        }
        output[i] = (uint8_t)(s.lanes[place / 8] >> (place % 8 * 8));
    }
}

uint8_t
NAME(digest)(struct sponge *s, uint8_t *output)
{
    if (NAME(is_shake)(s)) {
        return INVALID_ALGORITHM;
    }
    output_of(s, output, s->size);
    return SUCCESS;
}

uint8_t
NAME(squeeze)(struct sponge *s, uint8_t *output, uint32_t size)
{
    if (!NAME(is_shake)(s)) {
        return INVALID_ALGORITHM;
    }
    if (size == 0) {
        return INVALID_LENGTH;
    }
    output_of(s, output, size);
    return SUCCESS;
}

uint32_t
NAME(block_len)(struct sponge *s)
{
    return s->rate;
}

uint32_t
NAME(hash_len)(struct sponge *s)
{
    return NAME(is_shake)(s) ? 0 : s->size;
}

bool
NAME(is_shake)(struct sponge *s)
{
    return s->algorithm == SHAKE128 || s->algorithm == SHAKE256;
}
