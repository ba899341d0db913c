/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The `epython` command and the one way from crash into Python: mpyk_run().  The command line is
 * split here; pykdump/runtime/command_line.py says what its words mean.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "extension/epython.h"
#include "extension/interpreter.h"
#include "extension/pin.h"
#include "guard/signals.h"
#include "module/module.h"
#include "session/output.h"
#include "session/process_state.h"

/* What runner.main() returns when SIGINT ended the program. */
#define STATUS_INTERRUPTED 130

static int run_depth;

/* ---- running Python ---- */

static PyObject *
argv_list(int argc, char *const *argv)
{
    MPYK_REF *list = PyList_New(0);

    for (int i = 0; list != NULL && i < argc; i++) {
        if (mpyk_append(list, mpyk_str(argv[i], (Py_ssize_t)strlen(argv[i]))) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

/* Print one line about an exception that the runner itself could not handle.  PyErr_Print() would
 * obey SystemExit. */
static void
report_exception(const char *kind)
{
    MPYK_REF *exception = mpyk_take_exception();
    MPYK_REF *text = exception != NULL ? PyObject_Str(exception) : NULL;
    const char *message = text != NULL ? PyUnicode_AsUTF8(text) : NULL;

    mpyk_output_flush();
    if (!mpyk_output_broken()) {
        fprintf(fp, "%s: cannot run this %s: %s: %s\n", pc->curcmd, kind,
                exception != NULL ? Py_TYPE(exception)->tp_name : "unknown error",
                message != NULL ? message : "no message");
    }
    PyErr_Clear();
}

/* The status of the program, or -1 with an exception set. */
static long
call_main(const char *kind, int argc, char *const *argv)
{
    MPYK_REF *module = NULL;
    MPYK_REF *list = NULL;
    MPYK_REF *result = NULL;

    if (mpyk_output_install() < 0 || mpyk_signals_for_python() < 0) {
        return -1;
    }
    module = PyImport_ImportModule("pykdump.runtime.runner");
    list = module != NULL ? argv_list(argc, argv) : NULL;
    result = list != NULL ? PyObject_CallMethod(module, "main", "sO", kind, list) : NULL;
    return result != NULL ? PyLong_AsLong(result) : -1;
}

static int
call_runner(const char *kind, int argc, char *const *argv)
{
    long status = call_main(kind, argc, argv);

    if (PyErr_Occurred()) {
        report_exception(kind);
        status = 1;
    }
    return (int)status;
}

int
mpyk_run(const char *kind, int argc, char *const *argv)
{
    struct mpyk_signals signals;
    struct mpyk_process_state process;
    int status = 1;

    mpyk_signals_enter(&signals);
    mpyk_process_state_save(&process);
    if (mpyk_interp_start() == 0) {
        if (run_depth++ == 0) {
            mpyk_pin();
            mpyk_output_reset();
            mpyk_crash_module_run_starts();
        }
        status = call_runner(kind, argc, argv);
        /* A SIGINT that came too late for this program must not stop the next one. */
        if (PyErr_CheckSignals() < 0) {
            PyErr_Clear();
        }
        mpyk_output_flush();
        run_depth--;
    }
    mpyk_process_state_restore(&process);
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

/* Copy the next word of *line to *out, and move both behind it.  0 at the end of the line. */
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
 * crash ignores single quotes when it splits its command line, and accepts double quotes only at
 * the start of a word.  So split the typed line as a shell does: 'a b', "a b", --opt="a b".  As in
 * crash, (a b) is one word.  Use crash's own words if orig_line is not the line that runs: for an
 * alias, and for `command < arguments-file`.
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

static void __attribute__((noinline))
run_line(void)
{
    struct mpyk_words words;

    mpyk_split_line(&words);
    (void)mpyk_run("command line", words.argc, words.argv);
}

void
mpyk_cmd_epython(void)
{
    run_line();
    if (run_depth == 0) {
        (void)mpyk_unpin();
    }
}
