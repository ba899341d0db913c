/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of symbols, types and commands that begin with some letters; for completion. */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "gdb_enums_generated.h"
#include "guard/crash_fit.h"
#include "module/module.h"
#include "types/btf_source.h"

struct name_search {
    const char *prefix;
    size_t size;
    PyObject *list;
};

/* Called by mpyk_btf_names().  0, or -1 with an exception set. */
static int
add_name(const char *name, void *arg)
{
    struct name_search *search = arg;

    return mpyk_append(search->list, mpyk_str(name, (Py_ssize_t)strlen(name)));
}

static int
add_if_wanted(const char *name, struct name_search *search)
{
    return strncmp(name, search->prefix, search->size) == 0 ? add_name(name, search) : 0;
}

/* Begin a search.  0, or -1 with an exception set. */
static int
search_start(struct name_search *search, PyObject *prefix)
{
    search->prefix = mpyk_as_text(prefix);
    if (search->prefix == NULL) {
        return -1;
    }
    search->size = strlen(search->prefix);
    search->list = PyList_New(0);
    return search->list != NULL ? 0 : -1;
}

/* The list that was made, or NULL with an exception set. */
static PyObject *
search_result(struct name_search *search, int rc)
{
    if (rc < 0 || PyErr_Occurred()) {
        Py_CLEAR(search->list);
    }
    return search->list;
}

/* ---- symbols ---- */

/* crash has symbols of its own that mark the bounds of modules; they are left out. */
static int
symbols_between(const struct syment *from, const struct syment *to, struct name_search *search)
{
    for (; from < to; from++) {
        if (strncmp(from->name, "_MODULE_", 8) != 0 && add_if_wanted(from->name, search) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
symbols_of_module(const struct load_module *module, struct name_search *search)
{
    const struct syment *start, *end;

    for (int part = 0; mpyk_module_symbols(module, part, &start, &end) == 0; part++) {
        if (symbols_between(start, end, search) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
py_symbol_names(PyObject *Py_UNUSED(module), PyObject *prefix)
{
    struct name_search search;
    int rc;

    if (search_start(&search, prefix) < 0) {
        return NULL;
    }
    rc = symbols_between(st->symtable, st->symend, &search);
    /* crash releases keep a module's symbols in different places. */
    for (int i = 0; rc == 0 && mpyk_runs_in_its_release() && i < st->mods_installed; i++) {
        rc = symbols_of_module(&st->load_modules[i], &search);
    }
    return search_result(&search, rc);
}

/* ---- types ---- */

static PyObject *
py_type_names(PyObject *Py_UNUSED(module), PyObject *args_)
{
    static const struct {
        const char *kind;
        int code;
    } kinds[] = {
        {"struct", MPYK_TYPE_CODE_STRUCT},
        {"union", MPYK_TYPE_CODE_UNION},
        {"enum", MPYK_TYPE_CODE_ENUM},
        {"", MPYK_TYPE_CODE_TYPEDEF},
    };
    struct name_search search;
    const char *kind;
    PyObject *prefix;

    if (!PyArg_ParseTuple(args_, "sU:_type_names", &kind, &prefix)) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(kinds); i++) {
        if (strcmp(kind, kinds[i].kind) == 0) {
            if (search_start(&search, prefix) < 0) {
                return NULL;
            }
            return search_result(&search,
                                 mpyk_btf_names(search.prefix, kinds[i].code, add_name, &search));
        }
    }
    return mpyk_fail(MPYK_FAIL_VALUE, "there are no types of kind '%s'", kind);
}

/* ---- commands ---- */

static int
commands_of(const struct command_table_entry *table, struct name_search *search)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (add_if_wanted(table->name, search) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
py_command_names(PyObject *Py_UNUSED(module), PyObject *prefix)
{
    struct name_search search;
    int rc;

    if (search_start(&search, prefix) < 0) {
        return NULL;
    }
    rc = commands_of(pc->cmd_table, &search);
    for (const struct extension_table *ext = extension_table; rc == 0 && ext != NULL;
         ext = ext->next) {
        rc = commands_of(ext->command_table, &search);
    }
    return search_result(&search, rc);
}

static PyMethodDef name_methods[] = {
    {"_symbol_names", py_symbol_names, METH_O,
     "_symbol_names(prefix) -> list[str]: symbols that begin with the prefix."},
    {"_type_names", py_type_names, METH_VARARGS,
     "_type_names(kind, prefix) -> list[str]: types in the BTF that begin with the prefix; kind is "
     "struct, "
     "union, enum, or empty for typedefs."},
    {"_command_names", py_command_names, METH_O,
     "_command_names(prefix) -> list[str]: commands of crash and its extensions that begin with "
     "the prefix."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_completion_init(PyObject *module)
{
    return PyModule_AddFunctions(module, name_methods);
}
