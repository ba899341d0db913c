/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints the parameters of the functions that argv names from its third word
 * on; argv[1] is a block of BTF. */
#include "btf/btf.h"

#include <stdio.h>
#include <stdlib.h>

static void
print_function(const struct mpyk_btf *btf, const char *name)
{
    struct mpyk_btf_type type;
    struct mpyk_btf_field field;

    if (mpyk_btf_find_function(btf, name, &type) < 0) {
        printf("%s: none\n", name);
        return;
    }
    printf("%s:", name);
    for (uint32_t i = 0; i < type.count; i++) {
        if (mpyk_btf_field(btf, &type, i, &field) == 0) {
            printf(" %s:%u", field.name, field.type);
        }
    }
    printf(" -> %u\n", type.target);
}

int
main(int argc, char **argv)
{
    FILE *file = fopen(argv[1], "rb");
    char *data = malloc(1 << 16);
    const char *reason;
    struct mpyk_btf *btf;

    if (file == NULL || data == NULL) {
        return 1;
    }
    btf = mpyk_btf_create(data, fread(data, 1, 1 << 16, file), NULL, &reason);
    fclose(file);
    if (btf == NULL) {
        printf("%s\n", reason);
        return 1;
    }
    for (int i = 2; i < argc; i++) {
        print_function(btf, argv[i]);
    }
    mpyk_btf_destroy(btf);
    return 0;
}
