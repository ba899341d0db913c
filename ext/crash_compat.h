/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All differences between the crash versions that we run in, and the only way for a unit to see
 * crash's defs.h. Include mpykdump.h (Python.h) first: defs.h defines short macro names that
 * Python's headers would trip over.
 */
#ifndef MPYK_CRASH_COMPAT_H
#define MPYK_CRASH_COMPAT_H

#include "mpykdump.h"

#include <defs.h>

/* The release of the crash tree that this was compiled against; the build passes it. */
#ifndef MPYK_BUILT_FOR_CRASH
#define MPYK_BUILT_FOR_CRASH "unknown"
#endif

/* gdb's own functions set_quit_flag() and check_quit_flag() (the latter clears it too); C++ names.
 */
void mpyk_set_quit_flag(void) __asm__("_Z13set_quit_flagv");
int mpyk_check_quit_flag(void) __asm__("_Z15check_quit_flagv");

/*
 * What a crash binary may lack.  Each is a weak symbol: it is NULL there, is tested before it is
 * used, and the last column is what the user loses.  X(function, fallback, feature lost)
 */
#define MPYK_OPTIONAL_SYMBOLS(X)                                                                   \
    X(restore_gdb_sanity, "gdb's own state is left as it was", "cleanup after an interrupted gdb") \
    X(hq_close, "hash queues are closed by the next command", "cleanup after an error in a list")  \
    X(get_task_mem_usage, "NotImplementedError", "crash.get_task_mem_usage()")                     \
    X(phys_to_page, "NotImplementedError", "crash.phys_to_page()")                                 \
    X(get_uptime, "NotImplementedError", "crash.get_uptime()")                                     \
    X(get_pathname, "NotImplementedError", "crash.get_pathname()")                                 \
    X(module_symbol, "no module is found", "crash.addr2mod()")                                     \
    X(sort_context_array, "the task table stays unsorted", "order of tasks on a live system")      \
    X(sort_tgid_array, "the task table stays unsorted", "order of tasks on a live system")         \
    X(mpyk_set_quit_flag, "gdb runs on until it is done", "interrupting a long gdb request")       \
    X(read_diskdump, "crash reads all pages", "the speed of a page's first touch")                 \
    X(mpyk_check_quit_flag, "gdb's next request may quit", "interrupting a long gdb request")      \
    X(build_version, "pc->program_version", "the exact crash version in the version report")       \
    X(build_target, "the target of the build", "the crash target in the version report")

#pragma weak restore_gdb_sanity
#pragma weak hq_close
#pragma weak get_task_mem_usage
#pragma weak phys_to_page
#pragma weak get_uptime
#pragma weak get_pathname
#pragma weak module_symbol
#pragma weak sort_context_array
#pragma weak sort_tgid_array
#pragma weak mpyk_set_quit_flag
#pragma weak mpyk_check_quit_flag
#pragma weak read_diskdump
#pragma weak build_version
#pragma weak build_target

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
        *start = part < MOD_MEM_NUM_TYPES && module->symtable != NULL ? module->symtable[part] : NULL;
        *end = *start != NULL ? module->symend[part] : NULL;
        return part < MOD_MEM_NUM_TYPES ? 0 : -1;
    }
#endif
    *start = module->mod_symtable;
    *end = module->mod_symend;
    return part == 0 ? 0 : -1;
}

/* Bits of pc->flags that belong to the command being run, not to the session. */
#define MPYK_COMMAND_FLAGS                                                                    \
    (IN_FOREACH | IN_GDB | IN_RESTART | _SIGINT_ | INIT_IFILE | RUNTIME_IFILE | IFILE_ERROR | \
     PLEASE_WAIT)

#endif /* MPYK_CRASH_COMPAT_H */
