/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Integers, booleans, enums, strings, pointers, functions, typedefs, unions.
 */
#include "testmod.h"

#include <linux/limits.h>

struct mpyk_integers {
    s8 s8;
    u8 u8;
    s16 s16;
    u16 u16;
    s32 s32;
    u32 u32;
    s64 s64;
    u64 u64;
    long slong;
    unsigned long ulong;
    char character;
    signed char schar;
    unsigned char uchar;
    bool yes, no;
    const volatile int qualified;
};

struct mpyk_integers mpyk_lowest = {
    .s8 = -128, .s16 = -32768, .s32 = INT_MIN, .s64 = LLONG_MIN, .slong = LONG_MIN, .character = -1, .schar = -1, .yes = true,
    .qualified = -7,
};
struct mpyk_integers mpyk_highest = {
    .s8 = 127, .u8 = 255, .s16 = 32767, .u16 = 65535, .s32 = INT_MAX, .u32 = U32_MAX, .s64 = LLONG_MAX, .u64 = ULLONG_MAX,
    .slong = LONG_MAX, .ulong = ULONG_MAX, .character = 'm', .schar = 127, .uchar = 255, .yes = true, .qualified = 7,
};

enum mpyk_colour { MPYK_RED, MPYK_GREEN = 5, MPYK_BLUE };
enum mpyk_signed { MPYK_LOWEST = INT_MIN, MPYK_MINUS_THREE = -3, MPYK_ONE = 1 };
enum mpyk_wide { MPYK_NARROW = 1, MPYK_WIDE = 0x123456789abcdefULL, MPYK_WIDEST = ULLONG_MAX };
enum mpyk_wide_signed { MPYK_FAR_BELOW = -0x123456789abcdefLL, MPYK_ZERO = 0, MPYK_FAR_ABOVE = LLONG_MAX };
enum { MPYK_NAMELESS_SEVEN = 7, MPYK_NAMELESS_NINE = 9 };

struct mpyk_enums {
    enum mpyk_colour colour;
    enum mpyk_signed below;
    enum mpyk_wide wide;
    enum mpyk_wide_signed far_below;
    enum mpyk_colour unnamed; /* no enumerator has its value */
    enum { MPYK_INNER_A = 11, MPYK_INNER_B } inner;
};
struct mpyk_enums mpyk_enums = {
    MPYK_GREEN, MPYK_MINUS_THREE, MPYK_WIDEST, MPYK_FAR_BELOW, (enum mpyk_colour)77, MPYK_INNER_B,
};

typedef int mpyk_number_t;
typedef mpyk_number_t mpyk_count_t;
typedef mpyk_count_t mpyk_row_t[4];
typedef struct mpyk_point mpyk_point_t;
typedef mpyk_point_t *mpyk_point_p;
typedef long (*mpyk_operation_t)(struct mpyk_point *, const char *, mpyk_count_t);
typedef struct {
    mpyk_count_t only;
} mpyk_tagless_t;

long mpyk_operation(struct mpyk_point *point, const char *name, mpyk_count_t count);
noinline long mpyk_operation(struct mpyk_point *point, const char *name, mpyk_count_t count)
{
    return point->x + name[0] + count;
}

struct mpyk_point mpyk_point = {3, -4};
static struct mpyk_point *mpyk_point_pointer = &mpyk_point;
static int mpyk_number = -11;
static int *mpyk_number_pointer = &mpyk_number;

struct mpyk_pointers {
    int *number, **number_twice, *number_null;
    struct mpyk_point *point, **point_twice, *point_null;
    void *anything;
    mpyk_operation_t operation;
    int (*nothing)(void);
    struct mpyk_unknown *opaque; /* a struct without a definition */
    const char *const *words;
    mpyk_point_p by_typedef;
    mpyk_row_t *rows; /* a pointer to an array */
    struct mpyk_pointers *self;
    int *wild;
};
static const char *const mpyk_words[] = {"one", "two", "three", NULL};
static mpyk_row_t mpyk_rows[2] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
struct mpyk_pointers mpyk_pointers = {
    .number = &mpyk_number, .number_twice = &mpyk_number_pointer, .point = &mpyk_point, .point_twice = &mpyk_point_pointer,
    .anything = &mpyk_number, .operation = mpyk_operation, .opaque = (void *)&mpyk_point, .words = mpyk_words,
    .by_typedef = &mpyk_point, .rows = mpyk_rows, .self = &mpyk_pointers, .wild = (int *)0xdead4ead00000000UL,
};

struct mpyk_typedefs {
    mpyk_number_t number;
    mpyk_count_t count;
    mpyk_row_t row;
    mpyk_point_t point;
    mpyk_tagless_t tagless;
};
struct mpyk_typedefs mpyk_typedefs = {-1, -2, {10, 20, 30, 40}, {5, 6}, {-9}};

struct mpyk_strings {
    char ascii[16];
    char utf8[16];   /* "žlutý" */
    char latin1[8];  /* "caf\xe9": not UTF-8 */
    char full[4];    /* has no NUL at its end */
    char after_nul[8]; /* has more bytes after the NUL */
    const char *pointer, *pointer_utf8, *pointer_latin1, *pointer_null, *pointer_wild;
    unsigned char bytes[4];
    u8 raw[4];
};
struct mpyk_strings mpyk_strings = {
    .ascii = "plain", .utf8 = "\xc5\xbelut\xc3\xbd", .latin1 = "caf\xe9", .full = {'f', 'u', 'l', 'l'}, .after_nul = "ab\0cd",
    .pointer = "plain", .pointer_utf8 = "\xc5\xbelut\xc3\xbd", .pointer_latin1 = "caf\xe9",
    .pointer_wild = (const char *)0xdead4ead00000000UL, .bytes = {1, 2, 250, 0}, .raw = {9, 0, 255, 4},
};

struct mpyk_unions {
    int first;
    union {
        u64 as_u64;
        struct {
            u32 low, high;
        };
        u8 as_bytes[8];
    };
    union {
        struct {
            u16 a, b;
        } pair;
        s32 whole;
    } named;
    struct {
        int depth;
        struct {
            int deepest;
            struct mpyk_point point;
        } two;
    } one;
    union {
        struct {
            union {
                s8 innermost;
                u8 innermost_unsigned;
            };
        };
    };
    int last;
};
struct mpyk_unions mpyk_unions = {
    .first = 1, .as_u64 = 0x8877665544332211ULL, .named = {.whole = -2}, .one = {7, {8, {9, 10}}}, .innermost = -5, .last = 99,
};
union mpyk_union {
    struct mpyk_point point;
    u64 number;
    char text[12];
};
union mpyk_union mpyk_union = {.text = "union text"};

static void mpyk_integers_truth(struct seq_file *m)
{
    TRUTH_SIZE(m, struct mpyk_integers);
#define INTEGER(member)                                                                            \
    TRUTH_MEMBER(m, struct mpyk_integers, member);                                                 \
    TRUTH_VALUE(m, mpyk_lowest, member);                                                           \
    TRUTH_VALUE(m, mpyk_highest, member)
    INTEGER(s8);
    INTEGER(u8);
    INTEGER(s16);
    INTEGER(u16);
    INTEGER(s32);
    INTEGER(u32);
    INTEGER(s64);
    INTEGER(u64);
    INTEGER(slong);
    INTEGER(ulong);
    INTEGER(character);
    INTEGER(schar);
    INTEGER(uchar);
    INTEGER(yes);
    INTEGER(no);
    INTEGER(qualified);
#undef INTEGER
}

static void mpyk_enums_truth(struct seq_file *m)
{
    TRUTH_SIZE(m, struct mpyk_enums);
#define MEMBER(member)                                                                             \
    TRUTH_MEMBER(m, struct mpyk_enums, member);                                                    \
    TRUTH_VALUE(m, mpyk_enums, member)
    MEMBER(colour);
    MEMBER(below);
    MEMBER(wide);
    MEMBER(far_below);
    MEMBER(unnamed);
    MEMBER(inner);
#undef MEMBER
    TRUTH_ENUMERATOR(m, enum mpyk_colour, MPYK_RED);
    TRUTH_ENUMERATOR(m, enum mpyk_colour, MPYK_GREEN);
    TRUTH_ENUMERATOR(m, enum mpyk_colour, MPYK_BLUE);
    TRUTH_ENUMERATOR(m, enum mpyk_signed, MPYK_LOWEST);
    TRUTH_ENUMERATOR(m, enum mpyk_signed, MPYK_MINUS_THREE);
    TRUTH_ENUMERATOR(m, enum mpyk_signed, MPYK_ONE);
    TRUTH_ENUMERATOR(m, enum mpyk_wide, MPYK_NARROW);
    TRUTH_ENUMERATOR(m, enum mpyk_wide, MPYK_WIDE);
    seq_printf(m, "enumerator\tenum mpyk_wide\tMPYK_WIDEST\t%llu\n", (unsigned long long)MPYK_WIDEST);
    TRUTH_ENUMERATOR(m, enum mpyk_wide_signed, MPYK_FAR_BELOW);
    TRUTH_ENUMERATOR(m, enum mpyk_wide_signed, MPYK_ZERO);
    TRUTH_ENUMERATOR(m, enum mpyk_wide_signed, MPYK_FAR_ABOVE);
    TRUTH_ENUMERATOR(m, enum, MPYK_NAMELESS_SEVEN);
    TRUTH_ENUMERATOR(m, enum, MPYK_NAMELESS_NINE);
    TRUTH_ENUMERATOR(m, enum, MPYK_INNER_A);
    TRUTH_ENUMERATOR(m, enum, MPYK_INNER_B);
}

static void mpyk_unions_truth(struct seq_file *m)
{
    TRUTH_SIZE(m, struct mpyk_unions);
    TRUTH_SIZE(m, union mpyk_union);
#define MEMBER(member)                                                                             \
    TRUTH_MEMBER(m, struct mpyk_unions, member);                                                   \
    TRUTH_VALUE(m, mpyk_unions, member)
    MEMBER(first);
    MEMBER(as_u64);
    MEMBER(low);
    MEMBER(high);
    MEMBER(named.pair.a);
    MEMBER(named.pair.b);
    MEMBER(named.whole);
    MEMBER(one.depth);
    MEMBER(one.two.deepest);
    MEMBER(one.two.point.y);
    MEMBER(innermost);
    MEMBER(innermost_unsigned);
    MEMBER(last);
#undef MEMBER
    TRUTH_VALUE(m, mpyk_union, number);
    TRUTH_VALUE(m, mpyk_union, point.y);
}

static void mpyk_pointers_truth(struct seq_file *m)
{
    TRUTH_SIZE(m, struct mpyk_pointers);
    TRUTH_SIZE(m, struct mpyk_strings);
    TRUTH_SIZE(m, struct mpyk_typedefs);
    TRUTH_SIZE(m, struct mpyk_point);
    TRUTH_SIZE(m, mpyk_count_t);
    TRUTH_SIZE(m, mpyk_row_t);
    TRUTH_SIZE(m, mpyk_tagless_t);
    TRUTH_MEMBER(m, struct mpyk_pointers, number_twice);
    TRUTH_MEMBER(m, struct mpyk_pointers, operation);
    TRUTH_MEMBER(m, struct mpyk_typedefs, row);
    TRUTH_MEMBER(m, struct mpyk_typedefs, point);
    TRUTH_MEMBER(m, struct mpyk_typedefs, tagless);
    TRUTH_MEMBER(m, struct mpyk_strings, utf8);
    TRUTH_MEMBER(m, struct mpyk_strings, pointer_null);
    TRUTH_VALUE(m, mpyk_typedefs, number);
    TRUTH_VALUE(m, mpyk_typedefs, count);
    TRUTH_VALUE(m, mpyk_typedefs, row[3]);
    TRUTH_VALUE(m, mpyk_typedefs, point.y);
    TRUTH_VALUE(m, mpyk_typedefs, tagless.only);
}

void mpyk_values_truth(struct seq_file *m)
{
    TRUTH_ADDRESS(m, mpyk_lowest);
    TRUTH_ADDRESS(m, mpyk_highest);
    TRUTH_ADDRESS(m, mpyk_enums);
    TRUTH_ADDRESS(m, mpyk_point);
    TRUTH_ADDRESS(m, mpyk_number);
    TRUTH_ADDRESS(m, mpyk_number_pointer);
    TRUTH_ADDRESS(m, mpyk_rows);
    TRUTH_ADDRESS(m, mpyk_pointers);
    TRUTH_ADDRESS(m, mpyk_typedefs);
    TRUTH_ADDRESS(m, mpyk_strings);
    TRUTH_ADDRESS(m, mpyk_unions);
    TRUTH_ADDRESS(m, mpyk_union);
    mpyk_integers_truth(m);
    mpyk_enums_truth(m);
    mpyk_unions_truth(m);
    mpyk_pointers_truth(m);
}
