/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where this shared object lies; its bundle has the standard library of Python. */
#ifndef MPYK_EXTENSION_SO_PATH_H
#define MPYK_EXTENSION_SO_PATH_H

/* The absolute path, without symbolic links; NULL (with errno) if it cannot be found. */
const char *mpyk_so_path(void);
void mpyk_so_path_forget(void);

/* A new string "<path><suffix>" of malloc(), or NULL. */
char *mpyk_path_with_suffix(const char *path, const char *suffix);

#endif /* MPYK_EXTENSION_SO_PATH_H */
