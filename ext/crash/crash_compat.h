/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All differences between the crash versions that we run in.  Units see crash's defs.h only through
 * this header.  It includes Python.h first, because defs.h defines short macro names that break
 * Python's headers.
 */
#ifndef MPYK_CRASH_COMPAT_H
#define MPYK_CRASH_COMPAT_H

#include "base/mpykdump.h"

#include <defs.h>

#include "built_for_generated.h"

/*
 * gdb's functions set_quit_flag() and check_quit_flag(), which have C++ names.  The second one also
 * clears the flag.
 */
void mpyk_set_quit_flag(void) __asm__("_Z13set_quit_flagv");
int mpyk_check_quit_flag(void) __asm__("_Z15check_quit_flagv");

/*
 * Every name of crash is weak: a name that the running crash lacks is NULL.  crash_symbols.json
 * lists all names, each with its fallback and the feature that is lost.  If a name without a
 * fallback is missing, nothing is registered.  So only optional names need a check with MPYK_HAS().
 */
#include "crash_symbols_generated.h"

/* True when this crash has the optional symbol. */
#define MPYK_HAS(symbol) ((void *)&(symbol) != NULL)

/*
 * Table number `part` of a module's symbols: its start and its end, both NULL if the module has no
 * such table.  -1 if there are no more tables.  (From 8.0.4 on crash may keep a table for each kind
 * of memory that a module has.)
 */
static inline int
mpyk_module_symbols(const struct load_module *module, int part, const struct syment **start,
                    const struct syment **end)
{
#ifdef MOD_MEM_NUM_TYPES
    if (MODULE_MEMORY()) {
        *start =
            part < MOD_MEM_NUM_TYPES && module->symtable != NULL ? module->symtable[part] : NULL;
        *end = *start != NULL ? module->symend[part] : NULL;
        return part < MOD_MEM_NUM_TYPES ? 0 : -1;
    }
#endif
    *start = module->mod_symtable;
    *end = module->mod_symend;
    return part == 0 ? 0 : -1;
}

/* Bits of pc->flags that belong to the running command and not to the session. */
#define MPYK_COMMAND_FLAGS                                                                         \
    (IN_FOREACH | IN_GDB | IN_RESTART | _SIGINT_ | INIT_IFILE | RUNTIME_IFILE | IFILE_ERROR |      \
     PLEASE_WAIT)

#endif /* MPYK_CRASH_COMPAT_H */
