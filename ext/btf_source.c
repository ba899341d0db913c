/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See btf_source.h. */
#include "btf_source.h"

#include "btf_describe.h"
#include "btf_set.h"
#include "byte_order.h"
#include "elf_file.h"
#include "pycompat.h"
#include "types.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SIZE (256L << 20)
#define MAX_MODULES 4096

/* The places where the kernel's BTF may be, in the order in which they are tried. */
enum { MEMORY, FILE_ON_DISK, PLACES };

static struct place {
    struct mpyk_btf_set set;
    int searched, modules_searched;
    char path[MPYK_SOURCE_PATH_MAX];
    char reason[256];           /* why nothing was found here */
} places[PLACES];

static int only_file;

/* ---- reading ---- */

/* Drop an exception, unless it is KeyboardInterrupt. */
static void
forget_error(void)
{
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        PyErr_Clear();
    }
}

/* A copy of the dump's memory, or NULL; only KeyboardInterrupt stays set. */
static void *
copy_memory(uint64_t address, uint64_t size)
{
    void *copy = size > 0 && size <= (uint64_t)MAX_SIZE ? malloc(size) : NULL;

    if (copy != NULL && mpyk_readmem(address, MPYK_KVADDR, copy, (long)size) < 0) {
        free(copy);
        copy = NULL;
    }
    forget_error();
    return copy;
}

/* Where a pair of symbols says that something lies; the size, or 0. */
static uint64_t
find_range(const char *start, const char *stop, uint64_t *address)
{
    uint64_t end;

    *address = mpyk_source_address(start, 0);
    end = *address != 0 ? mpyk_source_address(stop, 0) : 0;
    forget_error();
    return end > *address ? end - *address : 0;
}

static void
take_over(struct place *place, void *data, size_t size)
{
    const char *reason = NULL;

    if (mpyk_btf_set_kernel(&place->set, data, size, &reason) < 0) {
        snprintf(place->reason, sizeof(place->reason), "the BTF cannot be used: %s", reason);
    }
}

static void
search_memory(struct place *place)
{
    uint64_t address, size = find_range("__start_BTF", "__stop_BTF", &address);
    void *data = copy_memory(address, size);

    if (data != NULL) {
        take_over(place, data, size);
    } else {
        snprintf(place->reason, sizeof(place->reason), "%s",
                 size == 0 ? "the kernel has no symbols __start_BTF and __stop_BTF"
                           : "the memory from __start_BTF to __stop_BTF is not in the dump");
    }
}

/* The running kernel's build ID: of vmcoreinfo (Linux 5.9), or of its notes in memory. */
static void
dump_build_id(struct mpyk_build_id *id)
{
    uint64_t address, size;
    void *notes;

    id->size = mpyk_source_build_id(id->bytes, sizeof(id->bytes));
    if (id->size == 0 && !PyErr_Occurred()) {
        size = find_range("__start_notes", "__stop_notes", &address);
        notes = copy_memory(address, size);
        mpyk_elf_build_id(notes, notes != NULL ? size : 0, mpyk_target.big_endian, id);
        free(notes);
    }
}

/* NULL, or why a file with this build ID and this size of BTF is not the dump's. */
static const char *
differs_from_dump(const struct mpyk_build_id *id, size_t size)
{
    struct mpyk_build_id wanted;
    uint64_t address, wanted_size = find_range("__start_BTF", "__stop_BTF", &address);

    dump_build_id(&wanted);
    if (wanted.size != 0 && id->size != 0 &&
        (wanted.size != id->size || memcmp(wanted.bytes, id->bytes, id->size) != 0)) {
        return "its build ID is not that of the dump's kernel";
    }
    if (wanted_size != 0 && wanted_size != size) {
        return "its BTF has not the size of that of the dump's kernel";
    }
    return NULL;
}

static void
search_file(struct place *place, const char *path)
{
    struct mpyk_build_id id;
    const char *reason;
    size_t size = 0;
    void *data = mpyk_elf_section(path, ".BTF", &size, &id, &reason);

    place->reason[0] = '\0';
    reason = data != NULL ? differs_from_dump(&id, size) : reason;
    if (reason != NULL) {
        free(data);
        snprintf(place->reason, sizeof(place->reason), "%.100s is not used for its .BTF: %s", path,
                 reason);
        return;
    }
    take_over(place, data, size);
    if (place->set.kernel != NULL) {
        snprintf(place->path, sizeof(place->path), "%s", path);
    }
}

static void
search_files(struct place *place)
{
    char path[MPYK_SOURCE_PATH_MAX];

    for (int i = 0; place->set.kernel == NULL && !PyErr_Occurred(); i++) {
        int found = mpyk_source_file(i, path, sizeof(path));
        if (found < 0) {
            break;
        }
        if (found > 0) {
            search_file(place, path);
        }
    }
}

/* Where the kernel's BTF was found; NULL if there is none that we can read. */
static struct place *
need_kernel(void)
{
    for (int i = only_file ? FILE_ON_DISK : MEMORY; i < PLACES && !PyErr_Occurred(); i++) {
        struct place *place = &places[i];
        if (!place->searched) {
            (i == MEMORY ? search_memory : search_files)(place);
            place->searched = !PyErr_Occurred();
        }
        if (place->set.kernel != NULL) {
            return place;
        }
    }
    return NULL;
}

/* ---- modules ---- */

/* Offsets in struct btf_module and struct btf (kernel/bpf/btf.c). */
struct offsets {
    long list, btf, data, size, id, name;
};

static int
find_offsets(const struct mpyk_btf *btf, struct offsets *offsets)
{
    offsets->list = mpyk_btf_offset(btf, "btf_module", "list");
    offsets->btf = mpyk_btf_offset(btf, "btf_module", "btf");
    offsets->data = mpyk_btf_offset(btf, "btf", "data");
    offsets->size = mpyk_btf_offset(btf, "btf", "data_size");
    offsets->id = mpyk_btf_offset(btf, "btf", "id");
    offsets->name = mpyk_btf_offset(btf, "btf", "name");
    return offsets->list < 0 || offsets->btf < 0 || offsets->data < 0 || offsets->size < 0 ? -1 : 0;
}

/* A number of the dump, 0 if it cannot be read. */
static uint64_t
read_number(uint64_t address, int size)
{
    unsigned char data[8];
    int status = mpyk_readmem(address, MPYK_KVADDR, data, size);

    forget_error();
    return status < 0 ? 0 : mpyk_decode(data, (size_t)size, mpyk_target.big_endian);
}

static void
read_name(const struct offsets *offsets, uint64_t btf, char *name, size_t size)
{
    memset(name, 0, size);
    if (offsets->name < 0 ||
        mpyk_readmem(btf + (uint64_t)offsets->name, MPYK_KVADDR, name, (long)size - 1) < 0) {
        name[0] = '\0';
    }
    forget_error();
}

static void
see_module(struct place *place, const struct offsets *offsets, uint64_t entry)
{
    int word = mpyk_target.pointer_size;
    uint64_t btf = read_number(entry - offsets->list + offsets->btf, word);
    struct mpyk_btf_key key = { 0 };
    const char *reason;
    char name[56];          /* MODULE_NAME_LEN of 64-bit kernels */
    void *data;

    if (btf == 0) {
        return;
    }
    key.address = read_number(btf + offsets->data, word);
    key.size = read_number(btf + offsets->size, 4);
    key.id = offsets->id >= 0 ? (uint32_t)read_number(btf + offsets->id, 4) : 0;
    if (key.address == 0 || mpyk_btf_set_keep(&place->set, &key)) {
        return;
    }
    data = copy_memory(key.address, key.size);
    if (data != NULL) {
        read_name(offsets, btf, name, sizeof(name));
        (void)mpyk_btf_set_add(&place->set, &key, name, data, key.size, &reason);
    }
}

/* Read the BTF of all modules that are in the kernel's list and not known yet. */
static struct place *
need_modules(void)
{
    struct place *place = need_kernel();
    struct offsets offsets;
    uint64_t head, entry;
    int count = 0;

    if (place == NULL || place->modules_searched ||
        find_offsets(place->set.kernel->btf, &offsets) < 0) {
        return place;
    }
    head = mpyk_source_address("btf_modules", 0);
    entry = head != 0 ? read_number(head, mpyk_target.pointer_size) : 0;
    mpyk_btf_set_begin(&place->set);
    while (entry != 0 && entry != head && !PyErr_Occurred() && count++ < MAX_MODULES) {
        see_module(place, &offsets, entry);
        entry = PyErr_Occurred() ? 0 : read_number(entry, mpyk_target.pointer_size);
    }
    mpyk_btf_set_end(&place->set, entry == head && head != 0 && !PyErr_Occurred());
    place->modules_searched = !PyErr_Occurred();
    return place;
}

void
mpyk_btf_look_again(void)
{
    for (int i = 0; i < PLACES; i++) {
        places[i].modules_searched = 0;
    }
}

void
mpyk_btf_only_file(int only)
{
    only_file = only;
}

static void __attribute__((destructor))
free_places(void)
{
    for (int i = 0; i < PLACES; i++) {
        mpyk_btf_set_free(&places[i].set);
        places[i].searched = places[i].modules_searched = 0;
    }
}

static PyObject *
module_names(const struct place *place)
{
    PyObject *names = PyList_New(0);

    for (const struct mpyk_btf_block *block = place != NULL ? place->set.modules : NULL;
         names != NULL && block != NULL; block = block->next) {
        PyObject *name = PyUnicode_DecodeUTF8(block->name, (Py_ssize_t)strlen(block->name),
                                              "surrogateescape");
        if (name == NULL || PyList_Append(names, name) < 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

PyObject *
mpyk_btf_state(void)
{
    const struct place *place = need_modules();
    PyObject *modules, *path;
    const char *kernel = NULL;
    char reason[2 * sizeof(place->reason) + 8];

    if (place != NULL) {
        kernel = place == &places[MEMORY] ? "memory" : "file";
    }
    snprintf(reason, sizeof(reason), "%s%s%s", places[MEMORY].reason,
             places[MEMORY].reason[0] && places[FILE_ON_DISK].reason[0] ? "; " : "",
             places[FILE_ON_DISK].reason);
    modules = PyErr_Occurred() ? NULL : module_names(place);
    path = place == &places[FILE_ON_DISK] ? PyUnicode_DecodeFSDefault(place->path)
                                          : Py_NewRef(Py_None);
    return Py_BuildValue("{s:z,s:N,s:N,s:s}", "kernel", kernel, "file", path, "modules", modules,
                         "reason", reason);      /* NULL if one of them is NULL */
}

/* ---- the sources ---- */

static int
kernel_lookup(const char *name, int code, mpyk_handle *handle, struct mpyk_source_error *error)
{
    const struct place *place = need_kernel();

    error->text[0] = '\0';
    return place != NULL ? mpyk_btf_lookup(place->set.kernel->btf, name, code, handle) : -1;
}

static int
modules_lookup(const char *name, int code, mpyk_handle *handle, struct mpyk_source_error *error)
{
    const struct place *place = need_modules();
    const struct mpyk_btf_block *block = place != NULL ? place->set.modules : NULL;

    error->text[0] = '\0';
    for (; block != NULL; block = block->next) {
        if (mpyk_btf_lookup(block->btf, name, code, handle) == 0) {
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
    const struct place *place = need_modules();
    const struct mpyk_btf *btf = place != NULL ? place->set.kernel->btf : NULL;
    const struct mpyk_btf_block *block = place != NULL ? place->set.modules : NULL;
    uint32_t kinds = mpyk_btf_kinds(code);
    int status = btf != NULL ? names_in(btf, 1, prefix, kinds, found, arg) : 0;

    for (; block != NULL && status == 0; block = block->next) {
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

/* gdb finds the kernel's enumerators, those of modules only with their debuginfo. */
static int
modules_enumerator(const char *name, struct mpyk_symbol_desc *symbol,
                   struct mpyk_source_error *error)
{
    const struct place *place = need_modules();
    const struct mpyk_btf_block *block = place != NULL ? place->set.modules : NULL;
    struct mpyk_btf_type type;

    error->text[0] = '\0';
    for (; block != NULL; block = block->next) {
        if (mpyk_btf_find_enumerator(block->btf, mpyk_btf_end(place->set.kernel->btf), name, &type,
                                     &symbol->value) == 0) {
            symbol->kind = MPYK_SYMBOL_ENUMERATOR;
            symbol->type = type.record;
            symbol->address = 0;
            return 0;
        }
    }
    return -1;
}

static const struct mpyk_btf *
block_of(mpyk_handle handle)
{
    const struct mpyk_btf *btf = NULL;

    for (int i = 0; btf == NULL && i < PLACES; i++) {
        btf = mpyk_btf_set_owner(&places[i].set, handle);
    }
    return btf;
}

static int
describe(mpyk_handle handle, struct mpyk_type_desc *desc, struct mpyk_source_error *error)
{
    return mpyk_btf_describe(block_of(handle), handle, mpyk_target.pointer_size, desc, error);
}

static int
fields(mpyk_handle handle, struct mpyk_field_desc *descs, int count,
       struct mpyk_source_error *error)
{
    return mpyk_btf_fields(block_of(handle), handle, descs, count, error);
}

const struct mpyk_type_source mpyk_btf_source = {
    "BTF", kernel_lookup, no_symbol, describe, fields,
};

const struct mpyk_type_source mpyk_btf_modules_source = {
    "BTF", modules_lookup, modules_enumerator, describe, fields,
};
