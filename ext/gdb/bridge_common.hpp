/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of the C++ bridges that is the same for every gdb major.  The including gdbN_bridge.cpp
 * has included gdb's headers, and has defined the differences in namespace `shim`:
 *
 *   length(type) target(type) is_stub(type) is_unsigned(type) owner(type)
 *   field_name/field_type/field_bitpos/field_bitsize/field_is_static/field_enumval (type, index)
 *   lookup(name, domain)  in tag_domain, var_domain or type_domain -> symbol or nullptr
 *   definition(name, domain)   the same in the compile unit that defines it, or nullptr
 *   symbol_type/symbol_class/symbol_value/symbol_address (symbol)
 *   names_type(expression)  whether it is the name of a type     type_of(expression)
 */
#include "gdb/bridge.h"
#include "gdb/symbol_kind.h"
#include "gdb/catch_exceptions.hpp"

#define MPYK_CHECK_GDB_ENUMS
#include "gdb_enums_generated.h"

#include <string.h>

namespace
{

/* Names of the kernel are C, but gdb may have chosen another language by the file of main(). */
class c_language
{
  public:
    c_language()
    {
        set_language(language_c);
    }

  private:
    scoped_restore_current_language m_saved;
};

int
failed(struct mpyk_source_error *error, const char *text)
{
    snprintf(error->text, sizeof(error->text), "%s", text ? text : "");
    return -1;
}

/*
 * Run `body`, and turn an exception into text.  gdb_exception is the base of errors and of
 * quit.  Other exceptions, such as std::bad_alloc, must not pass through C and Python frames
 * either.
 */
template <typename Body>
int
guarded(struct mpyk_source_error *error, Body body)
{
    error->text[0] = '\0';
    try {
        c_language language;
        scoped_value_mark values; /* otherwise gdb keeps values until the end of a command */
        return body();
    } catch (const gdb_exception &ex) {
        return failed(error, ex.what());
    } catch (const std::exception &ex) {
        return failed(error, ex.what());
    }
}

inline struct type *
as_type(mpyk_handle handle)
{
    return static_cast<struct type *>(const_cast<void *>(handle));
}

bool
has_target(const struct type *type)
{
    switch (type->code()) {
    case TYPE_CODE_PTR:
    case TYPE_CODE_ARRAY:
    case TYPE_CODE_TYPEDEF:
    case TYPE_CODE_FUNC:
    case TYPE_CODE_RANGE:
    case TYPE_CODE_REF:
    case TYPE_CODE_ENUM:
        return true;
    default:
        return false;
    }
}

bool
has_fields(const struct type *type)
{
    switch (type->code()) {
    case TYPE_CODE_STRUCT:
    case TYPE_CODE_UNION:
    case TYPE_CODE_ENUM:
    case TYPE_CODE_FUNC:
        return true;
    default:
        return false;
    }
}

/* By size, because each compiler writes the bounds of [] and [0] in its own way. */
uint64_t
array_elements(struct type *array)
{
    LONGEST low, high;
    uint64_t size = shim::length(check_typedef(shim::target(array)));

    if (size != 0)
        return shim::length(array) / size;
    if (get_array_bounds(array, &low, &high) && high >= low)
        return high - low + 1;
    return 0;
}

void
fill_field(struct type *type, int index, struct mpyk_field_desc *field)
{
    memset(field, 0, sizeof(*field));
    field->name = shim::field_name(type, index);
    if (type->code() == TYPE_CODE_ENUM) {
        field->value = shim::field_enumval(type, index);
        return;
    }
    field->type = shim::field_type(type, index);
    if (type->code() == TYPE_CODE_FUNC)
        return;
    field->is_static = shim::field_is_static(type, index);
    if (!field->is_static) {
        field->bit_offset = shim::field_bitpos(type, index);
        field->bit_size = shim::field_bitsize(type, index);
    }
}

gdb::observers::token watch_token;
void (*watch_changed)(const void *owner);

} // namespace

/*
 * Whether a name consists only of C's own words: "long unsigned", "unsigned long int".  Only such
 * names are given to gdb's parser.  For other words it would search all symbols, and find variables
 * too.
 */
static bool
is_base_type_spelled(const char *name)
{
    static const char *const words[] = {"char",   "short",    "int",      "long",
                                        "signed", "unsigned", "float",    "double",
                                        "_Bool",  "_Complex", "__int128", "void"};
    while (*name != '\0') {
        size_t length = strcspn(name, " ");
        bool known = false;
        for (const char *word : words)
            known |= strlen(word) == length && strncmp(word, name, length) == 0;
        if (!known)
            return false;
        name += length + (name[length] == ' ');
    }
    return true;
}

static struct type *
type_spelled(const char *name)
{
    try {
        expression_up expression = parse_expression(name);
        return shim::names_type(expression) ? shim::type_of(expression) : nullptr;
    } catch (const gdb_exception_error &) {
        return nullptr;
    }
}

static struct type *
type_tagged(const char *name, int code)
{
    struct symbol *symbol = shim::lookup(name, shim::tag_domain);
    if (symbol == nullptr)
        return nullptr;
    struct type *type = check_typedef(shim::symbol_type(symbol));
    return code == 0 || static_cast<int>(type->code()) == code ? type : nullptr;
}

/*
 * Base types that C spells in several ways go to gdb's parser and are never looked up.  gdb 16
 * would look for "unsigned" as "unsigned int", and read every compile unit of the kernel without
 * finding a symbol of the given name.  `char` is looked up, because the kernel's is unsigned and
 * gdb's own is signed.
 */
static struct type *
type_named(const char *name)
{
    bool is_char = strcmp(name, "char") == 0 || strcmp(name, "_Bool") == 0;
    if (!is_char && is_base_type_spelled(name))
        return type_spelled(name);
    if (strchr(name, ' ') != nullptr)
        return nullptr;
    struct symbol *symbol = shim::lookup(name, shim::type_domain);
    if (symbol != nullptr && shim::symbol_class(symbol) == LOC_TYPEDEF)
        return shim::symbol_type(symbol);
    return is_char ? type_spelled(name) : nullptr;
}

extern "C" int
mpyk_gdb_lookup(const char *name, int code, mpyk_handle *type, struct mpyk_source_error *error)
{
    return guarded(error, [&]() {
        *type = code == TYPE_CODE_TYPEDEF ? type_named(name) : type_tagged(name, code);
        return *type == nullptr ? -1 : 0;
    });
}

extern "C" int
mpyk_gdb_expression_type(const char *text, mpyk_handle *type, struct mpyk_source_error *error)
{
    return guarded(error, [&]() {
        expression_up expression = parse_expression(text);
        *type = shim::type_of(expression);
        return 0;
    });
}

/*
 * gdb returns a symbol of a compile unit that it has read already.  For a mere `extern x[];` the
 * length is known only in the unit that defines x, so this unit is asked.  It is not asked about
 * other types, because gdb reads the unit again each time.
 */
static struct symbol *
symbol_named(const char *name)
{
    struct symbol *symbol = shim::lookup(name, shim::var_domain);
    if (symbol != nullptr && shim::symbol_class(symbol) == LOC_UNRESOLVED) {
        struct type *type = check_typedef(shim::symbol_type(symbol));
        struct symbol *definition = nullptr;
        if (type->code() == TYPE_CODE_ARRAY && shim::length(type) == 0)
            definition = shim::definition(name, shim::var_domain);
        if (definition != nullptr)
            return definition;
    }
    return symbol;
}

extern "C" int
mpyk_gdb_lookup_symbol(const char *name, struct mpyk_symbol_desc *result,
                       struct mpyk_source_error *error)
{
    return guarded(error, [&]() {
        struct symbol *symbol = symbol_named(name);
        if (symbol == nullptr)
            return -1;
        memset(result, 0, sizeof(*result));
        result->kind = mpyk_kind_of_class(shim::symbol_class(symbol));
        result->type = shim::symbol_type(symbol);
        if (shim::symbol_class(symbol) == LOC_STATIC)
            result->address = shim::symbol_address(symbol);
        if (result->kind == MPYK_SYMBOL_ENUMERATOR)
            result->value = shim::symbol_value(symbol);
        return 0;
    });
}

/*
 * This does not resolve a declaration, and does not ask for the size of a typedef.  Both may make
 * gdb read the symbols of other compile units, which takes tens of milliseconds and is seldom
 * needed.
 */
extern "C" int
mpyk_gdb_describe(mpyk_handle handle, struct mpyk_type_desc *desc, struct mpyk_source_error *error)
{
    return guarded(error, [&]() {
        struct type *type = as_type(handle);
        memset(desc, 0, sizeof(*desc));
        desc->code = type->code();
        desc->name = type->name();
        desc->size = type->code() == TYPE_CODE_TYPEDEF ? 0 : shim::length(type);
        desc->is_unsigned = shim::is_unsigned(type);
        desc->incomplete = type->code() != TYPE_CODE_TYPEDEF && shim::is_stub(type);
        desc->nfields = has_fields(type) ? type->num_fields() : 0;
        desc->target = has_target(type) ? shim::target(type) : nullptr;
        desc->owner = shim::owner(type);
        if (type->code() == TYPE_CODE_ARRAY)
            desc->elements = array_elements(type);
        return 0;
    });
}

extern "C" int
mpyk_gdb_fields(mpyk_handle handle, struct mpyk_field_desc *fields, int count,
                struct mpyk_source_error *error)
{
    return guarded(error, [&]() {
        struct type *type = as_type(handle);
        for (int i = 0; i < count && i < static_cast<int>(type->num_fields()); i++)
            fill_field(type, i, &fields[i]);
        return 0;
    });
}

extern "C" int
mpyk_gdb_target(struct mpyk_target *target, struct mpyk_source_error *error)
{
    return guarded(error, [&]() {
        struct gdbarch *arch = get_current_arch();
        target->big_endian = gdbarch_byte_order(arch) == BFD_ENDIAN_BIG;
        target->pointer_size = gdbarch_ptr_bit(arch) / 8;
        return 0;
    });
}

extern "C" int
mpyk_gdb_symbol_file(char *path, size_t size, struct mpyk_source_error *error)
{
    return guarded(error, [&]() {
        const struct objfile *objfile = current_program_space->symfile_object_file;
        if (objfile == nullptr)
            return -1;
        snprintf(path, size, "%s", objfile_name(objfile));
        return 0;
    });
}

extern "C" void
mpyk_gdb_unwatch(void)
{
    if (watch_changed == nullptr)
        return;
    gdb::observers::free_objfile.detach(watch_token);
    gdb::observers::new_objfile.detach(watch_token);
    watch_changed = nullptr;
}

extern "C" int
mpyk_gdb_watch(void (*changed)(const void *owner), struct mpyk_source_error *error)
{
    mpyk_gdb_unwatch();
    return guarded(error, [&]() {
        shim::attach(gdb::observers::free_objfile, watch_token,
                     [](struct objfile *objfile) { watch_changed(objfile); });
        shim::attach(gdb::observers::new_objfile, watch_token,
                     [](struct objfile *) { watch_changed(nullptr); });
        watch_changed = changed;
        return 0;
    });
}

/* clang-format off */
#define MPYK_GDB_BRIDGE(major)                                                                     \
    {                                                                                              \
        major, mpyk_gdb_target, mpyk_gdb_lookup, mpyk_gdb_lookup_symbol, mpyk_gdb_describe,        \
        mpyk_gdb_fields, mpyk_gdb_symbol_file, mpyk_gdb_expression_type, mpyk_gdb_watch,           \
        mpyk_gdb_unwatch, mpyk_catching                                                            \
    }
/* clang-format on */
