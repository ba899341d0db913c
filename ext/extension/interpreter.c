/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See interpreter.h.  Python starts at the first command and not at `extend`.  It uses neither the
 * machine's Python nor PYTHON* variables: its whole library is the ZIP inside this shared object.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/cleanup.h"
#include "extension/bundle_file.h"
#include "extension/heap.h"
#include "extension/init_python.h"
#include "extension/interpreter.h"
#include "extension/park.h"
#include "extension/recursion.h"
#include "extension/so_path.h"
#include "guard/signals.h"
#include "module/module.h"
#include "session/output.h"
#include "types/start.h"
#include "values/values.h"

#include <errno.h>

static char *start_failure;

/*
 * Python does not install its handlers of SIGPIPE and SIGINT.  crash's handlers are restored by the
 * run that has started Python.
 */
static int
start(char **reason)
{
    const char *path = mpyk_so_path();

    *reason = NULL;
    if (path == NULL) {
        if (asprintf(reason, "its own file cannot be found (%s)", strerror(errno)) < 0) {
            *reason = NULL;
        }
        return -1;
    }
    if (mpyk_bundle_file_install() < 0 ||
        PyImport_AppendInittab("crash", mpyk_crash_module_init) < 0) {
        return -1;
    }
    if (mpyk_init_python(path, reason) < 0) {
        return -1;
    }
    return mpyk_recursion_init();
}

int
mpyk_interp_start(void)
{
    if (Py_IsInitialized()) {
        return 0;
    }
    /*
     * After a failed start the state of Python is undefined, so a second attempt only repeats the
     * answer.
     */
    if (start_failure == NULL && start(&start_failure) == 0) {
        return 0;
    }
    fprintf(fp,
            "%s: the embedded Python %s cannot start: %s. Load the extension again from a complete "
            "file.\n",
            pc->curcmd, PY_VERSION, start_failure != NULL ? start_failure : "out of memory");
    return -1;
}

/* The functions that programs gave to atexit.register() may still use the dump and its types.
 * SIGINT stays blocked: unloading must not stop half-way. */
static void
run_exit_functions(void)
{
    MPYK_REF *module = PyImport_ImportModule("atexit");
    MPYK_REF *result = module != NULL ? PyObject_CallMethod(module, "_run_exitfuncs", NULL) : NULL;

    if (result == NULL) {
        PyErr_Clear();
    }
    mpyk_output_flush();
}

static void
finalize(void)
{
    pid_t threads[MPYK_THREADS_MAX];
    int count;

    mpyk_output_reset();
    run_exit_functions();
    count = mpyk_other_threads(threads);
    mpyk_output_reset();
    mpyk_recursion_clear();
    mpyk_types_stop();
    mpyk_values_clear();
    mpyk_crash_module_clear();
    mpyk_signals_clear();
    mpyk_output_clear();
    Py_FinalizeEx();
    mpyk_signals_stop();
    if (!mpyk_park_threads(threads, count)) {
        mpyk_heap_release();
    }
}

void
mpyk_interp_stop(void)
{
    if (Py_IsInitialized()) {
        finalize();
    }
    mpyk_bundle_file_forget();
    mpyk_so_path_forget();
    free(start_failure);
    start_failure = NULL;
}
