/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes the pages that ext/dump/kdump_file.c finds in the dump argv[1], whose pages have argv[2]
 * bytes: for each page number in the other arguments "-", or "+" and the page.  "!" when the file
 * is refused.  Built with sanitizers by test_kdump_file.py.
 */
#include "dump/kdump_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    int fd = argc > 2 ? open(argv[1], O_RDONLY) : -1;
    size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    struct mpyk_kdump *dump = mpyk_kdump_create(fd, size);
    char *page = malloc(size);

    if (dump == NULL) {
        putchar('!');
    }
    for (int i = 3; i < argc && dump != NULL && page != NULL; i++) {
        if (mpyk_kdump_page(dump, strtoull(argv[i], NULL, 10), page) < 0) {
            putchar('-');
        } else {
            putchar('+');
            fwrite(page, 1, size, stdout);
        }
    }
    free(page);
    mpyk_kdump_destroy(dump);
    close(fd);
    return 0;
}
