/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bridge to gdb 7.6 (crash 7).  This gdb is written in C, and so is the bridge.  bridge.h says
 * what it offers; bridge_common.hpp says why it asks gdb in this way.
 *
 * UNVERIFIED: tried in crash 7.3.2 and 7.2.9 on a dump of Linux 5.10; Ctrl-C does not stop gdb.
 */
#include "defs.h"

#include "arch-utils.h"
#include "block.h"
#include "cleanups.h"
#include "exceptions.h"
#include "expression.h"
#include "gdbarch.h"
#include "gdbtypes.h"
#include "language.h"
#include "objfiles.h"
#include "observer.h"
#include "parser-defs.h"
#include "progspace.h"
#include "symfile.h"
#include "symtab.h"
#include "ui-file.h"
#include "value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "gdb/bridge.h"
#include "gdb/symbol_kind.h"

#define MPYK_CHECK_GDB_ENUMS
#include "gdb_enums_generated.h"

#include "gdb/gdb7_errors.h"

static struct type *
type_of_expression(const char *text, int only_names)
{
    struct expression *expression = parse_expression(text);
    struct cleanup *cleanup = make_cleanup(free_current_contents, &expression);
    struct type *type = NULL;

    if (!only_names || expression->elts[0].opcode == OP_TYPE) {
        type = value_type(evaluate_type(expression));
    }
    do_cleanups(cleanup);
    return type;
}

/* Whether a name consists only of C's own words.  Only such names are given to gdb's parser. */
static int
is_base_type_spelled(const char *name)
{
    static const char *const words[] = {"char",     "short", "int",    "long",  "signed",
                                        "unsigned", "float", "double", "_Bool", "void"};

    while (*name != '\0') {
        size_t length = strcspn(name, " ");
        int known = 0;

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            known |= strlen(words[i]) == length && strncmp(words[i], name, length) == 0;
        }
        if (!known) {
            return 0;
        }
        name += length + (name[length] == ' ');
    }
    return 1;
}

static struct type *
type_spelled(const char *name)
{
    volatile struct gdb_exception caught;
    struct type *volatile type = NULL;

    TRY_CATCH (caught, RETURN_MASK_ERROR) {
        type = type_of_expression(name, 1);
    }
    return type;
}

static struct type *
type_tagged(const char *name, int code)
{
    struct symbol *symbol = lookup_symbol(name, NULL, STRUCT_DOMAIN, NULL);
    struct type *type = symbol != NULL ? check_typedef(SYMBOL_TYPE(symbol)) : NULL;

    return type != NULL && (code == 0 || (int)TYPE_CODE(type) == code) ? type : NULL;
}

/* `char` is looked up, because the kernel's is unsigned and gdb's own is signed. */
static struct type *
type_named(const char *name)
{
    int is_char = strcmp(name, "char") == 0 || strcmp(name, "_Bool") == 0;
    struct symbol *symbol;

    if (!is_char && is_base_type_spelled(name)) {
        return type_spelled(name);
    }
    if (strchr(name, ' ') != NULL) {
        return NULL;
    }
    symbol = lookup_symbol(name, NULL, VAR_DOMAIN, NULL);
    if (symbol != NULL && SYMBOL_CLASS(symbol) == LOC_TYPEDEF) {
        return SYMBOL_TYPE(symbol);
    }
    return is_char ? type_spelled(name) : NULL;
}

static int
lookup(struct request *r)
{
    *r->type = r->code == TYPE_CODE_TYPEDEF ? type_named(r->name) : type_tagged(r->name, r->code);
    return *r->type != NULL ? 0 : -1;
}

static int
expression_type(struct request *r)
{
    *r->type = type_of_expression(r->name, 0);
    return 0;
}

/*
 * The global symbol, from the compile unit that defines it.  gdb may have to read this unit first.
 */
static struct symbol *
definition(const char *name)
{
    struct objfile *file;

    ALL_OBJFILES (file) {
        struct symtab *unit = NULL;

        if (file->sf != NULL) {
            unit = file->sf->qf->lookup_symbol(file, GLOBAL_BLOCK, name, VAR_DOMAIN);
        }
        if (unit != NULL) {
            return lookup_block_symbol(BLOCKVECTOR_BLOCK(BLOCKVECTOR(unit), GLOBAL_BLOCK), name,
                                       VAR_DOMAIN);
        }
    }
    return NULL;
}

/* For a mere `extern x[];` the length is known only in the compile unit that defines x. */
static struct symbol *
symbol_named(const char *name)
{
    struct symbol *symbol = lookup_symbol(name, NULL, VAR_DOMAIN, NULL);

    if (symbol != NULL && SYMBOL_CLASS(symbol) == LOC_UNRESOLVED) {
        struct type *type = check_typedef(SYMBOL_TYPE(symbol));
        struct symbol *other = NULL;

        if (TYPE_CODE(type) == TYPE_CODE_ARRAY && TYPE_LENGTH(type) == 0) {
            other = definition(name);
        }
        return other != NULL ? other : symbol;
    }
    return symbol;
}

static int
lookup_variable(struct request *r)
{
    struct symbol *symbol = symbol_named(r->name);

    if (symbol == NULL) {
        return -1;
    }
    memset(r->symbol, 0, sizeof(*r->symbol));
    r->symbol->kind = mpyk_kind_of_class(SYMBOL_CLASS(symbol));
    r->symbol->type = SYMBOL_TYPE(symbol);
    if (SYMBOL_CLASS(symbol) == LOC_STATIC) {
        r->symbol->address = SYMBOL_VALUE_ADDRESS(symbol);
    }
    if (r->symbol->kind == MPYK_SYMBOL_ENUMERATOR) {
        r->symbol->value = SYMBOL_VALUE(symbol);
    }
    return 0;
}

/* By size, because each compiler writes the bounds of [] and [0] in its own way. */
static uint64_t
array_elements(struct type *array)
{
    uint64_t size = TYPE_LENGTH(check_typedef(TYPE_TARGET_TYPE(array)));
    LONGEST low, high;

    if (size != 0) {
        return TYPE_LENGTH(array) / size;
    }
    return get_array_bounds(array, &low, &high) && high >= low ? (uint64_t)(high - low + 1) : 0;
}

static void
describe_parts(struct type *type, struct mpyk_type_desc *desc)
{
    switch (TYPE_CODE(type)) {
    case TYPE_CODE_STRUCT:
    case TYPE_CODE_UNION:
        desc->nfields = TYPE_NFIELDS(type);
        break;
    case TYPE_CODE_ENUM:
    case TYPE_CODE_FUNC:
        desc->nfields = TYPE_NFIELDS(type);
        desc->target = TYPE_TARGET_TYPE(type);
        break;
    case TYPE_CODE_ARRAY:
        desc->elements = array_elements(type);
        desc->target = TYPE_TARGET_TYPE(type);
        break;
    case TYPE_CODE_PTR:
    case TYPE_CODE_TYPEDEF:
    case TYPE_CODE_RANGE:
    case TYPE_CODE_REF:
        desc->target = TYPE_TARGET_TYPE(type);
        break;
    default:
        break;
    }
}

static int
describe(struct request *r)
{
    struct type *type = (struct type *)r->handle;
    int is_typedef = TYPE_CODE(type) == TYPE_CODE_TYPEDEF;

    memset(r->desc, 0, sizeof(*r->desc));
    r->desc->code = TYPE_CODE(type);
    r->desc->name = TYPE_TAG_NAME(type) != NULL ? TYPE_TAG_NAME(type) : TYPE_NAME(type);
    r->desc->size = is_typedef ? 0 : TYPE_LENGTH(type);
    r->desc->is_unsigned = TYPE_UNSIGNED(type);
    r->desc->incomplete = !is_typedef && TYPE_STUB(type);
    r->desc->owner = TYPE_OBJFILE(type);
    describe_parts(type, r->desc);
    return 0;
}

static void
fill_field(struct type *type, int index, struct mpyk_field_desc *field)
{
    memset(field, 0, sizeof(*field));
    field->name = TYPE_FIELD_NAME(type, index);
    if (TYPE_CODE(type) == TYPE_CODE_ENUM) {
        field->value = TYPE_FIELD_ENUMVAL(type, index);
        return;
    }
    field->type = TYPE_FIELD_TYPE(type, index);
    if (TYPE_CODE(type) == TYPE_CODE_FUNC) {
        return;
    }
    field->is_static = TYPE_FIELD_LOC_KIND(type, index) != FIELD_LOC_KIND_BITPOS;
    if (!field->is_static) {
        field->bit_offset = TYPE_FIELD_BITPOS(type, index);
        field->bit_size = TYPE_FIELD_BITSIZE(type, index);
    }
}

static int
list_fields(struct request *r)
{
    struct type *type = (struct type *)r->handle;

    for (int i = 0; i < r->count && i < TYPE_NFIELDS(type); i++) {
        fill_field(type, i, &r->fields[i]);
    }
    return 0;
}

static int
read_target(struct request *r)
{
    struct gdbarch *arch = get_current_arch();

    r->target->big_endian = gdbarch_byte_order(arch) == BFD_ENDIAN_BIG;
    r->target->pointer_size = gdbarch_ptr_bit(arch) / 8;
    return 0;
}

static int
kernels_file(struct request *r)
{
    if (symfile_objfile == NULL) {
        return -1;
    }
    snprintf(r->text, r->size, "%s", symfile_objfile->name);
    return 0;
}

static void
file_added(struct objfile *file)
{
    (void)file;
    watch_changed(NULL);
}

static int
attach(struct request *r)
{
    (void)r;
    watch_observer = observer_attach_new_objfile(file_added);
    return 0;
}

int
mpyk_gdb_target(struct mpyk_target *target, struct mpyk_source_error *error)
{
    return guarded(error, read_target, &(struct request){.target = target});
}

int
mpyk_gdb_lookup(const char *name, int code, mpyk_handle *type, struct mpyk_source_error *error)
{
    return guarded(error, lookup, &(struct request){.name = name, .code = code, .type = type});
}

int
mpyk_gdb_lookup_symbol(const char *name, struct mpyk_symbol_desc *symbol,
                       struct mpyk_source_error *error)
{
    return guarded(error, lookup_variable, &(struct request){.name = name, .symbol = symbol});
}

int
mpyk_gdb_describe(mpyk_handle type, struct mpyk_type_desc *desc, struct mpyk_source_error *error)
{
    return guarded(error, describe, &(struct request){.handle = type, .desc = desc});
}

int
mpyk_gdb_fields(mpyk_handle type, struct mpyk_field_desc *fields, int count,
                struct mpyk_source_error *error)
{
    struct request request = {.handle = type, .fields = fields, .count = count};

    return guarded(error, list_fields, &request);
}

int
mpyk_gdb_symbol_file(char *path, size_t size, struct mpyk_source_error *error)
{
    return guarded(error, kernels_file, &(struct request){.text = path, .size = size});
}

int
mpyk_gdb_expression_type(const char *text, mpyk_handle *type, struct mpyk_source_error *error)
{
    return guarded(error, expression_type, &(struct request){.name = text, .type = type});
}

void
mpyk_gdb_unwatch(void)
{
    if (watch_observer != NULL) {
        observer_detach_new_objfile(watch_observer);
        watch_observer = NULL;
        watch_changed = NULL;
    }
}

int
mpyk_gdb_watch(void (*changed)(const void *owner), struct mpyk_source_error *error)
{
    mpyk_gdb_unwatch();
    watch_changed = changed;
    return guarded(error, attach, &(struct request){.name = NULL});
}

const struct mpyk_gdb_bridge mpyk_gdb7_bridge = {
    7,
    mpyk_gdb_target,
    mpyk_gdb_lookup,
    mpyk_gdb_lookup_symbol,
    mpyk_gdb_describe,
    mpyk_gdb_fields,
    mpyk_gdb_symbol_file,
    mpyk_gdb_expression_type,
    mpyk_gdb_watch,
    mpyk_gdb_unwatch,
    mpyk_catching,
};
