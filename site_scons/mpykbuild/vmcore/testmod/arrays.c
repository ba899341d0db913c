/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Arrays of one to three dimensions, flexible arrays and arrays of length zero, with all kinds of elements.
 */
#include "testmod.h"

#include <linux/slab.h>

enum mpyk_step { MPYK_STEP_ONE = 1, MPYK_STEP_TWO };
static int mpyk_first(int number);
static int mpyk_first(int number)
{
    return number + 1;
}

struct mpyk_arrays {
    int flat[5];
    s16 two[2][3];
    int three[2][3][4];
    char text[8];
    char texts[3][40]; /* so long that the extension asks gdb for the dimensions */
    const char *names[3];
    struct mpyk_point points[3];
    struct mpyk_point grid[2][2];
    struct mpyk_point *pointers[2];
    enum mpyk_step steps[3];
    bool flags[3];
    int (*functions[2])(int);
    u64 nothing[0];
    int one[1];
    u8 last;
};
struct mpyk_arrays mpyk_arrays = {
    .flat = {-1, 2, -3, 4, -5},
    .two = {{1, -2, 3}, {-4, 5, -6}},
    .three = {{{111, 112, 113, 114}, {121, 122, 123, 124}, {131, 132, 133, 134}},
              {{211, 212, 213, 214}, {221, 222, 223, 224}, {231, 232, 233, -234}}},
    .text = "seven77",
    .texts = {"first", "second", "third"},
    .names = {"alpha", NULL, "gamma"},
    .points = {{1, 2}, {3, 4}, {5, -6}},
    .grid = {{{10, 11}, {12, 13}}, {{14, 15}, {16, 17}}},
    .pointers = {&mpyk_arrays.points[1], NULL},
    .steps = {MPYK_STEP_TWO, MPYK_STEP_ONE, MPYK_STEP_TWO},
    .flags = {true, false, true},
    .functions = {mpyk_first, NULL},
    .one = {41},
    .last = 0xee,
};

struct mpyk_flexible {
    int count;
    struct mpyk_point points[];
};
struct mpyk_flexible_text {
    int count;
    char text[];
};
struct mpyk_zero_length {
    int count;
    int items[0];
};
static struct {
    struct mpyk_flexible head;
    struct mpyk_point points[3];
} mpyk_flexible_storage = {{3}, {{7, 8}, {9, 10}, {11, -12}}};
static struct {
    struct mpyk_flexible_text head;
    char text[12];
} mpyk_flexible_text_storage = {{5}, "flex text"};
static struct {
    struct mpyk_zero_length head;
    int items[4];
} mpyk_zero_length_storage = {{4}, {40, 41, -42, 43}};

static void mpyk_three_truth(struct seq_file *m)
{
    TRUTH_LIST(m, three);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 4; k++)
                seq_printf(m, "\t%d", mpyk_arrays.three[i][j][k]);
    seq_puts(m, "\n");
}

void mpyk_arrays_truth(struct seq_file *m)
{
    TRUTH_ADDRESS(m, mpyk_arrays);
    TRUTH_ADDRESS(m, mpyk_flexible_storage);
    TRUTH_ADDRESS(m, mpyk_flexible_text_storage);
    TRUTH_ADDRESS(m, mpyk_zero_length_storage);
    TRUTH_SIZE(m, struct mpyk_arrays);
    TRUTH_SIZE(m, struct mpyk_flexible);
    TRUTH_SIZE(m, struct mpyk_flexible_text);
    TRUTH_SIZE(m, struct mpyk_zero_length);
#define MEMBER(member) TRUTH_MEMBER(m, struct mpyk_arrays, member)
    MEMBER(flat);
    MEMBER(two);
    MEMBER(three);
    MEMBER(text);
    MEMBER(texts);
    MEMBER(names);
    MEMBER(points);
    MEMBER(grid);
    MEMBER(pointers);
    MEMBER(steps);
    MEMBER(flags);
    MEMBER(functions);
    MEMBER(nothing);
    MEMBER(one);
    MEMBER(last);
#undef MEMBER
    TRUTH_OFFSET(m, struct mpyk_flexible, points);
    TRUTH_OFFSET(m, struct mpyk_flexible_text, text);
    TRUTH_OFFSET(m, struct mpyk_zero_length, items);
    TRUTH_VALUE(m, mpyk_arrays, flat[4]);
    TRUTH_VALUE(m, mpyk_arrays, points[2].y);
    TRUTH_VALUE(m, mpyk_arrays, steps[2]);
    TRUTH_VALUE(m, mpyk_arrays, flags[2]);
    TRUTH_VALUE(m, mpyk_arrays, last);
    mpyk_three_truth(m);
}
