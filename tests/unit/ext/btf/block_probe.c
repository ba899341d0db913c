/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints what ext/btf/block.c makes of blocks of BTF.  The file in argv[1] holds blocks, each
 * behind its size (32 bits).  With "split" in argv[2] each but the first continues the first. Built
 * with sanitizers by test_block.py: a wild read ends it.
 */
#include "btf/btf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_fields(const struct mpyk_btf *btf, const struct mpyk_btf_type *type)
{
    struct mpyk_btf_field field;
    uint32_t id = 0;

    for (uint32_t i = 0; i < type->count; i++) {
        if (mpyk_btf_field(btf, type, i, &field) < 0) {
            printf(" (bad)");
            continue;
        }
        printf(" %s:%u@%llu/%u=%lld", field.name, field.type, (unsigned long long)field.bit_offset,
               field.bit_size, (long long)field.value);
        if (mpyk_btf_strip(btf, field.type, &id) < 0) {
            printf("!");
        }
    }
}

static void
print_types(const struct mpyk_btf *btf, uint32_t first)
{
    struct mpyk_btf_type type, again;
    uint32_t id = 0;

    for (uint32_t i = first; i < mpyk_btf_end(btf); i++) {
        if (mpyk_btf_type(btf, i, &type) < 0 || mpyk_btf_record(btf, type.record, &again) < 0 ||
            again.id != i) {
            printf("%u bad\n", i);
            continue;
        }
        printf("%u kind=%d name=%s size=%u elements=%u target=%u unsigned=%d bool=%d", i, type.kind,
               type.name, type.size, type.elements, type.target, type.is_unsigned, type.is_bool);
        printf(" stripped=%d", mpyk_btf_strip(btf, i, &id) < 0 ? -1 : (int)id);
        printf(" finite=%d found=%u:", mpyk_btf_is_finite(btf, i),
               mpyk_btf_find(btf, type.name, ~0u));
        print_fields(btf, &type);
        printf("\n");
    }
}

static struct mpyk_btf *
read_block(FILE *file, const struct mpyk_btf *base)
{
    const char *reason = NULL;
    struct mpyk_btf *btf;
    uint32_t size;
    char *data;

    if (fread(&size, 4, 1, file) != 1) {
        return NULL;
    }
    data = malloc(size ? size : 1);
    if (data == NULL || fread(data, 1, size, file) != size) {
        exit(2);
    }
    btf = mpyk_btf_create(data, size, base, &reason);
    if (btf == NULL) {
        printf("refused: %s\n", reason);
    } else {
        print_types(btf, base != NULL ? mpyk_btf_end(base) : 1);
    }
    return btf;
}

int
main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    int split = argc > 2 && strcmp(argv[2], "split") == 0;
    struct mpyk_btf *base = NULL;

    if (file == NULL) {
        return 2;
    }
    while (!feof(file)) {
        struct mpyk_btf *btf = read_block(file, split ? base : NULL);
        if (split && base == NULL) {
            base = btf;
        } else {
            mpyk_btf_destroy(btf);
        }
    }
    mpyk_btf_destroy(base);
    fclose(file);
    return 0;
}
