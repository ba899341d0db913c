/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Python's start by PyInitConfig (PEP 741): 3.14 and later.  Its default is the isolated
 * configuration: no environment variables, no user site, no path of the program.
 */
#include "base/pycompat.h"

#include "extension/heap.h"
#include "extension/init_python.h"
#include "extension/so_path.h"

#if PY_VERSION_HEX >= 0x030E0000

static int
set_numbers(PyInitConfig *config)
{
    static const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"utf8_mode", 1},           {"site_import", 0}, {"write_bytecode", 0},
        {"pathconfig_warnings", 0}, {"parse_argv", 0},  {"install_signal_handlers", 0},
        {"use_frozen_modules", 1},  {"safe_path", 1},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(numbers); i++) {
        if (PyInitConfig_SetInt(config, numbers[i].name, numbers[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Set every path that Python would otherwise derive from the build machine or from this machine. */
static int
set_paths(PyInitConfig *config, const char *so_path, const char *stdlib)
{
    static const char *const places[] = {
        "prefix",     "exec_prefix",     "base_prefix", "base_exec_prefix",
        "executable", "base_executable", "home",        "program_name",
    };
    char *const searched[] = {(char *)stdlib, (char *)so_path};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(places); i++) {
        if (PyInitConfig_SetStr(config, places[i], so_path) < 0) {
            return -1;
        }
    }
    if (PyInitConfig_SetStr(config, "stdlib_dir", stdlib) < 0) {
        return -1;
    }
    return PyInitConfig_SetStrList(config, "module_search_paths", Py_ARRAY_LENGTH(searched),
                                   searched);
}

static char *
error_of(PyInitConfig *config)
{
    const char *text = NULL;

    if (config == NULL || PyInitConfig_GetError(config, &text) <= 0 || text == NULL) {
        return strdup("no memory");
    }
    return strdup(text);
}

int
mpyk_init_python(const char *so_path, char **reason)
{
    char *stdlib = mpyk_path_with_suffix(so_path, "/stdlib");
    PyInitConfig *config;
    int result = -1;

    /*
     * There is no separate pre-initialisation, and the configuration itself already allocates
     * memory.
     */
    mpyk_heap_install();
    config = PyInitConfig_Create();
    if (config != NULL && stdlib != NULL && set_numbers(config) == 0 &&
        set_paths(config, so_path, stdlib) == 0) {
        result = Py_InitializeFromInitConfig(config);
    }
    if (result < 0) {
        *reason = error_of(config);
    }
    if (config != NULL) {
        PyInitConfig_Free(config);
    }
    free(stdlib);
    return result < 0 ? -1 : 0;
}

#endif
