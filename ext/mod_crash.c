/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The `crash` module itself: its constants, and its parts put together.
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "dump_pages.h"
#include "epython.h"
#include "mod_crash.h"
#include "page_cache.h"
#include "readline_access.h"
#include "types.h"

PyObject *mpyk_error;

static const struct {
    const char *name;
    long value;
} int_constants[] = {
    {"KVADDR", KVADDR},           {"UVADDR", UVADDR},       {"PHYSADDR", PHYSADDR},
    {"XENMACHADDR", XENMACHADDR}, {"AMBIGUOUS", AMBIGUOUS}, {"default_timeout", 120},
};

static int
add_versions(PyObject *module)
{
    const char *running = pc->program_version != NULL ? pc->program_version : "unknown";

    if (PyModule_AddStringConstant(module, "version", MPYK_VERSION) < 0 ||
        PyModule_AddStringConstant(module, "source_id", MPYK_SOURCE_ID) < 0 ||
        PyModule_AddStringConstant(module, "Crash_run", running) < 0 ||
        PyModule_AddStringConstant(module, "Crash_build", MPYK_BUILT_FOR_CRASH) < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "WARNING", "+++WARNING+++");
}

static int
add_constants(PyObject *module)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(int_constants); i++) {
        if (PyModule_AddIntConstant(module, int_constants[i].name, int_constants[i].value) < 0) {
            return -1;
        }
    }
    /* In minimal mode crash has not worked these out: they are 0. */
    if (PyModule_AddIntConstant(module, "HZ", (long)machdep->hz) < 0 ||
        PyModule_AddIntConstant(module, "PAGESIZE", (long)machdep->pagesize) < 0 ||
        PyModule_AddIntConstant(module, "PAGE_CACHE_SHIFT", (long)machdep->pageshift) < 0) {
        return -1;
    }
    return add_versions(module);
}

static int
add_error(PyObject *module)
{
    mpyk_error =
        PyErr_NewExceptionWithDoc("crash.error", "What crash or the dump cannot do.", NULL, NULL);
    return mpyk_error == NULL ? -1 : PyModule_AddObjectRef(module, "error", mpyk_error);
}

static struct PyModuleDef crash_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "crash",
    .m_doc = "The running crash session: memory, symbols, types, tasks and commands.",
    .m_size = -1,
};

PyObject *
mpyk_crash_module_init(void)
{
    static int (*const parts[])(PyObject *) = {
        add_error,           add_constants,         mpyk_mod_convert_init, mpyk_mod_memory_init,
        mpyk_mod_lists_init, mpyk_mod_symbols_init, mpyk_mod_exec_init,    mpyk_mod_tasks_init,
        mpyk_types_init,     mpyk_mod_names_init,   mpyk_mod_readline_init, mpyk_mod_version_init,
    };
    PyObject *module = PyModule_Create(&crash_module);

    for (size_t i = 0; module != NULL && i < Py_ARRAY_LENGTH(parts); i++) {
        if (parts[i](module) < 0) {
            Py_CLEAR(module);
        }
    }
    return module;
}

void
mpyk_run_starts(void)
{
    mpyk_memory_run_starts();
    mpyk_symbols_run_starts();
    mpyk_sources_run_starts();
}

void
mpyk_crash_module_clear(void)
{
    mpyk_readline_forget();
    mpyk_symbols_flush();
    mpyk_cache_free();
    mpyk_dump_pages_clear();
    mpyk_exec_clear();
    Py_CLEAR(mpyk_error);
}
