/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See source_choice.h. */
#include "types/source_choice.h"

#include "gdb/bridge.h"
#include "types/btf_source.h"
#include "types/kernel_btf.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct mpyk_type_source mpyk_gdb_source = {
    "gdb", mpyk_gdb_lookup, mpyk_gdb_lookup_symbol, mpyk_gdb_describe, mpyk_gdb_fields, NULL,
};

static const struct mpyk_type_source *const all_sources[] = {
    &mpyk_btf_source,
    &mpyk_btf_modules_source,
    &mpyk_gdb_source,
};

/* The cheapest source is asked first. */
static const struct choice {
    const char *name;
    const struct mpyk_type_source *sources[4];
    int only_file;
} choices[] = {
    {"auto", {&mpyk_btf_source, &mpyk_btf_modules_source, &mpyk_gdb_source, NULL}, 0},
    {"btf", {&mpyk_btf_source, &mpyk_btf_modules_source, NULL}, 0},
    {"file", {&mpyk_btf_source, &mpyk_btf_modules_source, NULL}, 1},
    {"gdb", {&mpyk_gdb_source, NULL}, 0},
};

static size_t chosen;
const struct mpyk_type_source *const *mpyk_type_sources = choices[0].sources;

const char *
mpyk_source_choose(const char *name)
{
    const char *old = choices[chosen].name;

    for (size_t i = 0; i < COUNT(choices); i++) {
        if (strcmp(choices[i].name, name) == 0) {
            chosen = i;
            mpyk_type_sources = choices[i].sources;
            mpyk_kernel_btf_only_file(choices[i].only_file);
            return old;
        }
    }
    return NULL;
}

const char *
mpyk_source_chosen(void)
{
    return choices[chosen].name;
}

int
mpyk_source_is_used(const struct mpyk_type_source *source)
{
    for (int i = 0; mpyk_type_sources[i] != NULL; i++) {
        if (mpyk_type_sources[i] == source) {
            return 1;
        }
    }
    return 0;
}

void
mpyk_sources_look_again(void)
{
    for (size_t i = 0; i < COUNT(all_sources); i++) {
        if (all_sources[i]->look_again != NULL) {
            all_sources[i]->look_again();
        }
    }
}
