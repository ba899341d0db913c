/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See btf_source.h. */
#include "base/pycompat.h"

#include "types/btf_source.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/target.h"
#include "btf/type_queries.h"
#include "types/kernel_btf.h"

static PyObject *
module_names(const struct mpyk_btf_place *place)
{
    MPYK_REF *names = PyList_New(0);

    for (const struct mpyk_btf_block *block = place != NULL ? place->set.modules : NULL;
         names != NULL && block != NULL; block = block->next) {
        if (mpyk_append(names, mpyk_str(block->name, (Py_ssize_t)strlen(block->name))) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&names);
}

PyObject *
mpyk_btf_state(void)
{
    const struct mpyk_btf_place *place = mpyk_kernel_btf_with_modules();
    const struct mpyk_btf_place *memory = mpyk_kernel_btf_place(MPYK_BTF_IN_MEMORY);
    const struct mpyk_btf_place *file = mpyk_kernel_btf_place(MPYK_BTF_IN_FILE);
    PyObject *modules, *path;
    const char *kernel = NULL;
    char reason[2 * sizeof(memory->reason) + 8];

    if (place != NULL) {
        kernel = place == memory ? "memory" : "file";
    }
    snprintf(reason, sizeof(reason), "%s%s%s", memory->reason,
             memory->reason[0] != '\0' && file->reason[0] != '\0' ? "; " : "", file->reason);
    modules = PyErr_Occurred() ? NULL : module_names(place);
    path = place == file ? PyUnicode_DecodeFSDefault(file->path) : Py_NewRef(Py_None);
    /* "N" takes the reference over; the result is NULL if one of the objects is NULL. */
    return Py_BuildValue("{s:z,s:N,s:N,s:s}", "kernel", kernel, "file", path, "modules", modules,
                         "reason", reason);
}

/* ---- the sources ---- */

static int
kernel_lookup(const char *name, int code, mpyk_handle *handle, struct mpyk_source_error *error)
{
    const struct mpyk_btf_place *place = mpyk_kernel_btf();

    error->text[0] = '\0';
    return place != NULL ? mpyk_btf_lookup(place->set.kernel->btf, name, code, handle) : -1;
}

static int
modules_lookup(const char *name, int code, mpyk_handle *handle, struct mpyk_source_error *error)
{
    const struct mpyk_btf_place *place = mpyk_kernel_btf_with_modules();
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
    const struct mpyk_btf_place *place = mpyk_kernel_btf_with_modules();
    const struct mpyk_btf *btf = place != NULL ? place->set.kernel->btf : NULL;
    const struct mpyk_btf_block *block = place != NULL ? place->set.modules : NULL;
    uint32_t kinds = mpyk_btf_kinds(code);
    int status = btf != NULL ? names_in(btf, 1, prefix, kinds, found, arg) : 0;

    for (; block != NULL && status == 0; block = block->next) {
        status = names_in(block->btf, mpyk_btf_end(btf), prefix, kinds, found, arg);
    }
    return status;
}

const struct mpyk_btf *
mpyk_btf_function(const char *name, const char *module, struct mpyk_btf_type *type)
{
    const struct mpyk_btf_place *place = mpyk_kernel_btf_with_modules();
    const struct mpyk_btf_block *block = NULL;

    if (place != NULL) {
        block = module == NULL ? place->set.kernel : place->set.modules;
    }
    while (module != NULL && block != NULL && strcmp(block->name, module) != 0) {
        block = block->next;
    }
    if (block == NULL || mpyk_btf_find_function(block->btf, name, type) < 0) {
        return NULL;
    }
    return block->btf;
}

/* The only variables in BTF are some percpu ones, so variables always come from gdb. */
static int
no_symbol(const char *Py_UNUSED(name), struct mpyk_symbol_desc *Py_UNUSED(symbol),
          struct mpyk_source_error *error)
{
    error->text[0] = '\0';
    return -1;
}

/* gdb finds the kernel's enumerators.  It finds those of a module only with the module's debuginfo.
 */
static int
modules_enumerator(const char *name, struct mpyk_symbol_desc *symbol,
                   struct mpyk_source_error *error)
{
    const struct mpyk_btf_place *place = mpyk_kernel_btf_with_modules();
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

static int
describe(mpyk_handle handle, struct mpyk_type_desc *desc, struct mpyk_source_error *error)
{
    return mpyk_btf_describe(mpyk_kernel_btf_block(handle), handle, mpyk_target.pointer_size, desc,
                             error);
}

static int
fields(mpyk_handle handle, struct mpyk_field_desc *descs, int count,
       struct mpyk_source_error *error)
{
    return mpyk_btf_fields(mpyk_kernel_btf_block(handle), handle, descs, count, error);
}

const struct mpyk_type_source mpyk_btf_source = {
    "BTF", kernel_lookup, no_symbol, describe, fields, mpyk_kernel_btf_look_again,
};

const struct mpyk_type_source mpyk_btf_modules_source = {
    "BTF", modules_lookup, modules_enumerator, describe, fields, mpyk_kernel_btf_look_again,
};
