/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/type_spelling.h"

#include <stdio.h>
#include <string.h>

/*
 * DWARF and BTF say "long unsigned int", C programmers "unsigned long".  Each type gets one
 * spelling, so that all sources agree.
 */
const char *
mpyk_base_name(const char *name, char *out, size_t size)
{
    int is_unsigned = 0, longs = 0, shorts = 0;
    const char *word = name;

    for (size_t length; *word != '\0'; word += length + (word[length] == ' ')) {
        length = strcspn(word, " ");
        if (length == 8 && strncmp(word, "unsigned", 8) == 0) {
            is_unsigned = 1;
        } else if (length == 4 && strncmp(word, "long", 4) == 0) {
            longs++;
        } else if (length == 5 && strncmp(word, "short", 5) == 0) {
            shorts++;
        } else if (length != 3 || strncmp(word, "int", 3) != 0) {
            return name;
        }
    }
    snprintf(out, size, "%s%s", is_unsigned ? "unsigned " : "",
             longs > 1 ? "long long"
             : longs   ? "long"
             : shorts  ? "short"
                       : "int");
    return out;
}
