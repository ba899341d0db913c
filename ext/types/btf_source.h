/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BTF as two sources of types: that of the kernel, and that of the loaded modules.  See
 * kernel_btf.h for where it is read, and for what callers must observe.
 */
#ifndef MPYK_TYPES_BTF_SOURCE_H
#define MPYK_TYPES_BTF_SOURCE_H

#include "base/mpykdump.h"

#include "base/type_source.h"
#include "btf/btf.h"

extern const struct mpyk_type_source mpyk_btf_source, mpyk_btf_modules_source;

/*
 * {"kernel": "memory", "file" or None, "file": path or None, "modules": [name...],
 *  "reason": why the BTF was not found in the places that are tried first}
 */
PyObject *mpyk_btf_state(void);

/*
 * Call found() for each name that begins with `prefix`: first for the types of the kernel, then for
 * those of the modules.  The code is that of lookup().  When found() returns -1, the search ends
 * and returns -1.
 */
int mpyk_btf_names(const char *prefix, int code, int (*found)(const char *name, void *arg),
                   void *arg);

/*
 * The prototype of a function of the kernel (module is NULL) or of a module, and the block that has
 * it; NULL if there is none.
 */
const struct mpyk_btf *mpyk_btf_function(const char *name, const char *module,
                                         struct mpyk_btf_type *type);

#endif /* MPYK_TYPES_BTF_SOURCE_H */
