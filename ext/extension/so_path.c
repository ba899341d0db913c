/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See so_path.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "extension/so_path.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char *so_path;

const char *
mpyk_so_path(void)
{
    Dl_info info;

    if (so_path == NULL) {
        if (dladdr((void *)&mpyk_so_path, &info) == 0 || info.dli_fname == NULL) {
            errno = ENOENT;
            return NULL;
        }
        so_path = realpath(info.dli_fname, NULL);
    }
    return so_path;
}

void
mpyk_so_path_forget(void)
{
    free(so_path);
    so_path = NULL;
}

char *
mpyk_path_with_suffix(const char *path, const char *suffix)
{
    char *joined = NULL;

    return asprintf(&joined, "%s%s", path, suffix) < 0 ? NULL : joined;
}
