/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Python's start by PyPreConfig and PyConfig: 3.9 to 3.13.
 */
#include "base/pycompat.h"

#include "extension/heap.h"
#include "extension/init_python.h"
#include "extension/so_path.h"

#if PY_VERSION_HEX < 0x030E0000

static PyStatus
append_search_path(PyConfig *config, const char *so_path, const char *suffix)
{
    char *path = mpyk_path_with_suffix(so_path, suffix);
    wchar_t *wide = path != NULL ? Py_DecodeLocale(path, NULL) : NULL;
    PyStatus status = PyStatus_NoMemory();

    free(path);
    if (wide != NULL) {
        status = PyWideStringList_Append(&config->module_search_paths, wide);
        PyMem_RawFree(wide);
    }
    return status;
}

/* Set every path that Python would otherwise derive from the build machine or from this machine. */
static PyStatus
set_paths(PyConfig *config, const char *so_path)
{
    wchar_t **const places[] = {
        &config->prefix,      &config->exec_prefix,
        &config->base_prefix, &config->base_exec_prefix,
        &config->executable,  &config->base_executable,
        &config->home,        &config->program_name,
    };
    PyStatus status = PyStatus_Ok();
    char *stdlib;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(places) && !PyStatus_Exception(status); i++) {
        status = PyConfig_SetBytesString(config, places[i], so_path);
    }
    if (PyStatus_Exception(status)) {
        return status;
    }
    config->module_search_paths_set = 1;
    status = append_search_path(config, so_path, "/stdlib");
    if (!PyStatus_Exception(status)) {
        status = append_search_path(config, so_path, "");
    }
    stdlib = mpyk_path_with_suffix(so_path, "/stdlib");
    if (!PyStatus_Exception(status)) {
        status = stdlib != NULL ? mpyk_config_set_stdlib_dir(config, stdlib) : PyStatus_NoMemory();
    }
    free(stdlib);
    return status;
}

static PyStatus
preinitialize(void)
{
    PyPreConfig preconfig;

    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    return Py_PreInitialize(&preconfig);
}

static PyStatus
initialize(const char *so_path)
{
    PyConfig config;
    PyStatus status;

    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.write_bytecode = 0;
    config.install_signal_handlers = 0;
    config.pathconfig_warnings = 0;
    config.parse_argv = 0;
    mpyk_config_by_version(&config);
    status = set_paths(&config, so_path);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

int
mpyk_init_python(const char *so_path, char **reason)
{
    PyStatus status = preinitialize();
    const char *text, *where;

    if (!PyStatus_Exception(status)) {
        mpyk_heap_install();
        status = initialize(so_path);
    }
    if (!PyStatus_Exception(status)) {
        return 0;
    }
    where = status.func != NULL ? status.func : "Python";
    text = status.err_msg != NULL ? status.err_msg : "unknown error";
    if (asprintf(reason, "%s: %s", where, text) < 0) {
        *reason = NULL;
    }
    return -1;
}

#endif
