/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Trees and maps: red-black tree, xarray, radix tree, maple tree, IDR, per-CPU variables.
 */
#include "testmod.h"

#include <linux/idr.h>
#include <linux/maple_tree.h>
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <linux/radix-tree.h>
#include <linux/rbtree.h>
#include <linux/xarray.h>

#define LEAVES 50

struct mpyk_leaf {
    int number;
    struct rb_node node;
    struct rb_node cached_node;
};

static struct mpyk_leaf mpyk_leaves[LEAVES];
static struct rb_root mpyk_tree = RB_ROOT, mpyk_empty_tree = RB_ROOT;
static struct rb_root_cached mpyk_cached_tree = RB_ROOT_CACHED;
static DEFINE_XARRAY(mpyk_xarray);
static DEFINE_XARRAY(mpyk_lone_xarray); /* one entry with index 0, which is in the root itself, without a node */
static DEFINE_XARRAY(mpyk_empty_xarray);
static DEFINE_XARRAY(mpyk_wide_xarray); /* an entry for several indices, if this kernel supports that */
static RADIX_TREE(mpyk_radix, GFP_KERNEL);
static DEFINE_MTREE(mpyk_maple);
static DEFINE_MTREE(mpyk_lone_maple);
static DEFINE_MTREE(mpyk_empty_maple);
static DEFINE_IDR(mpyk_idr);
static struct idr mpyk_based_idr = IDR_INIT_BASE(mpyk_based_idr, 100);
static DEFINE_PER_CPU(struct mpyk_point, mpyk_cpu_point);
static DEFINE_PER_CPU(int, mpyk_cpu_number);
static struct mpyk_point __percpu *mpyk_dynamic_point;
static struct percpu_counter mpyk_counter;

static const unsigned long mpyk_indices[] = {0, 1, 2, 63, 64, 65, 4095, 4096, 262144, 0x123456789aUL, ULONG_MAX};
/* the first and the last index of each range in the maple tree */
static const unsigned long mpyk_ranges[][2] = {
    {0, 0}, {5, 9}, {10, 10}, {4096, 8191}, {0x7fff00000000UL, 0x7fffffffffffUL}, {ULONG_MAX - 7, ULONG_MAX - 1},
};
#define MAPLE_MANY 300

static void add_leaf(struct mpyk_leaf *leaf)
{
    struct rb_node **link = &mpyk_tree.rb_node, *parent = NULL;

    while (*link) {
        parent = *link;
        link = leaf->number < rb_entry(parent, struct mpyk_leaf, node)->number ? &parent->rb_left : &parent->rb_right;
    }
    rb_link_node(&leaf->node, parent, link);
    rb_insert_color(&leaf->node, &mpyk_tree);
}

static bool cached_before(struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, struct mpyk_leaf, cached_node)->number > rb_entry(b, struct mpyk_leaf, cached_node)->number;
}

static void make_red_black_trees(void)
{
    for (int i = 0; i < LEAVES; i++) {
        mpyk_leaves[i].number = i * 37 % 101 - 50;
        add_leaf(&mpyk_leaves[i]);
        if (i % 3 == 0)
            rb_add_cached(&mpyk_leaves[i].cached_node, &mpyk_cached_tree, cached_before);
        else
            RB_CLEAR_NODE(&mpyk_leaves[i].cached_node);
    }
}

static int make_arrays(void)
{
    int error = 0;

    for (int i = 0; i < ARRAY_SIZE(mpyk_indices); i++) {
        unsigned long index = mpyk_indices[i];
        /* Every third entry is a number, not a pointer. */
        void *entry = i % 3 == 2 ? xa_mk_value(index & 0xffff) : &mpyk_leaves[i];

        error = error ?: xa_err(xa_store(&mpyk_xarray, index, entry, GFP_KERNEL));
        error = error ?: radix_tree_insert(&mpyk_radix, index, entry);
    }
    error = error ?: xa_err(xa_store(&mpyk_lone_xarray, 0, &mpyk_leaves[1], GFP_KERNEL));
#ifdef CONFIG_XARRAY_MULTI
    error = error ?: xa_err(xa_store_range(&mpyk_wide_xarray, 8, 15, &mpyk_leaves[2], GFP_KERNEL));
#endif
    error = error ?: xa_err(xa_store(&mpyk_wide_xarray, 16, &mpyk_leaves[3], GFP_KERNEL));
    return error;
}

static int make_maple_trees(void)
{
    int error = mtree_store(&mpyk_lone_maple, 0, &mpyk_leaves[4], GFP_KERNEL);

    for (int i = 0; i < ARRAY_SIZE(mpyk_ranges); i++)
        error = error ?: mtree_store_range(&mpyk_maple, mpyk_ranges[i][0], mpyk_ranges[i][1], &mpyk_leaves[i], GFP_KERNEL);
    /* So many ranges need nodes above the leaves. The lengths differ, and there is a gap after each range. */
    for (unsigned long i = 0; i < MAPLE_MANY; i++)
        error = error ?: mtree_store_range(&mpyk_maple, 100000 + 10 * i, 100000 + 10 * i + i % 7, &mpyk_leaves[i % LEAVES],
                                           GFP_KERNEL);
    return error;
}

static int make_idrs(void)
{
    int id = 0;

    for (int i = 0; i < 5 && id >= 0; i++)
        id = idr_alloc(&mpyk_idr, &mpyk_leaves[i], i * i * 50, 0, GFP_KERNEL);
    for (int i = 0; i < 3 && id >= 0; i++)
        id = idr_alloc(&mpyk_based_idr, &mpyk_leaves[i], 100, 0, GFP_KERNEL);
    return id < 0 ? id : 0;
}

static int make_percpu(void)
{
    int cpu, error = percpu_counter_init(&mpyk_counter, 1000, GFP_KERNEL);

    if (error)
        return error;
    mpyk_dynamic_point = alloc_percpu(struct mpyk_point);
    if (!mpyk_dynamic_point)
        return -ENOMEM;
    for_each_possible_cpu(cpu) {
        per_cpu(mpyk_cpu_point, cpu) = (struct mpyk_point){100 + cpu, -cpu};
        per_cpu(mpyk_cpu_number, cpu) = 1000 * cpu + 7;
        *per_cpu_ptr(mpyk_dynamic_point, cpu) = (struct mpyk_point){200 + cpu, -2 * cpu};
    }
    percpu_counter_add(&mpyk_counter, -3); /* less than a batch, so it stays in this CPU's part of the counter */
    return 0;
}

int mpyk_trees_init(void)
{
    int error;

    make_red_black_trees();
    error = make_arrays();
    error = error ?: make_maple_trees();
    error = error ?: make_idrs();
    return error ?: make_percpu();
}

static void mpyk_red_black_truth(struct seq_file *m)
{
    struct rb_node *node;

    TRUTH_LIST(m, mpyk_tree);
    for (node = rb_first(&mpyk_tree); node; node = rb_next(node))
        seq_printf(m, "\t%d", rb_entry(node, struct mpyk_leaf, node)->number);
    seq_puts(m, "\nlist\tmpyk_cached_tree");
    for (node = rb_first_cached(&mpyk_cached_tree); node; node = rb_next(node))
        seq_printf(m, "\t%d", rb_entry(node, struct mpyk_leaf, cached_node)->number);
    seq_puts(m, "\n");
}

static void xarray_truth(struct seq_file *m, const char *name, struct xarray *xarray)
{
    unsigned long index;
    void *entry;

    xa_for_each(xarray, index, entry)
        seq_printf(m, "entry\t%s\t%lu\t%px\n", name, index, entry);
}

static void radix_truth(struct seq_file *m)
{
    struct radix_tree_iter iter;
    void __rcu **slot;

    radix_tree_for_each_slot(slot, &mpyk_radix, &iter, 0)
        seq_printf(m, "entry\tmpyk_radix\t%lu\t%px\n", iter.index, rcu_dereference_raw(*slot));
}

static void maple_truth(struct seq_file *m, const char *name, struct maple_tree *tree)
{
    MA_STATE(mas, tree, 0, 0);
    void *entry;

    rcu_read_lock();
    mas_for_each(&mas, entry, ULONG_MAX)
        seq_printf(m, "range\t%s\t%lu\t%lu\t%px\n", name, mas.index, mas.last, entry);
    rcu_read_unlock();
}

static void idr_truth(struct seq_file *m, const char *name, struct idr *idr)
{
    void *entry;
    int id;

    idr_for_each_entry(idr, entry, id)
        seq_printf(m, "entry\t%s\t%d\t%px\n", name, id, entry);
}

static void percpu_truth(struct seq_file *m)
{
    int cpu;

    for_each_possible_cpu(cpu) {
        seq_printf(m, "cpu\tmpyk_cpu_point\t%d\t%px\t%d\n", cpu, per_cpu_ptr(&mpyk_cpu_point, cpu),
                   per_cpu(mpyk_cpu_point, cpu).x);
        seq_printf(m, "cpu\tmpyk_cpu_number\t%d\t%px\t%d\n", cpu, per_cpu_ptr(&mpyk_cpu_number, cpu),
                   per_cpu(mpyk_cpu_number, cpu));
        seq_printf(m, "cpu\tmpyk_dynamic_point\t%d\t%px\t%d\n", cpu, per_cpu_ptr(mpyk_dynamic_point, cpu),
                   per_cpu_ptr(mpyk_dynamic_point, cpu)->x);
    }
    seq_printf(m, "value\tmpyk_counter\tsum\t%lld\n", percpu_counter_sum(&mpyk_counter));
}

void mpyk_trees_truth(struct seq_file *m)
{
    TRUTH_ADDRESS(m, mpyk_leaves);
    TRUTH_ADDRESS(m, mpyk_tree);
    TRUTH_ADDRESS(m, mpyk_empty_tree);
    TRUTH_ADDRESS(m, mpyk_cached_tree);
    TRUTH_ADDRESS(m, mpyk_xarray);
    TRUTH_ADDRESS(m, mpyk_lone_xarray);
    TRUTH_ADDRESS(m, mpyk_empty_xarray);
    TRUTH_ADDRESS(m, mpyk_wide_xarray);
    TRUTH_ADDRESS(m, mpyk_radix);
    TRUTH_ADDRESS(m, mpyk_maple);
    TRUTH_ADDRESS(m, mpyk_lone_maple);
    TRUTH_ADDRESS(m, mpyk_empty_maple);
    TRUTH_ADDRESS(m, mpyk_idr);
    TRUTH_ADDRESS(m, mpyk_based_idr);
    TRUTH_ADDRESS(m, mpyk_dynamic_point);
    TRUTH_ADDRESS(m, mpyk_counter);
    TRUTH_SIZE(m, struct mpyk_leaf);
    mpyk_red_black_truth(m);
    xarray_truth(m, "mpyk_xarray", &mpyk_xarray);
    xarray_truth(m, "mpyk_lone_xarray", &mpyk_lone_xarray);
    xarray_truth(m, "mpyk_wide_xarray", &mpyk_wide_xarray);
    radix_truth(m);
    maple_truth(m, "mpyk_maple", &mpyk_maple);
    maple_truth(m, "mpyk_lone_maple", &mpyk_lone_maple);
    idr_truth(m, "mpyk_idr", &mpyk_idr);
    idr_truth(m, "mpyk_based_idr", &mpyk_based_idr);
    percpu_truth(m);
}
