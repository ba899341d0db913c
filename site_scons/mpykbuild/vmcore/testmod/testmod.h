/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * A module of known content: each C kind, each kind of list and tree. /proc/mpyk_testmod tells the truth about them, as
 * the compiler and the kernel see it: one fact a line, words separated by tabs. The guest records it before the dump.
 */
#ifndef MPYK_TESTMOD_H
#define MPYK_TESTMOD_H

#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/stddef.h>
#include <linux/string.h>

/* address NAME HEX: of a variable, for readSU(). */
#define TRUTH_ADDRESS(m, name) seq_printf(m, "address\t" #name "\t%px\n", &(name))
/* size TYPE NUMBER */
#define TRUTH_SIZE(m, type) seq_printf(m, "size\t" #type "\t%zu\n", sizeof(type))
/* member TYPE MEMBER OFFSET SIZE; a member of unknown size (flexible) has TRUTH_OFFSET. */
#define TRUTH_MEMBER(m, type, member)                                                              \
    seq_printf(m, "member\t" #type "\t" #member "\t%zu\t%zu\n", offsetof(type, member),            \
               sizeof(((type *)0)->member))
#define TRUTH_OFFSET(m, type, member)                                                              \
    seq_printf(m, "offset\t" #type "\t" #member "\t%zu\n", offsetof(type, member))
/* value VARIABLE EXPRESSION NUMBER: of an integer; signed ones are negative where C says so. */
#define TRUTH_VALUE(m, variable, member)                                                           \
    do {                                                                                           \
        typeof((variable).member + 0) mpyk_value = (variable).member;                              \
        if ((typeof(mpyk_value))-1 < (typeof(mpyk_value))1)                                        \
            seq_printf(m, "value\t" #variable "\t" #member "\t%lld\n", (long long)mpyk_value);     \
        else                                                                                       \
            seq_printf(m, "value\t" #variable "\t" #member "\t%llu\n",                             \
                       (unsigned long long)mpyk_value);                                            \
    } while (0)
/* bits TYPE MEMBER HEX: the struct's bytes when only this bit-field is set, to all ones. */
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
/* list NAME NUMBER...: what a list or a tree holds, in its order. */
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
