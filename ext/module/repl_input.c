/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines without editing, and the begin of a REPL.  The lines come through crash's stdin, which has
 * what crash has read ahead.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "crash/readline_access.h"
#include "module/module.h"
#include "guard/guard.h"
#include "session/output.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/* A line that mpyk_read_plain() has read after a signal had come. */
static char *kept_line;

int
mpyk_lines_are_edited(void)
{
    return isatty(fileno(stdin)) && mpyk_readline_found();
}

/*
 * Read a line of stdin with its newline; NULL at the end, or when a signal came.  True if the
 * caller should try again.
 */
static int
get_line(char **line)
{
    size_t size = 0;
    ssize_t got;
    int interrupted;

    Py_BEGIN_ALLOW_THREADS got = getline(line, &size, stdin);
    Py_END_ALLOW_THREADS interrupted = got < 0 && !feof(stdin) && errno == EINTR;
    if (got < 0) {
        free(*line);
        *line = NULL;
    }
    if (interrupted || isatty(fileno(stdin))) {
        clearerr(stdin);
    }
    return interrupted;
}

/*
 * If stdin is not a terminal, prompt and line are printed, as crash does it, so that the output
 * reads like a session; but not if crash was started with -s.
 */
int
mpyk_read_plain(const char *prompt, char **line)
{
    int terminal = isatty(fileno(stdin)), shown = terminal || !(pc->flags & SILENT);
    int again, rc;

    if (shown) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    do {
        again = 0;
        *line = kept_line;
        kept_line = NULL;
        if (*line == NULL) {
            again = get_line(line);
        }
        rc = PyErr_CheckSignals();
    } while (again && rc == 0);
    if (rc < 0) {
        /* The signal was not meant for a whole line that came after it. */
        if (*line != NULL && strchr(*line, '\n') != NULL) {
            kept_line = *line;
        } else {
            free(*line);
        }
        *line = NULL;
        return -1;
    }
    if (shown && !terminal) {
        fputs(*line != NULL ? *line : "\n", stdout);
        fflush(stdout);
    }
    return 0;
}

/*
 * crash has started a pager for the command's output, but a REPL needs none.  The pager exits at
 * the end of its input.
 */
static void
leave_pager(void)
{
    if (pc->stdpipe == NULL || fp != pc->stdpipe) {
        return;
    }
    mpyk_output_flush();
    fclose(pc->stdpipe);
    pc->stdpipe = NULL;
    fp = stdout;
    while (pc->stdpipe_pid > 0 && waitpid(pc->stdpipe_pid, NULL, 0) < 0 && errno == EINTR) {
    }
    pc->stdpipe_pid = 0;
    pc->pipe_command[0] = '\0';
    pc->redirect &= ~(ulong)(REDIRECT_TO_STDPIPE | REDIRECT_PID_KNOWN);
    pc->redirect |= REDIRECT_NOT_DONE;
    mpyk_output_reset();
}

static PyObject *
py_repl_begin(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    free(kept_line);
    kept_line = NULL;
    if (mpyk_guard_depth() == 0) {
        leave_pager();
    }
    return Py_BuildValue("(NN)", PyBool_FromLong(mpyk_lines_are_edited()),
                         PyBool_FromLong(!(pc->flags & SILENT)));
}

static PyMethodDef repl_methods[] = {
    {"_repl_begin", py_repl_begin, METH_NOARGS,
     "_repl_begin() -> (bool, bool): end crash's pager; whether lines can be edited, and whether "
     "crash is talkative."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_repl_input_init(PyObject *module)
{
    return PyModule_AddFunctions(module, repl_methods);
}
