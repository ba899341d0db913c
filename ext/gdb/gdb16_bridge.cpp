/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bridge to gdb 16 (crash 9): bridge.h says what it offers. */
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
#include "symtab.h"
#include "value.h"

/* A table of what differs between the gdb majors: one line for each row. */
/* clang-format off */
namespace {
namespace shim {

const domain_search_flags tag_domain = SEARCH_STRUCT_DOMAIN;
const domain_search_flags type_domain = SEARCH_TYPE_DOMAIN;
const domain_search_flags var_domain = SEARCH_VAR_DOMAIN | SEARCH_FUNCTION_DOMAIN;

uint64_t length(struct type *type) { return type->length(); }
struct type *target(struct type *type) { return type->target_type(); }
bool is_stub(struct type *type) { return type->is_stub(); }
bool is_unsigned(struct type *type) { return type->is_unsigned(); }
const void *owner(struct type *type)
{
    return type->is_objfile_owned() ? type->objfile_owner() : nullptr;
}

const char *field_name(struct type *type, int i) { return type->field(i).name(); }
struct type *field_type(struct type *type, int i) { return type->field(i).type(); }
bool field_is_static(struct type *type, int i)
{
    return type->field(i).loc_kind() != FIELD_LOC_KIND_BITPOS;
}
uint64_t field_bitpos(struct type *type, int i) { return type->field(i).loc_bitpos(); }
uint32_t field_bitsize(struct type *type, int i) { return type->field(i).bitsize(); }
int64_t field_enumval(struct type *type, int i) { return type->field(i).loc_enumval(); }

struct symbol *lookup(const char *name, domain_search_flags domain)
{
    return lookup_symbol(name, nullptr, domain, nullptr).symbol;
}

/*
 * The global symbol, from the compile unit that defines it.  gdb may have to read this unit first.
 */
struct symbol *definition(const char *name, domain_search_flags domain)
{
    lookup_name_info info(name, symbol_name_match_type::FULL);
    for (struct objfile *objfile : current_program_space->objfiles()) {
        struct compunit_symtab *unit = objfile->lookup_symbol(GLOBAL_BLOCK, info, domain);
        if (unit != nullptr)
            return block_lookup_symbol(unit->blockvector()->global_block(), info, domain);
    }
    return nullptr;
}

struct type *symbol_type(struct symbol *symbol) { return symbol->type(); }
address_class symbol_class(struct symbol *symbol) { return symbol->aclass(); }
int64_t symbol_value(struct symbol *symbol) { return symbol->value_longest(); }
uint64_t symbol_address(struct symbol *symbol) { return symbol->value_address(); }

bool names_type(const expression_up &expression) { return expression->first_opcode() == OP_TYPE; }
struct type *type_of(const expression_up &expression)
{
    return expression->evaluate_type()->type();
}

template <typename Observable, typename Function>
void attach(Observable &observable, const gdb::observers::token &token, Function function)
{
    observable.attach(function, token, "mpykdump");
}

} // namespace shim
} // namespace
/* clang-format on */

#include "gdb/bridge_common.hpp"

extern "C" const struct mpyk_gdb_bridge mpyk_gdb16_bridge = MPYK_GDB_BRIDGE(16);
