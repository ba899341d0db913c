/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * Lists: good, empty, very long, with a loop, and broken ones. Some have one pointer, others two.
 */
#include "testmod.h"

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/list_nulls.h>
#include <linux/llist.h>
#include <linux/vmalloc.h>

#define ITEMS 10
#define MANY 100000
#define BUCKETS 16

struct mpyk_item {
    int number;
    struct list_head link;
    struct mpyk_item *next; /* the item after the next one, NULL at the end */
    struct hlist_node hash;
    struct hlist_nulls_node nulls;
    struct llist_node stack;
};

struct mpyk_small_item {
    u32 number;
    struct list_head link;
};

struct mpyk_bucket {
    unsigned long spin;
    struct hlist_head chain;
};

static struct mpyk_item mpyk_items[ITEMS], mpyk_loop_items[ITEMS], mpyk_wild_items[ITEMS], mpyk_torn_items[ITEMS];
static struct mpyk_small_item *mpyk_many_items;

static LIST_HEAD(mpyk_list);
static LIST_HEAD(mpyk_empty_list);
static LIST_HEAD(mpyk_many);
static LIST_HEAD(mpyk_loop_list); /* the last element points to the fourth one, not to the head */
static LIST_HEAD(mpyk_wild_list); /* the sixth element points to an address that is not mapped */
static LIST_HEAD(mpyk_torn_list); /* the sixth element points to NULL */
static struct list_head mpyk_null_list;
static struct mpyk_bucket mpyk_hash[BUCKETS]; /* by bucket_of(): some are empty, some have two items */
static struct hlist_head mpyk_chain;
static struct hlist_nulls_head mpyk_nulls_chain;
static struct hlist_nulls_head mpyk_nulls_table[4];
static LLIST_HEAD(mpyk_stack);
static struct list_head *mpyk_list_pointer = &mpyk_list;

static void fill(struct mpyk_item *items, struct list_head *head)
{
    for (int i = 0; i < ITEMS; i++) {
        items[i].number = i * i - 5;
        list_add_tail(&items[i].link, head);
        items[i].next = i + 2 < ITEMS ? &items[i + 2] : NULL;
    }
}

static int bucket_of(int i)
{
    return i * 5 % 8 * 2;
}

int mpyk_lists_init(void)
{
    fill(mpyk_items, &mpyk_list);
    fill(mpyk_loop_items, &mpyk_loop_list);
    mpyk_loop_items[ITEMS - 1].link.next = &mpyk_loop_items[3].link;
    fill(mpyk_wild_items, &mpyk_wild_list);
    mpyk_wild_items[5].link.next = (struct list_head *)0xdead4ead00000000UL;
    mpyk_wild_items[5].next = (struct mpyk_item *)0xdead4ead00000000UL;
    fill(mpyk_torn_items, &mpyk_torn_list);
    mpyk_torn_items[5].link.next = NULL;
    INIT_HLIST_NULLS_HEAD(&mpyk_nulls_chain, 21);
    for (int i = 0; i < 4; i++)
        INIT_HLIST_NULLS_HEAD(&mpyk_nulls_table[i], i);
    for (int i = ITEMS - 1; i >= 0; i--) {
        hlist_add_head(&mpyk_items[i].hash, &mpyk_hash[bucket_of(i)].chain);
        hlist_nulls_add_head(&mpyk_items[i].nulls, &mpyk_nulls_chain);
        llist_add(&mpyk_items[i].stack, &mpyk_stack);
        hlist_add_head(&mpyk_loop_items[i].hash, &mpyk_chain);
    }
    for (int i = 0; i < 3; i++)
        hlist_nulls_add_head(&mpyk_loop_items[i].nulls, &mpyk_nulls_table[2]);
    mpyk_many_items = vzalloc(MANY * sizeof(*mpyk_many_items));
    if (!mpyk_many_items)
        return -ENOMEM;
    for (int i = 0; i < MANY; i++) {
        /* 7919 and 100,000 have no common divisor, so each item is used once, but not in the order of the memory. */
        struct mpyk_small_item *item = &mpyk_many_items[(u64)i * 7919 % MANY];

        item->number = i;
        list_add_tail(&item->link, &mpyk_many);
    }
    return 0;
}

static void numbers(struct seq_file *m, const char *name, struct list_head *head, int most)
{
    struct list_head *at = head->next;

    seq_printf(m, "list\t%s", name);
    for (int i = 0; i < most && at && at != head; i++, at = at->next)
        seq_printf(m, "\t%d", list_entry(at, struct mpyk_item, link)->number);
    seq_puts(m, "\n");
}

static void mpyk_hashes_truth(struct seq_file *m)
{
    struct mpyk_item *item;
    struct hlist_nulls_node *node;

    for (int i = 0; i < BUCKETS; i++) {
        seq_printf(m, "bucket\tmpyk_hash\t%d", i);
        hlist_for_each_entry(item, &mpyk_hash[i].chain, hash)
            seq_printf(m, "\t%d", item->number);
        seq_puts(m, "\n");
    }
    TRUTH_LIST(m, mpyk_chain);
    hlist_for_each_entry(item, &mpyk_chain, hash)
        seq_printf(m, "\t%d", item->number);
    seq_puts(m, "\nlist\tmpyk_nulls_chain");
    hlist_nulls_for_each_entry(item, node, &mpyk_nulls_chain, nulls)
        seq_printf(m, "\t%d", item->number);
    seq_puts(m, "\nlist\tmpyk_stack");
    llist_for_each_entry(item, mpyk_stack.first, stack)
        seq_printf(m, "\t%d", item->number);
    seq_puts(m, "\n");
}

static void mpyk_many_truth(struct seq_file *m)
{
    struct mpyk_small_item *item;
    unsigned long long count = 0, sum = 0;

    list_for_each_entry(item, &mpyk_many, link)
        sum += ++count * (item->number + 1);
    seq_printf(m, "many\tmpyk_many\t%llu\t%llu\n", count, sum);
}

void mpyk_lists_truth(struct seq_file *m)
{
    TRUTH_ADDRESS(m, mpyk_items);
    TRUTH_ADDRESS(m, mpyk_list);
    TRUTH_ADDRESS(m, mpyk_empty_list);
    TRUTH_ADDRESS(m, mpyk_many);
    TRUTH_ADDRESS(m, mpyk_loop_list);
    TRUTH_ADDRESS(m, mpyk_loop_items);
    TRUTH_ADDRESS(m, mpyk_wild_list);
    TRUTH_ADDRESS(m, mpyk_wild_items);
    TRUTH_ADDRESS(m, mpyk_torn_list);
    TRUTH_ADDRESS(m, mpyk_null_list);
    TRUTH_ADDRESS(m, mpyk_hash);
    TRUTH_ADDRESS(m, mpyk_chain);
    TRUTH_ADDRESS(m, mpyk_nulls_chain);
    TRUTH_ADDRESS(m, mpyk_nulls_table);
    TRUTH_ADDRESS(m, mpyk_stack);
    TRUTH_ADDRESS(m, mpyk_list_pointer);
    TRUTH_SIZE(m, struct mpyk_item);
    TRUTH_SIZE(m, struct mpyk_small_item);
    TRUTH_SIZE(m, struct mpyk_bucket);
    TRUTH_MEMBER(m, struct mpyk_item, link);
    TRUTH_MEMBER(m, struct mpyk_item, next);
    TRUTH_MEMBER(m, struct mpyk_item, hash);
    TRUTH_MEMBER(m, struct mpyk_item, nulls);
    TRUTH_MEMBER(m, struct mpyk_item, stack);
    numbers(m, "mpyk_list", &mpyk_list, ITEMS + 1);
    numbers(m, "mpyk_empty_list", &mpyk_empty_list, ITEMS);
    numbers(m, "mpyk_loop_list", &mpyk_loop_list, ITEMS);
    numbers(m, "mpyk_wild_list", &mpyk_wild_list, 6);
    numbers(m, "mpyk_torn_list", &mpyk_torn_list, ITEMS);
    numbers(m, "mpyk_null_list", &mpyk_null_list, ITEMS);
    mpyk_hashes_truth(m);
    mpyk_many_truth(m);
}
