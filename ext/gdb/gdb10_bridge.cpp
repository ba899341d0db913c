/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bridge to gdb 10 (crash 8): bridge.h says what it offers. */
#define __CONFIG_H__ 1
#include "defs.h"

#include "arch-utils.h"
#include "block.h"
#include "expression.h"
#include "gdbarch.h"
#include "gdbtypes.h"
#include "language.h"
#include "objfiles.h"
#include "observable.h"
#include "parser-defs.h"
#include "symfile.h"
#include "symtab.h"
#include "value.h"

/* A table of what differs between the gdb majors: one line for each row. */
/* clang-format off */
namespace {
namespace shim {

const domain_enum tag_domain = STRUCT_DOMAIN;
const domain_enum type_domain = VAR_DOMAIN;
const domain_enum var_domain = VAR_DOMAIN;

uint64_t length(struct type *type) { return TYPE_LENGTH(type); }
struct type *target(struct type *type) { return TYPE_TARGET_TYPE(type); }
bool is_stub(struct type *type) { return TYPE_STUB(type); }
bool is_unsigned(struct type *type) { return TYPE_UNSIGNED(type); }
const void *owner(struct type *type) { return TYPE_OBJFILE(type); }

const char *field_name(struct type *type, int i) { return TYPE_FIELD_NAME(type, i); }
struct type *field_type(struct type *type, int i) { return type->field(i).type(); }
bool field_is_static(struct type *type, int i)
{
    return TYPE_FIELD_LOC_KIND(type, i) != FIELD_LOC_KIND_BITPOS;
}
uint64_t field_bitpos(struct type *type, int i) { return TYPE_FIELD_BITPOS(type, i); }
uint32_t field_bitsize(struct type *type, int i) { return TYPE_FIELD_BITSIZE(type, i); }
int64_t field_enumval(struct type *type, int i) { return TYPE_FIELD_ENUMVAL(type, i); }

struct symbol *lookup(const char *name, domain_enum domain)
{
    return lookup_symbol(name, nullptr, domain, nullptr).symbol;
}

/*
 * The global symbol, from the compile unit that defines it.  gdb may have to read this unit first.
 */
struct symbol *definition(const char *name, domain_enum domain)
{
    for (struct objfile *objfile : current_program_space->objfiles()) {
        if (objfile->sf == nullptr)
            continue;
        struct compunit_symtab *unit =
            objfile->sf->qf->lookup_symbol(objfile, GLOBAL_BLOCK, name, domain);
        if (unit != nullptr) {
            const struct block *block = BLOCKVECTOR_BLOCK(COMPUNIT_BLOCKVECTOR(unit), GLOBAL_BLOCK);
            return block_lookup_symbol(block, name, symbol_name_match_type::FULL, domain);
        }
    }
    return nullptr;
}

struct type *symbol_type(struct symbol *symbol) { return SYMBOL_TYPE(symbol); }
address_class symbol_class(struct symbol *symbol) { return SYMBOL_CLASS(symbol); }
int64_t symbol_value(struct symbol *symbol) { return SYMBOL_VALUE(symbol); }
uint64_t symbol_address(struct symbol *symbol) { return SYMBOL_VALUE_ADDRESS(symbol); }

bool names_type(const expression_up &expression) { return expression->elts[0].opcode == OP_TYPE; }
struct type *type_of(const expression_up &expression)
{
    return value_type(evaluate_type(expression.get()));
}

template <typename Observable, typename Function>
void attach(Observable &observable, const gdb::observers::token &token, Function function)
{
    observable.attach(function, token);
}

} // namespace shim
} // namespace
/* clang-format on */

#include "gdb/bridge_common.hpp"

extern "C" const struct mpyk_gdb_bridge mpyk_gdb10_bridge = MPYK_GDB_BRIDGE(10);
