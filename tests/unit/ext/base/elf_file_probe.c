/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints the bytes of section argv[1] of each file behind it, and the file's build ID. */
#include "base/elf_file.h"

#include <stdio.h>
#include <stdlib.h>

static void
print_bytes(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
}

int
main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        struct mpyk_build_id id;
        const char *reason;
        size_t size;
        void *data = mpyk_elf_section(argv[i], argv[1], &size, &id, &reason);
        if (data == NULL) {
            printf("refused: %s", reason);
        } else {
            print_bytes(data, size);
        }
        printf(" id=");
        print_bytes(id.bytes, id.size);
        printf("\n");
        free(data);
    }
    return 0;
}
