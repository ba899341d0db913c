/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs commands of crash and gdb from Python, nested to any depth, and returns their output as
 * text. Registers commands of programs.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "guard/guard.h"
#include "module/module.h"
#include "session/capture.h"
#include "session/command_table.h"
#include "session/output.h"
#include "session/shell_escape.h"

#include <unistd.h>

struct execution {
    FILE *capture;
    const char *command;
    int ok;
};

/*
 * The crash.error of a failed command has all text that the command printed.  crash's own message
 * is part of it; the reason that gdb threw is not, and is added.
 */
static void
add_printed_text(PyObject *printed)
{
    MPYK_REF *exception = NULL;
    MPYK_REF *reason = NULL;

    if (!mpyk_failure_is(MPYK_FAIL_CRASH) || PyUnicode_GET_LENGTH(printed) == 0) {
        return;
    }
    exception = mpyk_take_exception();
    reason = PyObject_Str(exception);
    if (reason == NULL) {
        return;
    }
    mpyk_fail_with(MPYK_FAIL_CRASH, PyUnicode_Contains(printed, reason) == 1
                                        ? Py_NewRef(printed)
                                        : PyUnicode_FromFormat("%U%U", printed, reason));
}

/*
 * Run call(e) and collect crash's output.  The text; NULL with an exception set if the call failed.
 */
static PyObject *
collect(int (*guarded)(mpyk_call, void *), mpyk_call call, struct execution *e)
{
    int rc, outer_broken = mpyk_output_broken();
    PyObject *exception;
    MPYK_REF *text = NULL;

    mpyk_output_flush();
    e->capture = mpyk_capture_open();
    if (e->capture == NULL) {
        return NULL;
    }
    mpyk_output_set_broken(0);
    rc = guarded(call, e);
    mpyk_output_set_broken(outer_broken);
    exception = rc < 0 ? mpyk_take_exception() : NULL;
    text = mpyk_capture_text(e->capture);
    mpyk_capture_close(e->capture);
    if (rc == 0) {
        return mpyk_keep(&text);
    }
    mpyk_set_exception(exception);
    if (text != NULL) {
        add_printed_text(text);
    }
    return NULL;
}

/* ---- crash commands ---- */

static void
call_exec_command(void *arg)
{
    struct execution *e = arg;

    fp = e->capture;
    strcpy(pc->command_line, e->command);
    strcpy(pc->orig_line, e->command);
    argcnt = parse_line(pc->command_line, args);
    if (argcnt > 0 && !mpyk_shell_escape(e->command)) {
        exec_command();
    }
    fflush(fp);
}

/* Whether `word` is the first word of a command line. */
static int
command_is(const char *line, const char *word)
{
    size_t size = strlen(word);

    while (*line == ' ' || *line == '\t') {
        line++;
    }
    return strncmp(line, word, size) == 0 &&
           (line[size] == '\0' || line[size] == ' ' || line[size] == '\t');
}

static int
check_command(const char *line)
{
    if (strlen(line) >= BUFSIZE) {
        mpyk_fail(MPYK_FAIL_CRASH, "a crash command has at most %d characters; this one has %zu",
                  BUFSIZE - 1, strlen(line));
        return -1;
    }
    if (strchr(line, '\n') != NULL) {
        mpyk_fail(MPYK_FAIL_CRASH,
                  "a crash command is one line; run the lines one after the other");
        return -1;
    }
    return 0;
}

/* Whether crash did not know a command: it only prints this.  1 or 0; -1 with an exception. */
static int
is_unknown_command(PyObject *text, const char *command)
{
    static const char *const formats[] = {"%s: command not found: ",
                                          "%s: %U: command not available in minimal mode"};
    MPYK_REF *word = mpyk_str(command, (Py_ssize_t)strcspn(command, " \t"));
    Py_ssize_t found = word == NULL ? -1 : 0;

    for (size_t i = 0; found == 0 && i < Py_ARRAY_LENGTH(formats); i++) {
        MPYK_REF *start = PyUnicode_FromFormat(formats[i], pc->program_name, word);

        found = start == NULL ? -1 : PyUnicode_Tailmatch(text, start, 0, PY_SSIZE_T_MAX, -1);
    }
    return (int)found;
}

static PyObject *
py_exec_crash_command(PyObject *Py_UNUSED(module), PyObject *args_, PyObject *kw)
{
    static char *names[] = {"command", "no_stdout", NULL};
    struct execution e = {0};
    MPYK_REF *text = NULL;
    PyObject *command;
    int no_stdout = 0;

    if (!PyArg_ParseTupleAndKeywords(args_, kw, "U|p:exec_crash_command", names, &command,
                                     &no_stdout)) {
        return NULL;
    }
    e.command = mpyk_as_text(command);
    if (e.command == NULL || check_command(e.command) < 0) {
        return NULL;
    }
    text = collect(mpyk_guarded_command, call_exec_command, &e);
    if (command_is(e.command, "mod") || command_is(e.command, "sym") ||
        command_is(e.command, "set")) {
        mpyk_symbols_flush();
    }
    if (text == NULL) {
        return NULL;
    }
    switch (is_unknown_command(text, e.command + strspn(e.command, " \t"))) {
    case 0:
        return mpyk_keep(&text);
    case 1:
        return mpyk_fail_with(MPYK_FAIL_CRASH, mpyk_keep(&text));
    default:
        return NULL;
    }
}

/*
 * For a forked child: the output of the command goes into the pipe at once, so that a timeout loses
 * nothing.
 */
static PyObject *
py_exec_crash_command_fd(PyObject *Py_UNUSED(module), PyObject *args_)
{
    struct execution e = {0};
    PyObject *command;
    int fd, rc;

    if (!PyArg_ParseTuple(args_, "Ui:_exec_crash_command_fd", &command, &fd)) {
        return NULL;
    }
    e.command = mpyk_as_text(command);
    if (e.command == NULL || check_command(e.command) < 0) {
        return NULL;
    }
    if (fd < 0) {
        Py_RETURN_NONE;
    }
    mpyk_output_flush();
    fd = dup(fd);
    e.capture = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (e.capture == NULL) {
        PyErr_SetFromErrno(PyExc_OSError);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    setvbuf(e.capture, NULL, _IOLBF, BUFSIZ);
    rc = mpyk_guarded_command(call_exec_command, &e);
    fclose(e.capture);
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
py_redirected(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong((pc->redirect & (REDIRECT_TO_PIPE | REDIRECT_TO_FILE)) != 0);
}

/* ---- gdb ---- */

static void
call_gdb(void *arg)
{
    struct execution *e = arg;

    fp = e->capture;
    /* Without GNU_RETURN_ON_ERROR gdb's exception arrives here, and with it gdb's reason. */
    if (!mpyk_shell_escape(e->command)) {
        gdb_pass_through((char *)e->command, e->capture, 0);
    }
    fflush(fp);
}

static PyObject *
py_exec_gdb_command(PyObject *Py_UNUSED(module), PyObject *command)
{
    struct execution e = {.command = mpyk_as_text(command)};

    if (e.command == NULL || *e.command == '\0') {
        return e.command != NULL ? PyUnicode_FromString("") : NULL;
    }
    return collect(mpyk_guarded_command, call_gdb, &e);
}

static PyObject *
py_get_GDB_output(PyObject *module, PyObject *command)
{
    MPYK_REF *text = py_exec_gdb_command(module, command);

    if (text == NULL && mpyk_forget(MPYK_FAIL_CRASH) == 0) {
        return Py_NewRef(Py_None);
    }
    return mpyk_keep(&text);
}

/* ---- where crash's error messages go ---- */

static void
call_set_error(void *arg)
{
    struct execution *e = arg;

    e->ok = set_error((char *)e->command) != NULL;
}

static PyObject *
py_crash_set_error(PyObject *Py_UNUSED(module), PyObject *target)
{
    struct execution e = {.command = mpyk_as_text(target)};
    MPYK_MALLOC char *old = strdup(pc->error_path != NULL ? pc->error_path : "default");

    if (old == NULL) {
        return PyErr_NoMemory();
    }
    /* The guard of a command keeps what set_error() has set, and lets set_error() free the old
     * value. */
    if (e.command == NULL || mpyk_guarded_command(call_set_error, &e) < 0) {
        return NULL;
    }
    if (!e.ok) {
        return mpyk_fail(MPYK_FAIL_CRASH, "crash cannot write its errors to %s", e.command);
    }
    return PyUnicode_DecodeFSDefault(old);
}

/* ---- commands of programs ---- */

static PyObject *
py_register_epython_prog(PyObject *Py_UNUSED(module), PyObject *args_)
{
    const char *name, *summary, *synopsis, *text, *reason = "";

    if (!PyArg_ParseTuple(args_, "ssss:register_epython_prog", &name, &summary, &synopsis, &text)) {
        return NULL;
    }
    switch (mpyk_command_add(name, summary, synopsis, text, &reason)) {
    case 0:
        Py_RETURN_TRUE;
    case 1:
        /* No exception: a start-up script must go on with its other programs. */
        PySys_FormatStderr("register_epython_prog: there is a `%s` command already, which stays; "
                           "use `epython %s`.\n",
                           name, name);
        Py_RETURN_FALSE;
    default:
        return mpyk_fail(MPYK_FAIL_CRASH, "cannot register `%s`: %s", name, reason);
    }
}

static PyObject *
py_get_epython_cmds(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    MPYK_REF *list = PyList_New(0);
    const char *name;

    for (int i = 0; list != NULL && (name = mpyk_command_name(i)) != NULL; i++) {
        if (mpyk_append(list, PyUnicode_FromString(name)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

static PyMethodDef exec_methods[] = {
    {"exec_crash_command", MPYK_METHOD(py_exec_crash_command), METH_VARARGS | METH_KEYWORDS,
     "exec_crash_command(command, no_stdout=False) -> str: run a crash command; crash.error with "
     "the text so far when it "
     "fails.  Its messages are part of the text; no_stdout is accepted for old scripts."},
    {"_exec_crash_command_fd", py_exec_crash_command_fd, METH_VARARGS,
     "_exec_crash_command_fd(command, fd): run a crash command that prints into fd; with -1 only "
     "check it."},
    {"_redirected", py_redirected, METH_NOARGS,
     "_redirected() -> bool: whether the user sends this command's output to a pipe or a file."},
    {"exec_gdb_command", py_exec_gdb_command, METH_O,
     "exec_gdb_command(command) -> str: run a gdb command; crash.error with gdb's text when it "
     "fails."},
    {"get_GDB_output", py_get_GDB_output, METH_O,
     "get_GDB_output(command) -> str | None: the same; None when it fails."},
    {"crash_set_error", py_crash_set_error, METH_O,
     "crash_set_error(target) -> str: send crash's errors to 'default', 'redirect' or a file; "
     "returns the old target."},
    {"register_epython_prog", py_register_epython_prog, METH_VARARGS,
     "register_epython_prog(name, summary, synopsis, help) -> bool: make the program `name` a "
     "crash command.  If there is such a command, warn and return False."},
    {"get_epython_cmds", py_get_epython_cmds, METH_NOARGS,
     "get_epython_cmds() -> list[str]: commands of this extension."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_commands_init(PyObject *module)
{
    return PyModule_AddFunctions(module, exec_methods);
}
