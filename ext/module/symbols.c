/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions that find symbols and addresses in crash's symbol tables. */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "guard/guard.h"
#include "module/module.h"

/*
 * name -> address, 0 for "no such symbol".  crash compares the names of a module's symbols one by
 * one, and a program asks for the same few names again and again.
 */
static PyObject *symbol_cache;

/* address -> name, None for "no symbol is exactly there".  With this many entries it is emptied. */
#define NAMES_KEPT 65536
static PyObject *name_cache;

struct name_lookup {
    char *name;
    struct syment **found;
    int max, count;
    ulong value;
};

struct addr_lookup {
    ulong addr, offset;
    struct syment *symbol;
    struct load_module *module;
    int found;
};

static void
call_symbol_search(void *arg)
{
    struct name_lookup *l = arg;
    struct syment *symbol = symbol_exists(l->name) ? symbol_search(l->name) : NULL;

    l->value = symbol != NULL ? symbol->value : 0;
}

static void
call_symbol_exists(void *arg)
{
    struct name_lookup *l = arg;

    l->count = symbol_exists(l->name);
}

static void
call_symbol_array(void *arg)
{
    struct name_lookup *l = arg;

    l->count = symbol_exists(l->name) ? get_syment_array(l->name, l->found, l->max) : 0;
}

static void
call_value_search(void *arg)
{
    struct addr_lookup *l = arg;

    l->symbol = value_search(l->addr, &l->offset);
}

static void
call_module_symbol(void *arg)
{
    struct addr_lookup *l = arg;

    l->found = MPYK_HAS(module_symbol) && module_symbol(l->addr, NULL, &l->module, NULL, 16);
}

/* A guarded lookup by name.  0, or -1 with an exception. */
static int
look_up_name(mpyk_call call, PyObject *name, struct name_lookup *lookup)
{
    lookup->name = (char *)mpyk_as_text(name);
    if (lookup->name == NULL) {
        return -1;
    }
    /* crash treats an empty name as a fatal error. */
    return lookup->name[0] == '\0' ? 0 : mpyk_guarded(call, lookup);
}

static PyObject *
py_sym2addr(PyObject *Py_UNUSED(module), PyObject *name)
{
    struct name_lookup lookup = {0};
    MPYK_REF *value = NULL;

    if (symbol_cache != NULL && PyUnicode_CheckExact(name)) {
        value = Py_XNewRef(PyDict_GetItemWithError(symbol_cache, name));
        if (value != NULL || PyErr_Occurred()) {
            return mpyk_keep(&value);
        }
    }
    if (look_up_name(call_symbol_search, name, &lookup) < 0) {
        return NULL;
    }
    value = PyLong_FromUnsignedLong(lookup.value);
    if (symbol_cache == NULL) {
        symbol_cache = PyDict_New();
    }
    if (value == NULL || symbol_cache == NULL || PyDict_SetItem(symbol_cache, name, value) < 0) {
        return NULL;
    }
    return mpyk_keep(&value);
}

static PyObject *
py_symbol_exists(PyObject *Py_UNUSED(module), PyObject *name)
{
    struct name_lookup lookup = {0};

    if (look_up_name(call_symbol_exists, name, &lookup) < 0) {
        return NULL;
    }
    return PyBool_FromLong(lookup.count);
}

static PyObject *
addresses(const struct name_lookup *lookup)
{
    MPYK_REF *list = PyList_New(0);

    for (int i = 0; list != NULL && i < lookup->count; i++) {
        if (mpyk_append(list, PyLong_FromUnsignedLong(lookup->found[i]->value)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

static PyObject *
py_sym2alladdr(PyObject *Py_UNUSED(module), PyObject *name)
{
    MPYK_PYMEM struct syment **found = NULL;
    struct name_lookup lookup = {.max = 16};

    do {
        struct syment **bigger;

        lookup.max *= 4;
        bigger = PyMem_Realloc(found, (size_t)lookup.max * sizeof(*bigger));
        if (bigger == NULL) {
            return PyErr_NoMemory();
        }
        lookup.found = found = bigger;
        if (look_up_name(call_symbol_array, name, &lookup) < 0) {
            return NULL;
        }
    } while (lookup.count >= lookup.max);
    return addresses(&lookup);
}

static PyObject *
symbol_name(const struct syment *symbol)
{
    return mpyk_str(symbol->name, (Py_ssize_t)strlen(symbol->name));
}

/*
 * The remembered answer of addr2sym() without `loose`.  NULL if there is none, or with an
 * exception.
 */
static PyObject *
known_name(PyObject *addr)
{
    if (name_cache == NULL || !PyLong_CheckExact(addr)) {
        return NULL;
    }
    return Py_XNewRef(PyDict_GetItemWithError(name_cache, addr));
}

/* Remember a name and return it.  Takes over the name, which may be NULL after an error. */
static PyObject *
remember_name(PyObject *addr, PyObject *name)
{
    MPYK_REF *owned = name;

    if (name_cache != NULL && PyDict_GET_SIZE(name_cache) >= NAMES_KEPT) {
        PyDict_Clear(name_cache);
    }
    if (name_cache == NULL) {
        name_cache = PyDict_New();
    }
    if (owned != NULL && PyLong_CheckExact(addr) &&
        (name_cache == NULL || PyDict_SetItem(name_cache, addr, owned) < 0)) {
        return NULL;
    }
    return mpyk_keep(&owned);
}

static PyObject *
py_addr2sym(PyObject *Py_UNUSED(module), PyObject *const *args_, Py_ssize_t nargs)
{
    struct addr_lookup lookup = {0};
    PyObject *known = nargs == 1 ? known_name(args_[0]) : NULL;
    unsigned long long addr;
    int loose = 0;

    if (known != NULL || PyErr_Occurred()) {
        return known;
    }
    if (!mpyk_check_nargs("addr2sym", nargs, 1, 2) || mpyk_as_address(args_[0], &addr) < 0) {
        return NULL;
    }
    if (nargs > 1) {
        loose = PyObject_IsTrue(args_[1]);
        if (loose < 0) {
            return NULL;
        }
    }
    lookup.addr = (ulong)addr;
    if (mpyk_guarded(call_value_search, &lookup) < 0) {
        return NULL;
    }
    if (!loose) {
        int is_there = lookup.symbol != NULL && lookup.offset == 0;

        return remember_name(args_[0], is_there ? symbol_name(lookup.symbol) : Py_NewRef(Py_None));
    }
    if (lookup.symbol == NULL) {
        return Py_BuildValue("(Oi)", Py_None, 0);
    }
    return Py_BuildValue("(Nk)", symbol_name(lookup.symbol), lookup.offset);
}

static PyObject *
py_addr2mod(PyObject *Py_UNUSED(module), PyObject *arg)
{
    struct addr_lookup lookup = {0};
    unsigned long long addr;

    if (mpyk_as_address(arg, &addr) < 0) {
        return NULL;
    }
    lookup.addr = (ulong)addr;
    if (mpyk_guarded(call_module_symbol, &lookup) < 0) {
        return NULL;
    }
    if (!lookup.found || lookup.module == NULL) {
        Py_RETURN_NONE;
    }
    return mpyk_str(lookup.module->mod_name,
                    (Py_ssize_t)strnlen(lookup.module->mod_name, MAX_MOD_NAME));
}

void
mpyk_symbols_flush(void)
{
    Py_CLEAR(symbol_cache);
    Py_CLEAR(name_cache);
}

static PyMethodDef symbol_methods[] = {
    {"sym2addr", py_sym2addr, METH_O,
     "sym2addr(name) -> int: address of a symbol, 0 if there is none."},
    {"sym2alladdr", py_sym2alladdr, METH_O,
     "sym2alladdr(name) -> list[int]: all addresses of a symbol."},
    {"symbol_exists", py_symbol_exists, METH_O, "symbol_exists(name) -> bool"},
    {"addr2sym", MPYK_METHOD(py_addr2sym), METH_FASTCALL,
     "addr2sym(addr) -> str | None: the symbol at exactly this address.\n"
     "addr2sym(addr, True) -> (str | None, int): the symbol at or before it, and the offset."},
    {"addr2mod", py_addr2mod, METH_O,
     "addr2mod(addr) -> str | None: the module that the address belongs to."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_symbols_init(PyObject *module)
{
    return PyModule_AddFunctions(module, symbol_methods);
}
