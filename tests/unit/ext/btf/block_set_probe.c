/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replays the life of modules.  The file argv[1] holds blocks, each behind its size (32 bits);
 * number 0 is the kernel's.  The other arguments: walk MODULE...   a walk along the kernel's list;
 * a MODULE is BLOCK:ADDRESS:ID torn MODULE...   the same, but the walk is broken off find NAME size
 * of struct NAME (0: unknown) and the name of its block hold NAME        remember struct NAME;
 * "held" says its size as it was when it was remembered
 */
#include "btf/block_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BLOCKS 16

static struct mpyk_btf_set set;
static char *blocks[MAX_BLOCKS];
static uint32_t sizes[MAX_BLOCKS];
static const void *held;

static void
read_blocks(const char *path)
{
    FILE *file = fopen(path, "rb");

    for (int i = 0; file != NULL && i < MAX_BLOCKS && fread(&sizes[i], 4, 1, file) == 1; i++) {
        blocks[i] = malloc(sizes[i]);
        if (blocks[i] == NULL || fread(blocks[i], 1, sizes[i], file) != sizes[i]) {
            exit(2);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void *
copy_of(int block)
{
    void *copy = malloc(sizes[block]);

    return memcpy(copy, blocks[block], sizes[block]);
}

static void
see(const char *module)
{
    struct mpyk_btf_key key = {0};
    const char *reason = "";
    unsigned block = 0;
    char name[16];

    if (sscanf(module, "%u:%lu:%u", &block, &key.address, &key.id) != 3) {
        exit(2);
    }
    key.size = sizes[block];
    snprintf(name, sizeof(name), "block%u", block);
    if (mpyk_btf_set_keep(&set, &key)) {
        printf("kept %u\n", block);
    } else if (mpyk_btf_set_add(&set, &key, name, copy_of((int)block), key.size, &reason) < 0) {
        printf("refused %u: %s\n", block, reason);
    } else {
        printf("read %u\n", block);
    }
}

static int
defines(const struct mpyk_btf_block *block, const char *name, struct mpyk_btf_type *type)
{
    uint32_t id = mpyk_btf_find(block->btf, name, MPYK_BTF_SET(MPYK_BTF_STRUCT));

    return id != 0 && mpyk_btf_type(block->btf, id, type) == 0;
}

static const struct mpyk_btf_block *
find(const char *name, struct mpyk_btf_type *type)
{
    const struct mpyk_btf_block *block = set.kernel;

    memset(type, 0, sizeof(*type));
    if (!defines(block, name, type)) {
        for (block = set.modules; block != NULL && !defines(block, name, type);) {
            block = block->next;
        }
    }
    return block;
}

static void
print_held(void)
{
    const struct mpyk_btf *btf = mpyk_btf_set_owner(&set, held);
    struct mpyk_btf_type type;

    printf("held %u\n", btf != NULL && mpyk_btf_record(btf, held, &type) == 0 ? type.size : 0);
}

static void
walk(char ***words, int complete)
{
    mpyk_btf_set_begin(&set);
    while (**words != NULL && strchr(**words, ':') != NULL) {
        see(*(*words)++);
    }
    mpyk_btf_set_end(&set, complete);
}

int
main(int argc, char **argv)
{
    const struct mpyk_btf_block *block;
    struct mpyk_btf_type type;
    const char *reason;
    char **words = argv + 2;

    read_blocks(argc > 1 ? argv[1] : "");
    if (blocks[0] == NULL || mpyk_btf_set_kernel(&set, copy_of(0), sizes[0], &reason) < 0) {
        return 2;
    }
    while (*words != NULL) {
        const char *word = *words++;
        if (strcmp(word, "walk") == 0 || strcmp(word, "torn") == 0) {
            walk(&words, word[0] == 'w');
        } else if (strcmp(word, "held") == 0) {
            print_held();
        } else {
            block = find(*words++, &type);
            printf("%u %s\n", type.size, block != NULL ? block->name : "-");
            held = word[0] == 'h' ? type.record : held;
        }
    }
    mpyk_btf_set_free(&set);
    for (int i = 0; i < MAX_BLOCKS; i++) {
        free(blocks[i]);
    }
    return 0;
}
