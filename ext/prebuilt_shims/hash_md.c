/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For a prebuilt Python (3.14 and later) whose library has the modules of hashlib but not the HACL*
 * functions behind them, such as Debian's.  These are MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4),
 * with the names and the contracts of HACL*'s headers.  Lengths beyond 2^61 bytes are not refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAME(rest) _Py_LibHacl_Hacl_Hash_##rest
#define HIDDEN __attribute__((visibility("hidden")))
#define ROL(x, n) ((uint32_t)(x) << (n) | (uint32_t)(x) >> (32 - (n)))
#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define ROR64(x, n) ((x) >> (n) | (x) << (64 - (n)))

struct state {
    void (*compress)(struct state *s, const uint8_t *block);
    /* Bytes of a block and of the result; words of 8 bytes, and whether the lowest byte is first.
     */
    unsigned block_size, size;
    int wide, little;
    uint64_t total;
    union {
        uint32_t h[8];
        uint64_t w[8];
    };
    uint8_t block[128];
};

static uint64_t
load(const uint8_t *from, int bytes, int little)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++) {
        value = value << 8 | from[little ? bytes - 1 - i : i];
    }
    return value;
}

static void
store(uint8_t *to, uint64_t value, int bytes, int little)
{
    for (int i = 0; i < bytes; i++) {
        to[little ? i : bytes - 1 - i] = (uint8_t)(value >> (8 * i));
    }
}

static const uint32_t md5_table[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void
md5_compress(struct state *s, const uint8_t *block)
{
    static const uint8_t shifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3];

    for (unsigned i = 0; i < 64; i++) {
        uint32_t f, next;
        unsigned g;

        if (i < 16) {
            f = (b & c) | (~b & d), g = i;
        } else if (i < 32) {
            f = (d & b) | (~d & c), g = (5 * i + 1) % 16;
        } else if (i < 48) {
            f = b ^ c ^ d, g = (3 * i + 5) % 16;
        } else {
            f = c ^ (b | ~d), g = (7 * i) % 16;
        }
        next = a + f + md5_table[i] + (uint32_t)load(block + 4 * g, 4, 1);
        a = d, d = c, c = b;
        b += ROL(next, shifts[i / 16][i % 4]);
    }
    s->h[0] += a, s->h[1] += b, s->h[2] += c, s->h[3] += d;
}

static void
sha1_compress(struct state *s, const uint8_t *block)
{
    static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];

    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20              ? (b & c) | (~b & d)
                     : i < 40 || i >= 60 ? b ^ c ^ d
                                         : (b & c) | (b & d) | (c & d);
        uint32_t next;

        w[i] = i < 16 ? (uint32_t)load(block + 4 * i, 4, 0)
                      : ROL(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        next = ROL(a, 5) + f + e + k[i / 20] + w[i];
        e = d, d = c, c = ROL(b, 30), b = a, a = next;
    }
    s->h[0] += a, s->h[1] += b, s->h[2] += c, s->h[3] += d, s->h[4] += e;
}

/* The constants of SHA-512; those of SHA-256 are the upper halves of the first 64. */
static const uint64_t sha2_table[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static void
sha256_compress(struct state *s, const uint8_t *block)
{
    uint32_t w[64], v[8];

    memcpy(v, s->h, sizeof(v));
    for (int i = 0; i < 64; i++) {
        uint32_t one, two;

        if (i < 16) {
            w[i] = (uint32_t)load(block + 4 * i, 4, 0);
        } else {
            one = ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^ w[i - 15] >> 3;
            two = ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + one + w[i - 7] + two;
        }
        one = v[7] + (ROR(v[4], 6) ^ ROR(v[4], 11) ^ ROR(v[4], 25)) +
              ((v[4] & v[5]) ^ (~v[4] & v[6])) + (uint32_t)(sha2_table[i] >> 32) + w[i];
        two = (ROR(v[0], 2) ^ ROR(v[0], 13) ^ ROR(v[0], 22)) +
              ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof(*v));
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) {
        s->h[i] += v[i];
    }
}

static void
sha512_compress(struct state *s, const uint8_t *block)
{
    uint64_t w[80], v[8];

    memcpy(v, s->w, sizeof(v));
    for (int i = 0; i < 80; i++) {
        uint64_t one, two;

        if (i < 16) {
            w[i] = load(block + 8 * i, 8, 0);
        } else {
            one = ROR64(w[i - 15], 1) ^ ROR64(w[i - 15], 8) ^ w[i - 15] >> 7;
            two = ROR64(w[i - 2], 19) ^ ROR64(w[i - 2], 61) ^ w[i - 2] >> 6;
            w[i] = w[i - 16] + one + w[i - 7] + two;
        }
        one = v[7] + (ROR64(v[4], 14) ^ ROR64(v[4], 18) ^ ROR64(v[4], 41)) +
              ((v[4] & v[5]) ^ (~v[4] & v[6])) + sha2_table[i] + w[i];
        two = (ROR64(v[0], 28) ^ ROR64(v[0], 34) ^ ROR64(v[0], 39)) +
              ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof(*v));
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) {
        s->w[i] += v[i];
    }
}

static const struct state md5 = {
    .compress = md5_compress,
    .block_size = 64,
    .size = 16,
    .little = 1,
    .h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476},
};
static const struct state sha1 = {
    .compress = sha1_compress,
    .block_size = 64,
    .size = 20,
    .h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
};
static const struct state sha224 = {
    .compress = sha256_compress,
    .block_size = 64,
    .size = 28,
    .h = {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7,
          0xbefa4fa4},
};
static const struct state sha256 = {
    .compress = sha256_compress,
    .block_size = 64,
    .size = 32,
    .h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
          0x5be0cd19},
};
static const struct state sha384 = {
    .compress = sha512_compress,
    .block_size = 128,
    .size = 48,
    .wide = 1,
    .w = {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
          0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4},
};
static const struct state sha512 = {
    .compress = sha512_compress,
    .block_size = 128,
    .size = 64,
    .wide = 1,
    .w = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
          0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179},
};

static struct state *
duplicate(const struct state *original)
{
    struct state *s = malloc(sizeof(*s));

    if (s != NULL) {
        *s = *original;
    }
    return s;
}

static uint8_t
update(struct state *s, const uint8_t *data, uint32_t size)
{
    while (size > 0) {
        unsigned used = (unsigned)(s->total % s->block_size), part = s->block_size - used;

        part = part < size ? part : size;
        memcpy(s->block + used, data, part);
        s->total += part;
        data += part;
        size -= part;
        if (used + part == s->block_size) {
            s->compress(s, s->block);
        }
    }
    return 0;
}

/* This works on a copy, because the caller may continue. */
static void
digest(const struct state *original, uint8_t *output)
{
    static const uint8_t padding[128] = {0x80};
    struct state s = *original;
    unsigned length_size = s.wide ? 16 : 8, word = s.wide ? 8 : 4;
    unsigned rest = (unsigned)(s.total % s.block_size), room = s.block_size - length_size;
    uint8_t length[16] = {0}, result[64];

    store(length + length_size - 8, s.total * 8, 8, s.little);
    update(&s, padding, rest < room ? room - rest : room + s.block_size - rest);
    update(&s, length, length_size);
    for (unsigned i = 0; i * word < s.size; i++) {
        store(result + i * word, s.wide ? s.w[i] : s.h[i], (int)word, s.little);
    }
    memcpy(output, result, s.size);
}

#define MALLOC(name, start)                                                                        \
    HIDDEN struct state *NAME(name)(void);                                                         \
    struct state *NAME(name)(void)                                                                 \
    {                                                                                              \
        return duplicate(&(start));                                                                \
    }
#define COPY(name)                                                                                 \
    HIDDEN struct state *NAME(name)(struct state *);                                               \
    struct state *NAME(name)(struct state * s)                                                     \
    {                                                                                              \
        return duplicate(s);                                                                       \
    }
#define UPDATE(name)                                                                               \
    HIDDEN uint8_t NAME(name)(struct state *, uint8_t *, uint32_t);                                \
    uint8_t NAME(name)(struct state * s, uint8_t *data, uint32_t size)                             \
    {                                                                                              \
        return update(s, data, size);                                                              \
    }
#define DIGEST(name)                                                                               \
    HIDDEN void NAME(name)(struct state *, uint8_t *);                                             \
    void NAME(name)(struct state * s, uint8_t *output)                                             \
    {                                                                                              \
        digest(s, output);                                                                         \
    }
#define FREE(name)                                                                                 \
    HIDDEN void NAME(name)(struct state *);                                                        \
    void NAME(name)(struct state * s)                                                              \
    {                                                                                              \
        free(s);                                                                                   \
    }

MALLOC(MD5_malloc, md5)
COPY(MD5_copy)
UPDATE(MD5_update)
DIGEST(MD5_digest)
FREE(MD5_free)
MALLOC(SHA1_malloc, sha1)
COPY(SHA1_copy)
UPDATE(SHA1_update)
DIGEST(SHA1_digest)
FREE(SHA1_free)
MALLOC(SHA2_malloc_224, sha224)
MALLOC(SHA2_malloc_256, sha256)
MALLOC(SHA2_malloc_384, sha384)
MALLOC(SHA2_malloc_512, sha512)
COPY(SHA2_copy_256)
COPY(SHA2_copy_512)
UPDATE(SHA2_update_256)
UPDATE(SHA2_update_512)
DIGEST(SHA2_digest_256)
DIGEST(SHA2_digest_512)
FREE(SHA2_free_256)
FREE(SHA2_free_512)
