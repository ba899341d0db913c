/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All differences between the crash versions that we run in, and the only way for a unit to see
 * crash's defs.h. Include mpykdump.h (Python.h) first: defs.h defines short macro names that
 * Python's headers would trip over.
 */
#ifndef MPYK_CRASH_COMPAT_H
#define MPYK_CRASH_COMPAT_H

#include "base/mpykdump.h"

#include <defs.h>

#include "built_for_generated.h"

/* gdb's own functions set_quit_flag() and check_quit_flag() (the latter clears it too); C++ names.
 */
void mpyk_set_quit_flag(void) __asm__("_Z13set_quit_flagv");
int mpyk_check_quit_flag(void) __asm__("_Z15check_quit_flagv");

/*
 * Every name of crash's is weak: what a crash lacks is NULL.  crash_symbols.json lists them all
 * with the fallback and the feature lost; without one that has no fallback nothing is registered,
 * so only the others need MPYK_HAS() before they are used.
 */
#include "crash_symbols_generated.h"

/* True when this crash has the optional symbol. */
#define MPYK_HAS(symbol) ((void *)&(symbol) != NULL)

/*
 * The table number `part` of a module's symbols.  Its end in *end, NULL if it has no such table; -1
 * if there are no more.  (From 8.0.4 on crash may keep one for each kind of memory that a module
 * has.)
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

/* Bits of pc->flags that belong to the command being run, not to the session. */
#define MPYK_COMMAND_FLAGS                                                                         \
    (IN_FOREACH | IN_GDB | IN_RESTART | _SIGINT_ | INIT_IFILE | RUNTIME_IFILE | IFILE_ERROR |      \
     PLEASE_WAIT)

#endif /* MPYK_CRASH_COMPAT_H */
