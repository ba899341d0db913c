/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * A module with known content: all kinds of C types, lists and trees. /proc/mpyk_testmod has the truth about them, as
 * the compiler and the kernel see it: one fact on each line, with words separated by tabs. The guest records it before
 * the dump.
 */
#ifndef MPYK_TESTMOD_H
#define MPYK_TESTMOD_H

#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/stddef.h>
#include <linux/string.h>

/* address NAME HEX: the address of a variable. */
#define TRUTH_ADDRESS(m, name) seq_printf(m, "address\t" #name "\t%px\n", &(name))
/* size TYPE NUMBER */
#define TRUTH_SIZE(m, type) seq_printf(m, "size\t" #type "\t%zu\n", sizeof(type))
/* member TYPE MEMBER OFFSET SIZE, in bytes. For a member without a size (flexible array) there is TRUTH_OFFSET. */
#define TRUTH_MEMBER(m, type, member)                                                              \
    seq_printf(m, "member\t" #type "\t" #member "\t%zu\t%zu\n", offsetof(type, member),            \
               sizeof(((type *)0)->member))
#define TRUTH_OFFSET(m, type, member)                                                              \
    seq_printf(m, "offset\t" #type "\t" #member "\t%zu\n", offsetof(type, member))
/* value VARIABLE EXPRESSION NUMBER: the value of an integer, with a sign if its type is signed in C. */
#define TRUTH_VALUE(m, variable, member)                                                           \
    do {                                                                                           \
        typeof((variable).member + 0) mpyk_value = (variable).member;                              \
        if ((typeof(mpyk_value))-1 < (typeof(mpyk_value))1)                                        \
            seq_printf(m, "value\t" #variable "\t" #member "\t%lld\n", (long long)mpyk_value);     \
        else                                                                                       \
            seq_printf(m, "value\t" #variable "\t" #member "\t%llu\n",                             \
                       (unsigned long long)mpyk_value);                                            \
    } while (0)
/* bits TYPE MEMBER HEX: the bytes of a struct in which all bits of this bit-field are one and all others are zero. */
#define TRUTH_BITS(m, type, member)                                                                \
    do {                                                                                           \
        type mpyk_object;                                                                          \
        memset(&mpyk_object, 0, sizeof(mpyk_object));                                              \
        mpyk_object.member = ~(typeof(mpyk_object.member + 0))0;                                   \
        seq_printf(m, "bits\t" #type "\t" #member "\t%*phN\n", (int)sizeof(mpyk_object),           \
                   &mpyk_object);                                                                  \
    } while (0)
/* enumerator ENUM NAME NUMBER */
#define TRUTH_ENUMERATOR(m, type, name)                                                            \
    seq_printf(m, "enumerator\t" #type "\t" #name "\t%lld\n", (long long)(name))
/* list NAME NUMBER...: the numbers of the elements of a list or a tree, in its order. */
#define TRUTH_LIST(m, name) seq_puts(m, "list\t" #name)

struct mpyk_point {
    int x, y;
};

int mpyk_lists_init(void);
int mpyk_trees_init(void);

void mpyk_values_truth(struct seq_file *m);
void mpyk_bitfields_truth(struct seq_file *m);
void mpyk_arrays_truth(struct seq_file *m);
void mpyk_lists_truth(struct seq_file *m);
void mpyk_trees_truth(struct seq_file *m);

#endif
