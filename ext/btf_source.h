/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BTF as sources of types: that of the kernel, and that of the loaded modules.  The kernel's is
 * read from the dump's memory, or, where that cannot be read, from the .BTF section of the vmlinux
 * that crash has opened; modules' BTF is in memory only.  Both are read when first asked.  Unlike
 * gdb's, these functions must not be called under guard, but with the GIL; they may set
 * KeyboardInterrupt.
 */
#ifndef MPYK_BTF_SOURCE_H
#define MPYK_BTF_SOURCE_H

#include "mpykdump.h"
#include "type_source.h"

extern const struct mpyk_type_source mpyk_btf_source, mpyk_btf_modules_source;

/* Walk the kernel's list again when a name is asked for: modules may have come and gone. */
void mpyk_btf_look_again(void);
/* Do not use what is in the dump's memory (or do again). */
void mpyk_btf_only_file(int only);
/*
 * {"kernel": "memory", "file" or None, "file": path or None, "modules": [name...],
 *  "reason": why not what comes before}
 */
PyObject *mpyk_btf_state(void);

/* Call found() for each name that begins with `prefix`, of the kernel's types and then of the
 * modules'; code as for lookup().  Ends early, and returns -1, when found() does. */
int mpyk_btf_names(const char *prefix, int code, int (*found)(const char *name, void *arg),
                   void *arg);

#endif /* MPYK_BTF_SOURCE_H */
