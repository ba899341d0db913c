/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See bundle_file.h. */
#include "base/pycompat.h"

#include "base/cleanup.h"
#include "extension/bundle_file.h"
#include "extension/so_path.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int kept = -1;

void
mpyk_bundle_file_keep(void)
{
    const char *path = mpyk_so_path();

    if (path != NULL && kept < 0) {
        kept = open(path, O_RDONLY | O_CLOEXEC);
    }
}

void
mpyk_bundle_file_forget(void)
{
    if (kept >= 0) {
        close(kept);
    }
    kept = -1;
}

/* Opening this link opens the same file again, with another offset, even if its name is gone. */
static PyObject *
kept_file_link(void)
{
    return PyUnicode_FromFormat("/proc/self/fd/%d", kept);
}

static int
is_this_file(PyObject *path)
{
    const char *own = mpyk_so_path();
    const char *text = PyUnicode_AsUTF8(path);

    if (text == NULL) {
        PyErr_Clear(); /* a name that is no UTF-8 is compared by Python's rules */
    }
    return text != NULL && own != NULL && strcmp(text, own) == 0;
}

/* The function behind io.open_code(), by which zipimport opens archives. */
static PyObject *
open_code(PyObject *path, void *Py_UNUSED(data))
{
    MPYK_REF *io = PyImport_ImportModule("_io");
    MPYK_REF *link = NULL;
    PyObject *file;

    if (io == NULL) {
        return NULL;
    }
    if (kept >= 0 && is_this_file(path)) {
        link = kept_file_link();
        file = link != NULL ? PyObject_CallMethod(io, "open", "Os", link, "rb") : NULL;
        if (file != NULL || !PyErr_ExceptionMatches(PyExc_OSError)) {
            return file;
        }
        PyErr_Clear(); /* there is no /proc here */
    }
    return PyObject_CallMethod(io, "open", "Os", path, "rb");
}

int
mpyk_bundle_file_install(void)
{
    return PyFile_SetOpenCodeHook(open_code, NULL);
}
