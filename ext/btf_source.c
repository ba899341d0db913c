/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See btf_source.h.  A handle is the place of the type's record in its block of BTF. */
#include "btf_source.h"

#include "btf.h"
#include "gdb_enums_generated.h"
#include "types.h"

#include <stdlib.h>
#include <string.h>

#define TAGS                                                                                   \
    (MPYK_BTF_SET(MPYK_BTF_STRUCT) | MPYK_BTF_SET(MPYK_BTF_UNION) | MPYK_BTF_SET(MPYK_BTF_ENUM) | \
     MPYK_BTF_SET(MPYK_BTF_ENUM64))
#define MAX_SIZE (256L << 20)
#define MAX_MODULES 4096

/* The BTF of one module, or (the last) vmlinux. */
struct block {
    struct block *next;
    struct mpyk_btf *btf;
    uint64_t address;
};

static struct block *vmlinux, *modules, *last_used;
static int vmlinux_searched, modules_searched;

static int
fail(struct mpyk_source_error *error, const char *text)
{
    snprintf(error->text, sizeof(error->text), "%s", text);
    return -1;
}

/* ---- reading ---- */

/* A copy of the dump's memory, or NULL; only KeyboardInterrupt stays set. */
static void *
copy_memory(uint64_t address, uint64_t size)
{
    void *copy = size > 0 && size <= (uint64_t)MAX_SIZE ? malloc(size) : NULL;

    if (copy != NULL && mpyk_readmem(address, MPYK_KVADDR, copy, (long)size) < 0) {
        free(copy);
        copy = NULL;
    }
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        PyErr_Clear();
    }
    return copy;
}

static struct block *
read_block(uint64_t address, uint64_t size, const struct mpyk_btf *base)
{
    struct block *block = calloc(1, sizeof(*block));
    void *data = block != NULL ? copy_memory(address, size) : NULL;
    const char *reason;

    if (data != NULL) {
        block->btf = mpyk_btf_create(data, size, base, &reason);
    }
    if (block == NULL || block->btf == NULL) {
        free(block);
        return NULL;
    }
    block->address = address;
    return block;
}

/* The kernel's own BTF; NULL if it has none that we can read. */
static const struct mpyk_btf *
need_vmlinux(void)
{
    uint64_t start, stop;

    if (!vmlinux_searched) {
        start = mpyk_source_address("__start_BTF", 0);
        stop = start != 0 ? mpyk_source_address("__stop_BTF", 0) : 0;
        if (stop > start) {
            vmlinux = read_block(start, stop - start, NULL);
        }
        vmlinux_searched = !PyErr_Occurred();
    }
    return vmlinux != NULL ? vmlinux->btf : NULL;
}

/* Offsets in struct btf_module and struct btf (kernel/bpf/btf.c). */
struct places {
    long list, btf, data, size;
};

static int
find_places(const struct mpyk_btf *btf, struct places *places)
{
    places->list = mpyk_btf_offset(btf, "btf_module", "list");
    places->btf = mpyk_btf_offset(btf, "btf_module", "btf");
    places->data = mpyk_btf_offset(btf, "btf", "data");
    places->size = mpyk_btf_offset(btf, "btf", "data_size");
    return places->list < 0 || places->btf < 0 || places->data < 0 || places->size < 0 ? -1 : 0;
}

/* A number of the dump (in our byte order), 0 if it cannot be read. */
static uint64_t
read_number(uint64_t address, int size)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;
    int status = mpyk_readmem(address, MPYK_KVADDR, size == 4 ? (void *)&narrow : &wide, size);

    if (status < 0 && !PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        PyErr_Clear();
    }
    return status < 0 ? 0 : size == 4 ? narrow : wide;
}

static int
is_known(uint64_t address)
{
    for (const struct block *block = modules; block != NULL; block = block->next) {
        if (block->address == address) {
            return 1;
        }
    }
    return 0;
}

/* Modules are kept in the order of the kernel's list. */
static void
add_module(const struct places *places, uint64_t entry)
{
    int word = mpyk_target.pointer_size;
    uint64_t btf = read_number(entry - places->list + places->btf, word), data, size;
    struct block **end = &modules;

    if (btf == 0) {
        return;
    }
    data = read_number(btf + places->data, word);
    size = read_number(btf + places->size, 4);
    if (data == 0 || is_known(data)) {
        return;
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = read_block(data, size, vmlinux->btf);
}

/* Read the BTF of all modules that are in the list and not known yet. */
static void
need_modules(void)
{
    struct places places;
    uint64_t head, entry;
    int count = 0;

    if (modules_searched || need_vmlinux() == NULL || find_places(vmlinux->btf, &places) < 0) {
        return;
    }
    head = mpyk_source_address("btf_modules", 0);
    entry = head != 0 ? read_number(head, mpyk_target.pointer_size) : 0;
    while (entry != 0 && entry != head && !PyErr_Occurred() && count++ < MAX_MODULES) {
        add_module(&places, entry);
        entry = PyErr_Occurred() ? 0 : read_number(entry, mpyk_target.pointer_size);
    }
    modules_searched = !PyErr_Occurred();
}

void
mpyk_btf_look_again(void)
{
    modules_searched = 0;
}

static void __attribute__((destructor))
free_blocks(void)
{
    while (modules != NULL) {
        struct block *next = modules->next;
        mpyk_btf_destroy(modules->btf);
        free(modules);
        modules = next;
    }
    if (vmlinux != NULL) {
        mpyk_btf_destroy(vmlinux->btf);
        free(vmlinux);
    }
    vmlinux = last_used = NULL;
}

/* ---- names ---- */

static uint32_t
kinds_of_code(int code)
{
    switch (code) {
    case MPYK_TYPE_CODE_STRUCT:
        return MPYK_BTF_SET(MPYK_BTF_STRUCT);
    case MPYK_TYPE_CODE_UNION:
        return MPYK_BTF_SET(MPYK_BTF_UNION);
    case MPYK_TYPE_CODE_ENUM:
        return MPYK_BTF_SET(MPYK_BTF_ENUM) | MPYK_BTF_SET(MPYK_BTF_ENUM64);
    case MPYK_TYPE_CODE_TYPEDEF:
        return MPYK_BTF_SET(MPYK_BTF_TYPEDEF) | MPYK_BTF_SET(MPYK_BTF_INT) |
               MPYK_BTF_SET(MPYK_BTF_FLOAT);
    default:
        return TAGS;
    }
}

/* "unsigned long" is "long unsigned int" in BTF: compare both in the usual spelling. */
static uint32_t
find_integer(const struct mpyk_btf *btf, const char *name)
{
    char wanted[32], known[32];
    const char *spelled = mpyk_base_name(name, wanted, sizeof(wanted));
    struct mpyk_btf_type type;
    uint32_t id;

    for (unsigned n = 0; spelled == wanted && (id = mpyk_btf_base_type(btf, n)) != 0; n++) {
        if (mpyk_btf_type(btf, id, &type) == 0 &&
            strcmp(mpyk_base_name(type.name, known, sizeof(known)), wanted) == 0) {
            return id;
        }
    }
    return 0;
}

/* 0 if a type of that name is in this block. */
static int
find_in(const struct mpyk_btf *btf, const char *name, int code, mpyk_handle *handle)
{
    uint32_t id = mpyk_btf_find(btf, name, kinds_of_code(code));
    struct mpyk_btf_type type;

    if (id == 0 && code == MPYK_TYPE_CODE_TYPEDEF) {
        id = find_integer(btf, name);
    }
    if (id == 0 || mpyk_btf_type(btf, id, &type) < 0) {
        return -1;
    }
    *handle = type.record;
    return 0;
}

static int
vmlinux_lookup(const char *name, int code, mpyk_handle *handle, struct mpyk_source_error *error)
{
    const struct mpyk_btf *btf = need_vmlinux();

    error->text[0] = '\0';
    return btf != NULL ? find_in(btf, name, code, handle) : -1;
}

static int
modules_lookup(const char *name, int code, mpyk_handle *handle, struct mpyk_source_error *error)
{
    error->text[0] = '\0';
    need_modules();
    for (const struct block *block = modules; block != NULL; block = block->next) {
        if (find_in(block->btf, name, code, handle) == 0) {
            return 0;
        }
    }
    return -1;
}

static int
names_in(const struct mpyk_btf *btf, uint32_t first, const char *prefix, uint32_t kinds,
         int (*found)(const char *name, void *arg), void *arg)
{
    size_t size = strlen(prefix);
    struct mpyk_btf_type type;

    for (uint32_t id = first; id < mpyk_btf_end(btf); id++) {
        if (mpyk_btf_type(btf, id, &type) == 0 && (kinds & MPYK_BTF_SET(type.kind)) &&
            type.name[0] != '\0' && strncmp(type.name, prefix, size) == 0 &&
            found(type.name, arg) < 0) {
            return -1;
        }
    }
    return 0;
}

int
mpyk_btf_names(const char *prefix, int code, int (*found)(const char *name, void *arg), void *arg)
{
    const struct mpyk_btf *btf = need_vmlinux();
    uint32_t kinds = kinds_of_code(code);
    int status = btf != NULL ? names_in(btf, 1, prefix, kinds, found, arg) : 0;

    need_modules();
    for (const struct block *block = modules; block != NULL && status == 0; block = block->next) {
        status = names_in(block->btf, mpyk_btf_end(btf), prefix, kinds, found, arg);
    }
    return status;
}

/* BTF has no variables but some percpu ones: they are gdb's. */
static int
no_symbol(const char *Py_UNUSED(name), struct mpyk_symbol_desc *Py_UNUSED(symbol),
          struct mpyk_source_error *error)
{
    error->text[0] = '\0';
    return -1;
}

/* ---- handles ---- */

static const struct mpyk_btf *
block_of(mpyk_handle handle)
{
    if (last_used != NULL && mpyk_btf_owns(last_used->btf, handle)) {
        return last_used->btf;
    }
    if (vmlinux != NULL && mpyk_btf_owns(vmlinux->btf, handle)) {
        last_used = vmlinux;
        return vmlinux->btf;
    }
    for (struct block *block = modules; block != NULL; block = block->next) {
        if (mpyk_btf_owns(block->btf, handle)) {
            last_used = block;
            return block->btf;
        }
    }
    return NULL;
}

/* The handle of a number, NULL for void.  -1 if it is not valid. */
static int
handle_of(const struct mpyk_btf *btf, uint32_t id, mpyk_handle *handle)
{
    struct mpyk_btf_type type;

    *handle = NULL;
    if (mpyk_btf_strip(btf, id, &id) < 0 || mpyk_btf_type(btf, id, &type) < 0) {
        return -1;
    }
    *handle = type.record;
    return 0;
}

static int
code_of(const struct mpyk_btf_type *type)
{
    static const int codes[MPYK_BTF_KINDS] = {
        [MPYK_BTF_VOID] = MPYK_TYPE_CODE_VOID,       [MPYK_BTF_INT] = MPYK_TYPE_CODE_INT,
        [MPYK_BTF_PTR] = MPYK_TYPE_CODE_PTR,         [MPYK_BTF_ARRAY] = MPYK_TYPE_CODE_ARRAY,
        [MPYK_BTF_STRUCT] = MPYK_TYPE_CODE_STRUCT,   [MPYK_BTF_UNION] = MPYK_TYPE_CODE_UNION,
        [MPYK_BTF_ENUM] = MPYK_TYPE_CODE_ENUM,       [MPYK_BTF_TYPEDEF] = MPYK_TYPE_CODE_TYPEDEF,
        [MPYK_BTF_FUNC_PROTO] = MPYK_TYPE_CODE_FUNC, [MPYK_BTF_FLOAT] = MPYK_TYPE_CODE_FLT,
        [MPYK_BTF_ENUM64] = MPYK_TYPE_CODE_ENUM,
    };

    if (type->kind == MPYK_BTF_FWD) {
        return type->is_union ? MPYK_TYPE_CODE_UNION : MPYK_TYPE_CODE_STRUCT;
    }
    return type->is_bool ? MPYK_TYPE_CODE_BOOL : codes[type->kind];
}

static int
is_declaration(const struct mpyk_btf_type *type)
{
    int is_enum = type->kind == MPYK_BTF_ENUM || type->kind == MPYK_BTF_ENUM64;

    return type->kind == MPYK_BTF_FWD || (is_enum && type->count == 0);
}

static int
describe(mpyk_handle handle, struct mpyk_type_desc *desc, struct mpyk_source_error *error)
{
    const struct mpyk_btf *btf = block_of(handle);
    struct mpyk_btf_type type;

    memset(desc, 0, sizeof(*desc));
    if (btf == NULL || mpyk_btf_record(btf, handle, &type) < 0) {
        return fail(error, "this is no type of the BTF.");
    }
    desc->code = code_of(&type);
    if (desc->code == MPYK_TYPE_CODE_UNDEF || !mpyk_btf_is_finite(btf, type.id) ||
        handle_of(btf, type.target, &desc->target) < 0) {
        return fail(error, "the BTF of this type is broken.");
    }
    desc->name = type.name[0] != '\0' ? type.name : NULL;
    if (desc->code == MPYK_TYPE_CODE_PTR) {
        desc->size = (uint64_t)mpyk_target.pointer_size;
    } else {
        desc->size = desc->code == MPYK_TYPE_CODE_FUNC ? 1 : type.size;
    }
    desc->elements = type.elements;
    desc->is_unsigned = type.is_unsigned;
    desc->incomplete = is_declaration(&type);
    desc->nfields = (int)type.count;
    return 0;
}

static int
fields(mpyk_handle handle, struct mpyk_field_desc *descs, int count,
       struct mpyk_source_error *error)
{
    const struct mpyk_btf *btf = block_of(handle);
    struct mpyk_btf_field field;
    struct mpyk_btf_type type;

    if (btf == NULL || mpyk_btf_record(btf, handle, &type) < 0) {
        return fail(error, "this is no type of the BTF.");
    }
    for (int i = 0; i < count; i++) {
        memset(&descs[i], 0, sizeof(descs[i]));
        if (mpyk_btf_field(btf, &type, (uint32_t)i, &field) < 0 ||
            handle_of(btf, field.type, &descs[i].type) < 0) {
            return fail(error, "the BTF of a member is broken.");
        }
        descs[i].name = field.name;
        descs[i].bit_offset = field.bit_offset;
        descs[i].bit_size = field.bit_size;
        descs[i].value = field.value;
    }
    return 0;
}

const struct mpyk_type_source mpyk_btf_source = {
    "BTF", vmlinux_lookup, no_symbol, describe, fields,
};

const struct mpyk_type_source mpyk_btf_modules_source = {
    "BTF", modules_lookup, no_symbol, describe, fields,
};
