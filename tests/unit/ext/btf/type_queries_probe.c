/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints what the block of BTF in argv[1] says of "CODE:NAME"... and of the types that these lead
 * to (not of members), with pointers of argv[2] bytes.
 */
#include "btf/type_queries.h"

#include <stdio.h>
#include <stdlib.h>

static void
print_level(const struct mpyk_btf *btf, mpyk_handle handle, int pointer_size)
{
    struct mpyk_source_error error = {""};
    struct mpyk_field_desc fields[8];
    struct mpyk_type_desc desc;

    if (mpyk_btf_describe(btf, handle, pointer_size, &desc, &error) < 0) {
        printf("error: %s\n", error.text);
        return;
    }
    printf("code=%d name=%s size=%llu elements=%llu unsigned=%d incomplete=%d", desc.code,
           desc.name != NULL ? desc.name : "-", (unsigned long long)desc.size,
           (unsigned long long)desc.elements, desc.is_unsigned, desc.incomplete);
    if (desc.nfields > 8 || mpyk_btf_fields(btf, handle, fields, desc.nfields, &error) < 0) {
        printf(" error: %s", error.text);
        desc.nfields = 0;
    }
    for (int i = 0; i < desc.nfields; i++) {
        printf(" %s@%llu/%u=%lld", fields[i].name, (unsigned long long)fields[i].bit_offset,
               fields[i].bit_size, (long long)fields[i].value);
    }
    printf("\n");
    if (desc.target != NULL) {
        print_level(btf, desc.target, pointer_size);
    }
}

int
main(int argc, char **argv)
{
    FILE *file = argc > 2 ? fopen(argv[1], "rb") : NULL;
    char *data = malloc(1 << 16), name[64];
    const char *reason = "";
    struct mpyk_btf *btf;
    mpyk_handle handle;
    int code;

    if (file == NULL || data == NULL) {
        return 2;
    }
    btf = mpyk_btf_create(data, fread(data, 1, 1 << 16, file), NULL, &reason);
    fclose(file);
    for (int i = 3; btf != NULL && i < argc; i++) {
        if (sscanf(argv[i], "%d:%63[^\n]", &code, name) != 2 ||
            mpyk_btf_lookup(btf, name, code, &handle) < 0) {
            printf("unknown\n");
        } else {
            print_level(btf, handle, atoi(argv[2]));
        }
    }
    mpyk_btf_destroy(btf);
    return 0;
}
