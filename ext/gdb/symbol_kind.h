/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kind of a symbol by its class of addresses, which is the same in gdb 7.6, 10 and 16
 * (gdb/symtab.h).  Only the bridges include this header, after gdb's own.
 */
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
