/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Bit-fields: signed and unsigned, of all base types, in anonymous members, and across word boundaries.
 */
#include "testmod.h"

enum mpyk_mode { MPYK_OFF, MPYK_ON, MPYK_AUTO };

struct mpyk_bits {
    unsigned int three : 3;
    int minus : 5;
    unsigned int twenty : 20;
    int next_word : 7; /* does not fit into the first word */
    bool flag : 1;
    enum mpyk_mode mode : 2;
    unsigned char small : 4;
    int : 0;
    short after_gap : 9;
    unsigned long long wide : 33;
    long long wide_minus : 30;
    u64 all : 64;
    int plain;
};
struct mpyk_bits mpyk_bits = {
    .three = 5, .minus = -13, .twenty = 0xabcde, .next_word = -64, .flag = true, .mode = MPYK_AUTO, .small = 9, .after_gap = -255,
    .wide = 0x1fedcba98ULL, .wide_minus = -0x1234567LL, .all = 0xfedcba9876543210ULL, .plain = -1,
};

/* Without padding these bit-fields cross boundaries of 32 and of 64 bits. */
struct mpyk_packed_bits {
    u8 lead;
    unsigned int x : 30;
    int y : 30;
    u64 z : 57;
    int tail : 3;
    u8 pad : 5;
    u64 nine_bytes : 62; /* begins at bit 5 of a byte, so it covers nine bytes */
    s64 nine_minus : 61;
} __packed;
struct mpyk_packed_bits mpyk_packed_bits = {
    .lead = 0xa5, .x = 0x2badcafe, .y = -0x1badcafe, .z = 0x1abcdef01234567ULL, .tail = -3, .pad = 21,
    .nine_bytes = 0x3123456789abcdefULL, .nine_minus = -0x0123456789abcdefLL,
};

struct mpyk_anonymous_bits {
    char first;
    struct {
        unsigned int p : 3;
        int q : 5;
        struct {
            int deep : 9;
            unsigned int r : 10;
        };
    };
    union {
        struct {
            u16 low_nibble : 4;
            u16 rest : 12;
        };
        u16 whole;
        int sixteen : 16;
    };
    struct {
        unsigned int named : 6;
        int named_minus : 6;
    } inner;
};
struct mpyk_anonymous_bits mpyk_anonymous_bits = {
    .first = 'f', .p = 6, .q = -16, .deep = -200, .r = 1001, .low_nibble = 0xc, .rest = 0xfed, .inner = {33, -31},
};

static void mpyk_packed_truth(struct seq_file *m)
{
#define FIELD(member)                                                                              \
    TRUTH_BITS(m, struct mpyk_packed_bits, member);                                                \
    TRUTH_VALUE(m, mpyk_packed_bits, member)
    FIELD(x);
    FIELD(y);
    FIELD(z);
    FIELD(tail);
    FIELD(pad);
    FIELD(nine_bytes);
    FIELD(nine_minus);
#undef FIELD
    TRUTH_MEMBER(m, struct mpyk_packed_bits, lead);
}

static void mpyk_anonymous_truth(struct seq_file *m)
{
#define FIELD(member)                                                                              \
    TRUTH_BITS(m, struct mpyk_anonymous_bits, member);                                             \
    TRUTH_VALUE(m, mpyk_anonymous_bits, member)
    FIELD(p);
    FIELD(q);
    FIELD(deep);
    FIELD(r);
    FIELD(low_nibble);
    FIELD(rest);
    FIELD(sixteen);
    FIELD(inner.named);
    FIELD(inner.named_minus);
#undef FIELD
    TRUTH_MEMBER(m, struct mpyk_anonymous_bits, whole);
    TRUTH_VALUE(m, mpyk_anonymous_bits, whole);
}

void mpyk_bitfields_truth(struct seq_file *m)
{
    TRUTH_ADDRESS(m, mpyk_bits);
    TRUTH_ADDRESS(m, mpyk_packed_bits);
    TRUTH_ADDRESS(m, mpyk_anonymous_bits);
    TRUTH_SIZE(m, struct mpyk_bits);
    TRUTH_SIZE(m, struct mpyk_packed_bits);
    TRUTH_SIZE(m, struct mpyk_anonymous_bits);
#define FIELD(member)                                                                              \
    TRUTH_BITS(m, struct mpyk_bits, member);                                                       \
    TRUTH_VALUE(m, mpyk_bits, member)
    FIELD(three);
    FIELD(minus);
    FIELD(twenty);
    FIELD(next_word);
    FIELD(flag);
    FIELD(mode);
    FIELD(small);
    FIELD(after_gap);
    FIELD(wide);
    FIELD(wide_minus);
    FIELD(all);
#undef FIELD
    TRUTH_MEMBER(m, struct mpyk_bits, plain);
    mpyk_packed_truth(m);
    mpyk_anonymous_truth(m);
}
