/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a symbol's class of addresses says of it; the same in gdb 7.6, 10 and 16 (gdb/symtab.h).
 * Only the bridges include this, after gdb's headers. */
#ifndef MPYK_GDB_SYMBOL_KIND_H
#define MPYK_GDB_SYMBOL_KIND_H

#include "gdb/bridge.h"

static inline enum mpyk_symbol_kind
mpyk_kind_of_class(enum address_class address_class)
{
    switch (address_class) {
    case LOC_BLOCK:
        return MPYK_SYMBOL_FUNCTION;
    case LOC_CONST:
        return MPYK_SYMBOL_ENUMERATOR;
    case LOC_STATIC:
    case LOC_COMPUTED:
    case LOC_UNRESOLVED:
    case LOC_OPTIMIZED_OUT:
        return MPYK_SYMBOL_VARIABLE;
    default:
        return MPYK_SYMBOL_OTHER;
    }
}

#endif
