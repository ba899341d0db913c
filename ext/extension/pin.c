/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See pin.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "extension/pin.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

static void *pin;

/* The loader finds the file by the name under which it was loaded, also after the file was
 * replaced. */
void
mpyk_pin(void)
{
    struct link_map *map = NULL;
    Dl_info info;

    if (pin == NULL && dladdr1((void *)&mpyk_pin, &info, (void **)&map, RTLD_DL_LINKMAP) != 0 &&
        map != NULL) {
        pin = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
    }
}

int
mpyk_unpin(void)
{
    void *handle = pin;

    pin = NULL;
    return handle != NULL ? dlclose(handle) : 0;
}
