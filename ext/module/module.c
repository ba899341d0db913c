/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See module.h. */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/cleanup.h"
#include "base/failure.h"
#include "dump/direct_pages.h"
#include "dump/page_cache.h"
#include "dump/readmem.h"
#include "module/module.h"
#include "session/capture.h"
#include "types/start.h"
#include "types/types.h"
#include "values/values.h"

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
    /* In minimal mode crash has not found these values: they are 0. */
    if (PyModule_AddIntConstant(module, "PAGESIZE", (long)machdep->pagesize) < 0 ||
        PyModule_AddIntConstant(module, "PAGE_CACHE_SHIFT", (long)machdep->pageshift) < 0) {
        return -1;
    }
    return add_versions(module);
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
        mpyk_failures_init,       add_constants,
        mpyk_convert_init,        mpyk_memory_init,
        mpyk_lists_init,          mpyk_symbols_init,
        mpyk_commands_init,       mpyk_tasks_init,
        mpyk_values_init,         mpyk_value_functions_init,
        mpyk_type_functions_init, mpyk_completion_init,
        mpyk_line_editor_init,    mpyk_input_reader_init,
        mpyk_repl_input_init,     mpyk_version_init,
    };
    MPYK_REF *module = PyModule_Create(&crash_module);

    for (size_t i = 0; module != NULL && i < Py_ARRAY_LENGTH(parts); i++) {
        if (parts[i](module) < 0) {
            return NULL;
        }
    }
    return module != NULL && mpyk_types_start() == 0 ? mpyk_keep(&module) : NULL;
}

void
mpyk_crash_module_run_starts(void)
{
    mpyk_readmem_run_starts();
    mpyk_symbols_flush();
    if (ACTIVE()) {
        mpyk_type_sources_changed(NULL);
    }
}

void
mpyk_crash_module_clear(void)
{
    mpyk_input_reader_clear();
    mpyk_symbols_flush();
    mpyk_cache_free();
    mpyk_dump_pages_clear();
    mpyk_capture_clear();
    mpyk_failures_clear();
}
