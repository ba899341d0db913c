/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program that has imported the module `readline` sets for input(): the function that reads
 * the lines on a terminal (otherwise it is Python's own), and lines of inputrc.
 */
#include "base/pycompat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "crash/readline_access.h"
#include "crash/readline_bindings.h"
#include "module/module.h"

/* NULL: Python's own function. */
static PyObject *input_reader;

/* The answer of the reader as Python wants it: with a newline, empty at the end of the input. */
static char *
ask_reader(const char *prompt)
{
    MPYK_REF *text = mpyk_str(prompt, (Py_ssize_t)strlen(prompt));
    MPYK_REF *answer = text != NULL ? PyObject_CallFunctionObjArgs(input_reader, text, NULL) : NULL;
    MPYK_REF *bytes = NULL;
    const char *end = "";
    char *line;
    size_t size = 0;

    if (answer == NULL) {
        return NULL;
    }
    if (answer != Py_None) {
        bytes = PyUnicode_AsEncodedString(answer, "utf-8", "surrogateescape");
        if (bytes == NULL) {
            return NULL;
        }
        size = (size_t)PyBytes_GET_SIZE(bytes);
        end = "\n";
    }
    line = PyMem_RawMalloc(size + strlen(end) + 1);
    if (line == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(line, bytes != NULL ? PyBytes_AS_STRING(bytes) : "", size);
    strcpy(line + size, end);
    return line;
}

/* PyOS_ReadlineFunctionPointer: Python calls it without the GIL. */
static char *
read_for_input(FILE *Py_UNUSED(in), FILE *Py_UNUSED(out), const char *prompt)
{
    PyGILState_STATE state = PyGILState_Ensure();
    char *line = ask_reader(prompt);

    PyGILState_Release(state);
    return line;
}

static PyObject *
py_set_input_reader(PyObject *Py_UNUSED(module), PyObject *reader)
{
    PyObject *before = input_reader != NULL ? input_reader : Py_NewRef(Py_None);

    input_reader = reader != Py_None ? Py_NewRef(reader) : NULL;
    PyOS_ReadlineFunctionPointer = input_reader != NULL ? read_for_input : NULL;
    return before;
}

void
mpyk_input_reader_clear(void)
{
    PyOS_ReadlineFunctionPointer = NULL;
    Py_CLEAR(input_reader);
}

static PyObject *
py_edit_accepts(PyObject *Py_UNUSED(module), PyObject *line)
{
    const char *text = mpyk_as_text(line);
    struct mpyk_readline_bindings *saved;
    int refused = 0;

    if (text == NULL) {
        return NULL;
    }
    if (mpyk_readline_found() && (saved = mpyk_readline_bindings_save()) != NULL) {
        refused = mpyk_readline_bind(text);
        mpyk_readline_bindings_restore(saved);
    }
    return PyBool_FromLong(!refused);
}

static PyMethodDef input_methods[] = {
    {"_edit_accepts", py_edit_accepts, METH_O,
     "_edit_accepts(line) -> bool: whether readline takes a line of inputrc."},
    {"_set_input_reader", py_set_input_reader, METH_O,
     "_set_input_reader(reader) -> the one before: reader(prompt) reads the lines of input() on a "
     "terminal; None for Python's own."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_input_reader_init(PyObject *module)
{
    return PyModule_AddFunctions(module, input_methods);
}
