/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The `epython` command and the one way from crash into Python: mpyk_run().  The command line is
 * split here; pykdump/runtime/command_line.py says what its words mean.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "crash/layout.h"
#include "crash/symbols.h"
#include "extension/epython.h"
#include "extension/interpreter.h"
#include "extension/so_path.h"
#include "gdb/bridge.h"
#include "guard/crash_fit.h"
#include "guard/signals.h"
#include "module/module.h"
#include "session/output.h"

/* What runner.main() returns when SIGINT ended the program. */
#define STATUS_INTERRUPTED 130

static int run_depth;

/* ---- running Python ---- */

static PyObject *
argv_list(int argc, char *const *argv)
{
    PyObject *list = PyList_New(argc);

    for (int i = 0; list != NULL && i < argc; i++) {
        PyObject *item =
            PyUnicode_DecodeUTF8(argv[i], (Py_ssize_t)strlen(argv[i]), "surrogateescape");

        if (item == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

/* One line on an exception that the runner itself could not handle.  Never PyErr_Print(): it obeys
 * SystemExit. */
static void
report_exception(const char *kind)
{
    PyObject *exception = mpyk_take_exception();
    PyObject *text = exception != NULL ? PyObject_Str(exception) : NULL;
    const char *message = text != NULL ? PyUnicode_AsUTF8(text) : NULL;

    mpyk_output_flush();
    if (!mpyk_output_broken()) {
        fprintf(fp, "%s: cannot run this %s: %s: %s\n", pc->curcmd, kind,
                exception != NULL ? Py_TYPE(exception)->tp_name : "unknown error",
                message != NULL ? message : "no message");
    }
    Py_XDECREF(text);
    Py_XDECREF(exception);
    PyErr_Clear();
}

static int
call_runner(const char *kind, int argc, char *const *argv)
{
    PyObject *module = NULL, *list = NULL, *result = NULL;
    long status = 1;

    if (mpyk_output_install() == 0 && mpyk_signals_for_python() == 0) {
        module = PyImport_ImportModule("pykdump.runtime.runner");
    }
    if (module != NULL) {
        list = argv_list(argc, argv);
    }
    if (list != NULL) {
        result = PyObject_CallMethod(module, "main", "sO", kind, list);
    }
    if (result != NULL) {
        status = PyLong_AsLong(result);
    }
    if (PyErr_Occurred()) {
        report_exception(kind);
        status = 1;
    }
    Py_XDECREF(result);
    Py_XDECREF(list);
    Py_XDECREF(module);
    return (int)status;
}

int
mpyk_run(const char *kind, int argc, char *const *argv)
{
    struct mpyk_signals signals;
    int status = 1;

    mpyk_signals_enter(&signals);
    if (mpyk_interp_start() == 0) {
        if (run_depth++ == 0) {
            mpyk_output_reset();
            mpyk_crash_module_run_starts();
        }
        status = call_runner(kind, argc, argv);
        /* A SIGINT that came too late for this program must not hit the next one. */
        if (PyErr_CheckSignals() < 0) {
            PyErr_Clear();
        }
        mpyk_output_flush();
        run_depth--;
    }
    (void)mpyk_signals_leave(&signals);
    if (status == STATUS_INTERRUPTED && run_depth > 0) {
        mpyk_signals_repeat();
    }
    return status;
}

int
mpyk_run_depth(void)
{
    return run_depth;
}

/* ---- the command line ---- */

/* Copy the next word of *line to *out (both move on).  0 at the end of the line. */
static int
next_word(const char **line, const char *end, char **out)
{
    const char *p = *line;
    char *o = *out;
    int depth = 0;
    char quote = 0;

    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n')) {
        p++;
    }
    if (p >= end) {
        return 0;
    }
    for (int expression = *p == '('; p < end; p++) {
        if (quote == 0 && expression && (*p == '(' || *p == ')')) {
            depth += *p == '(' ? 1 : -1;
        }
        if (quote == 0 && depth == 0 && (*p == ' ' || *p == '\t' || *p == '\n')) {
            break;
        }
        if (quote == 0 && !expression && (*p == '"' || *p == '\'')) {
            quote = *p;
        } else if (quote != 0 && *p == quote) {
            quote = 0;
        } else {
            *o++ = *p;
        }
    }
    *o++ = '\0';
    *line = p;
    *out = o;
    return 1;
}

/*
 * crash splits its command line without regard to single quotes, and to double quotes only at a
 * word's start.  So split what the user typed in a shell's manner instead: 'a b', "a b", --opt="a
 * b"; (a b) stays one word as crash has it. Fall back on crash's own words where orig_line is not
 * what is being run: an alias, or `command < arguments-file`.
 */
int
mpyk_split_line(struct mpyk_words *words)
{
    size_t size = strnlen(pc->orig_line, BUFSIZE - 1);
    const char *line = pc->orig_line, *end;
    char *out = words->text, *word = out;

    if (pc->eoc_index > 0 && (size_t)pc->eoc_index < size) {
        size = (size_t)pc->eoc_index;
    }
    end = pc->orig_line + size;
    words->argc = 0;
    while (words->argc < MAXARGS - 1 && next_word(&line, end, &out)) {
        words->argv[words->argc++] = word;
        word = out;
    }
    if (words->argc == 0 || args[0] == NULL || strcmp(words->argv[0], args[0]) != 0 ||
        pc->args_ifile != NULL) {
        words->argc = argcnt;
        memcpy(words->argv, args, sizeof(words->argv));
    }
    words->argv[words->argc] = NULL;
    return words->argc;
}

void
mpyk_cmd_epython(void)
{
    struct mpyk_words words;

    mpyk_split_line(&words);
    (void)mpyk_run("command line", words.argc, words.argv);
}
