/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BTF of the dump as sources of types: that of vmlinux, and that of the loaded modules.  Both are
 * read from the dump's memory when first asked.  Unlike gdb's, these functions must not be called
 * under guard, but with the GIL; they may set KeyboardInterrupt.
 */
#ifndef MPYK_BTF_SOURCE_H
#define MPYK_BTF_SOURCE_H

#include "type_source.h"

extern const struct mpyk_type_source mpyk_btf_source, mpyk_btf_modules_source;

/* Walk the kernel's list again when a name is asked for: modules may have been loaded. */
void mpyk_btf_look_again(void);

/* Call found() for each name that begins with `prefix`, of the kernel's types and then of the
 * modules'; code as for lookup().  Ends early, and returns -1, when found() does. */
int mpyk_btf_names(const char *prefix, int code, int (*found)(const char *name, void *arg),
                   void *arg);

#endif /* MPYK_BTF_SOURCE_H */
