/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The facts of `epython -V`.  pykdump/runtime/version_report.py writes the report.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/cleanup.h"
#include "crash/layout.h"
#include "crash/symbols.h"
#include "gdb/bridge.h"
#include "guard/crash_fit.h"
#include "module/module.h"

/* [(name, present, since, fallback, feature)] of crash's own names, or of those of a gdb bridge. */
static PyObject *
symbols_list(int gdb)
{
    MPYK_REF *list = PyList_New(0);
    struct mpyk_symbol_row row;

    for (int i = 0; list != NULL && mpyk_symbols_get(gdb, i, &row); i++) {
        if (mpyk_append(list, Py_BuildValue("(sNzzz)", row.name, PyBool_FromLong(row.present),
                                            row.since, row.fallback, row.feature)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

/* [(name, size in the running crash, size when this file was built, bytes used)] of structures. */
static PyObject *
sizes_list(void)
{
    MPYK_REF *list = PyList_New(0);
    struct mpyk_layout_size row;

    for (int i = 0; list != NULL && mpyk_layout_get(i, &row); i++) {
        if (mpyk_append(list, Py_BuildValue("(snnn)", row.name, (Py_ssize_t)row.running,
                                            (Py_ssize_t)row.built, (Py_ssize_t)row.used)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

PyDoc_STRVAR(version_facts_doc, "_version_facts()\n--\n\nWhat `epython -V` reports, as a dict.");

static PyObject *
version_facts(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    const char *target =
        MPYK_HAS(build_target) && build_target != NULL ? build_target : MACHINE_TYPE;

    return Py_BuildValue("{s:s, s:z, s:s, s:N, s:i, s:N, s:N, s:N}", "machine", MACHINE_TYPE, "gdb",
                         pc->gdb_version, "target", target, "own_release",
                         PyBool_FromLong(mpyk_runs_in_its_release()), "gdb_major", mpyk_gdb_major(),
                         "from_crash", symbols_list(0), "from_gdb", symbols_list(mpyk_gdb_major()),
                         "structures", sizes_list());
}

static PyMethodDef version_methods[] = {
    {"_version_facts", version_facts, METH_NOARGS, version_facts_doc},
    {NULL, NULL, 0, NULL},
};

int
mpyk_version_init(PyObject *module)
{
    return PyModule_AddFunctions(module, version_methods);
}
