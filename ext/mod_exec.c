/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands of crash and gdb from Python, with their output as text, nested to any depth; and
 * commands that programs register.
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "epython.h"
#include "guard.h"
#include "mod_crash.h"
#include "output.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

struct execution {
    FILE *capture;
    const char *command;
    int ok;
};

/* ---- where output is collected ---- */

/* A file, not a memory stream: commands call fileno() and fork children that print.  One is kept
 * for the next call. */
static FILE *spare_capture;
static pid_t spare_owner;

static FILE *
capture_open(void)
{
    FILE *stream = spare_capture;
    int fd;

    spare_capture = NULL;
    if (spare_owner != getpid()) {
        stream = NULL; /* a forked child must not touch the file of its parent */
    }
    if (stream != NULL) {
        return stream;
    }
    fd = memfd_create("mpykdump", MFD_CLOEXEC);
    stream = fd >= 0 ? fdopen(fd, "w+") : tmpfile();
    if (stream == NULL) {
        PyErr_SetFromErrno(PyExc_OSError);
        if (fd >= 0) {
            close(fd);
        }
    }
    return stream;
}

static void
capture_close(FILE *stream)
{
    rewind(stream);
    if (spare_capture == NULL && ftruncate(fileno(stream), 0) == 0) {
        spare_capture = stream;
        spare_owner = getpid();
    } else {
        fclose(stream);
    }
}

static PyObject *
capture_text(FILE *stream)
{
    PyObject *bytes, *text;
    long size;
    ssize_t got;

    fflush(stream);
    size = (long)lseek(fileno(stream), 0, SEEK_END);
    if (size < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    got = pread(fileno(stream), PyBytes_AS_STRING(bytes), (size_t)size, 0);
    text = got < 0 ? PyErr_SetFromErrno(PyExc_OSError) : mpyk_text(PyBytes_AS_STRING(bytes), got);
    Py_DECREF(bytes);
    return text;
}

/*
 * Raise `exception` again, which this takes over.  A failed command's crash.error carries all that
 * it printed, crash's message included.
 */
static void
raise_with_text(PyObject *exception, PyObject *printed)
{
    int is_ours = PyErr_GivenExceptionMatches(exception, mpyk_error);

    PyErr_Clear();
    if (is_ours && printed != NULL && PyUnicode_GET_LENGTH(printed) > 0) {
        PyErr_SetObject(mpyk_error, printed);
    } else {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    }
    Py_DECREF(exception);
}

/* Run call(e) with crash's output collected.  The text; NULL with an exception set if the call
 * failed. */
static PyObject *
collect(int (*guarded)(mpyk_call, void *), mpyk_call call, struct execution *e)
{
    PyObject *text, *exception;
    int rc, outer_broken = mpyk_output_broken();

    mpyk_output_flush();
    e->capture = capture_open();
    if (e->capture == NULL) {
        return NULL;
    }
    mpyk_output_set_broken(0);
    rc = guarded(call, e);
    mpyk_output_set_broken(outer_broken);
    exception = rc < 0 ? mpyk_take_exception() : NULL;
    text = capture_text(e->capture);
    capture_close(e->capture);
    if (rc < 0) {
        raise_with_text(exception, text);
        Py_CLEAR(text);
    }
    return text;
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
    if (argcnt > 0) {
        exec_command();
    }
    fflush(fp);
}

/* The first word of a command line is `word`. */
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
        PyErr_Format(mpyk_error, "a crash command has at most %d characters; this one has %zu",
                     BUFSIZE - 1, strlen(line));
        return -1;
    }
    if (strchr(line, '\n') != NULL) {
        PyErr_SetString(mpyk_error, "a crash command is one line; give the lines one by one");
        return -1;
    }
    if (command_is(line, "extend") && strstr(line, "-u") != NULL) {
        PyErr_SetString(
            mpyk_error,
            "`extend -u` cannot run from a program: it could unload Python under its own feet");
        return -1;
    }
    return 0;
}

/* crash only prints that it knows no such command.  1 or 0; -1 with an exception. */
static int
is_unknown_command(PyObject *text, const char *command)
{
    static const char *const formats[] = {"%s: command not found: ",
                                          "%s: %U: command not available in minimal mode"};
    size_t size = strcspn(command, " \t");
    PyObject *word = mpyk_text(command, (Py_ssize_t)size), *start;
    Py_ssize_t found = word == NULL ? -1 : 0;

    for (size_t i = 0; found == 0 && i < Py_ARRAY_LENGTH(formats); i++) {
        start = PyUnicode_FromFormat(formats[i], pc->program_name, word);
        found = start == NULL ? -1 : PyUnicode_Tailmatch(text, start, 0, PY_SSIZE_T_MAX, -1);
        Py_XDECREF(start);
    }
    Py_XDECREF(word);
    return (int)found;
}

static PyObject *
py_exec_crash_command(PyObject *Py_UNUSED(module), PyObject *args_, PyObject *kw)
{
    static char *names[] = {"command", "no_stdout", NULL};
    struct execution e = {0};
    PyObject *command, *text;
    int no_stdout = 0;

    if (!PyArg_ParseTupleAndKeywords(args_, kw, "U|p:exec_crash_command", names, &command,
                                     &no_stdout)) {
        return NULL;
    }
    e.command = mpyk_c_string(command);
    if (e.command == NULL || check_command(e.command) < 0) {
        return NULL;
    }
    text = collect(mpyk_guarded_command, call_exec_command, &e);
    if (command_is(e.command, "mod") || command_is(e.command, "sym") ||
        command_is(e.command, "set")) {
        mpyk_symbols_flush();
    }
    if (text != NULL && is_unknown_command(text, e.command + strspn(e.command, " \t")) != 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(mpyk_error, text);
        }
        Py_CLEAR(text);
    }
    return text;
}

/* A forked child's way: what the command prints is in the pipe when it is printed, so that a
 * timeout loses nothing. */
static PyObject *
py_exec_crash_command_fd(PyObject *Py_UNUSED(module), PyObject *args_)
{
    struct execution e = {0};
    PyObject *command;
    int fd, rc;

    if (!PyArg_ParseTuple(args_, "Ui:_exec_crash_command_fd", &command, &fd)) {
        return NULL;
    }
    e.command = mpyk_c_string(command);
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
    e->ok = gdb_pass_through((char *)e->command, e->capture, GNU_RETURN_ON_ERROR);
    fflush(fp);
}

static PyObject *
run_gdb(PyObject *command, int *ok)
{
    struct execution e = {0};
    PyObject *text;

    e.command = mpyk_c_string(command);
    if (e.command == NULL) {
        return NULL;
    }
    if (*e.command == '\0') {
        *ok = 1;
        return PyUnicode_FromString("");
    }
    text = collect(mpyk_guarded_command, call_gdb, &e);
    *ok = e.ok;
    return text;
}

static PyObject *
py_exec_gdb_command(PyObject *Py_UNUSED(module), PyObject *command)
{
    int ok = 0;
    PyObject *text = run_gdb(command, &ok);

    if (text != NULL && !ok) {
        if (PyUnicode_GET_LENGTH(text) > 0) {
            PyErr_SetObject(mpyk_error, text);
        } else {
            PyErr_Format(mpyk_error, "gdb request failed: %U", command);
        }
        Py_CLEAR(text);
    }
    return text;
}

static PyObject *
py_get_GDB_output(PyObject *Py_UNUSED(module), PyObject *command)
{
    int ok = 0;
    PyObject *text = run_gdb(command, &ok);

    if (text != NULL && !ok) {
        Py_DECREF(text);
        Py_RETURN_NONE;
    }
    return text;
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
    struct execution e = {0};
    char *old = strdup(pc->error_path != NULL ? pc->error_path : "default");
    PyObject *result = NULL;

    e.command = mpyk_c_string(target);
    /* Under a command's guard: it keeps what set_error() has set, and lets set_error() free what
     * was there. */
    if (e.command != NULL && old != NULL && mpyk_guarded_command(call_set_error, &e) == 0) {
        if (e.ok) {
            result = PyUnicode_DecodeFSDefault(old);
        } else {
            PyErr_Format(mpyk_error, "crash cannot write its errors to %s", e.command);
        }
    }
    free(old);
    return result;
}

/* ---- commands of programs ---- */

static PyObject *
py_register_epython_prog(PyObject *Py_UNUSED(module), PyObject *args_)
{
    const char *name, *summary, *synopsis, *text, *reason = "";

    if (!PyArg_ParseTuple(args_, "ssss:register_epython_prog", &name, &summary, &synopsis, &text)) {
        return NULL;
    }
    if (mpyk_command_add(name, summary, synopsis, text, &reason) < 0) {
        return PyErr_Format(mpyk_error, "cannot register `%s`: %s", name, reason);
    }
    Py_RETURN_NONE;
}

static PyObject *
py_get_epython_cmds(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    const char *name;

    for (int i = 0; list != NULL && (name = mpyk_command_name(i)) != NULL; i++) {
        PyObject *item = PyUnicode_FromString(name);

        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    return list;
}

static PyMethodDef exec_methods[] = {
    {"exec_crash_command", (PyCFunction)(void (*)(void))py_exec_crash_command,
     METH_VARARGS | METH_KEYWORDS,
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
     "register_epython_prog(name, summary, synopsis, help): make the program `name` a crash "
     "command."},
    {"get_epython_cmds", py_get_epython_cmds, METH_NOARGS,
     "get_epython_cmds() -> list[str]: commands of this extension."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_mod_exec_init(PyObject *module)
{
    return PyModule_AddFunctions(module, exec_methods);
}

void
mpyk_exec_clear(void)
{
    if (spare_capture != NULL) {
        fclose(spare_capture);
        spare_capture = NULL;
    }
}
