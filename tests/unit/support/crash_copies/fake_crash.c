/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for crash and its dump: it reads commands with fgets() on stdin, and has an open file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char line[256];

int
main(int argc, char **argv)
{
    int file = open(argv[1], O_RDONLY), number = 0;
    char bytes[3] = "";

    if (argc != 2 || file < 0) {
        fprintf(stderr, "no dump\n");
        return 3;
    }
    printf("opened\n");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "exit %d", &number) == 1) {
            return number;
        }
        if (strcmp(line, "read") == 0) {
            printf("%s\n", read(file, bytes, 2) == 2 ? bytes : "?");
        } else if (strncmp(line, "env ", 4) == 0) {
            printf("%s\n", getenv(line + 4) ? getenv(line + 4) : "unset");
        } else if (strcmp(line, "pwd") == 0) {
            printf("%s\n", getcwd(line, sizeof(line)));
        } else if (strcmp(line, "warn") == 0) {
            fprintf(stderr, "warned\n");
        }
        fflush(stdout);
    }
    return 1;
}
