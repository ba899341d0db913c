/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads lines for the REPL.  On a terminal, crash's own readline edits them.  Our settings,
 * handlers and history are in readline only while one line is read, so crash always finds its
 * own.  Otherwise lines come through crash's stdin, which has what crash has read ahead.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "crash/readline_access.h"
#include "guard/guard.h"
#include "module/module.h"
#include "session/output.h"

#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

/* More matches than this are counted, not listed. */
#define SHOWN_MATCHES_MAX 400

/* The state of one reading, for the callbacks. */
static struct reading {
    PyObject *completer, *matches;
    char *line;
    int done, interrupted;
    sigset_t mask;
    struct sigaction python_sigint;
} *current;

/* A line that read_plain() has read after a signal had come. */
static char *kept_line;

static char **on_complete(const char *text, int start, int end);
static void on_display(char **matches, int count, int longest);
static int on_getc(FILE *stream);

static struct mpyk_readline_setting settings[] = {
#define NUMBER(name, value) {name, sizeof(int), {.number = (value)}, {0}, NULL}
#define POINTER(name, value) {name, sizeof(void *), {.pointer = (value)}, {0}, NULL}
#define CALLBACK(name, value)                                                                      \
    {name, sizeof(void *), {.function = (void (*)(void))(value)}, {0}, NULL}
    CALLBACK("rl_attempted_completion_function", on_complete),
    CALLBACK("rl_completion_display_matches_hook", on_display),
    CALLBACK("rl_getc_function", on_getc),
    POINTER("rl_completer_word_break_characters", " \t\n`~!@#$%^&*()-=+[{]}\\|;:'\",.<>/?"),
    POINTER("rl_completer_quote_characters", NULL),
    POINTER("rl_basic_quote_characters", ""),
    POINTER("rl_completion_word_break_hook", NULL),
    POINTER("rl_char_is_quoted_p", NULL),
    POINTER("rl_startup_hook", NULL),
    POINTER("rl_pre_input_hook", NULL),
    POINTER("rl_event_hook", NULL),
    POINTER("rl_instream", NULL),
    POINTER("rl_outstream", NULL),
    NUMBER("rl_inhibit_completion", 0),
    NUMBER("rl_catch_signals", 1),
    NUMBER("rl_catch_sigwinch", 1),
    NUMBER("rl_persistent_signal_handlers", 1),
    NUMBER("rl_sort_completion_matches", 1),
    NUMBER("rl_attempted_completion_over", 1),
    NUMBER("rl_completion_append_character", 0),
};

/* ---- waiting for keys ---- */

static void
block_sigint(sigset_t *old)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, old);
}

/*
 * Restore Python's handler of SIGINT.  readline has set its own, together with those for SIGTSTP,
 * SIGWINCH... which we want.
 */
static void
keep_sigint(struct reading *r)
{
    sigaction(SIGINT, &r->python_sigint, NULL);
}

/* Wait for a key, and let SIGINT in.  0; -1 with KeyboardInterrupt set. */
static int
wait_for_key(struct reading *r, int fd)
{
    fd_set set;
    int ready;

    for (;;) {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        Py_BEGIN_ALLOW_THREADS ready = pselect(fd + 1, &set, NULL, NULL, NULL, &r->mask);
        Py_END_ALLOW_THREADS if (ready >= 0 || errno != EINTR)
        {
            return 0; /* reading the key will show the error */
        }
        if (PyErr_CheckSignals() < 0) {
            r->interrupted = 1;
            return -1;
        }
        mpyk_rl.rl_check_signals(); /* the window's size has changed, or we were stopped */
        keep_sigint(r);
        mpyk_rl.rl_forced_update_display();
    }
}

/* rl_getc_function.  readline also calls it for more keys while it handles one. */
static int
on_getc(FILE *stream)
{
    unsigned char key;
    ssize_t got;

    do {
        if (current == NULL || current->interrupted || wait_for_key(current, fileno(stream)) < 0) {
            return EOF;
        }
        got = read(fileno(stream), &key, 1);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    return got == 1 ? key : EOF;
}

/* ---- completion ---- */

static char *
next_match(const char *Py_UNUSED(text), int state)
{
    static Py_ssize_t next;
    const char *match = NULL;

    if (state == 0) {
        next = 0;
    }
    while (match == NULL && next < PyList_GET_SIZE(current->matches)) {
        match = PyUnicode_AsUTF8(PyList_GET_ITEM(current->matches, next++));
        PyErr_Clear();
    }
    return match != NULL ? strdup(match) : NULL;
}

/* completer(line before the word, the word) -> (matches, character to append, text to insert). */
static PyObject *
ask_completer(struct reading *r, const char *text, int start)
{
    const char *buffer = *(char **)mpyk_readline_place("rl_line_buffer");
    MPYK_REF *head = mpyk_str(buffer, start);
    MPYK_REF *word = mpyk_str(text, (Py_ssize_t)strlen(text));
    PyObject *answer;

    if (head == NULL || word == NULL) {
        return NULL;
    }
    pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
    answer = PyObject_CallFunctionObjArgs(r->completer, head, word, NULL);
    block_sigint(&r->mask);
    return answer;
}

/* rl_attempted_completion_function.  An error of the completer must not cost the user the line;
 * Ctrl-C may. */
static char **
on_complete(const char *text, int start, int Py_UNUSED(end))
{
    int *over = mpyk_readline_place("rl_attempted_completion_over");
    int *append_place = mpyk_readline_place("rl_completion_append_character");
    struct reading *r = current;
    const char *append, *insert;
    MPYK_REF *answer = NULL;
    PyObject *list;
    char **matches = NULL;

    if (over != NULL) {
        *over = 1;
    }
    answer = r->completer != Py_None ? ask_completer(r, text, start) : NULL;
    if (answer != NULL && PyArg_ParseTuple(answer, "O!ss", &PyList_Type, &list, &append, &insert)) {
        r->matches = list;
        if (*insert != '\0') {
            mpyk_rl.rl_insert_text(insert);
        }
        matches = mpyk_rl.rl_completion_matches(text, next_match);
        r->matches = NULL;
        if (append_place != NULL) {
            *append_place = (unsigned char)*append;
        }
    }
    mpyk_forget_all_but_interrupt();
    r->interrupted |= PyErr_Occurred() != NULL;
    return matches;
}

/*
 * rl_completion_display_matches_hook.  readline cannot ask whether to show many matches when it is
 * called for each key.
 */
static void
on_display(char **matches, int count, int longest)
{
    if (count > SHOWN_MATCHES_MAX) {
        fprintf(stdout, "\n%d possibilities: type more of the name.\n", count);
    } else {
        fputc('\n', stdout);
        mpyk_rl.rl_display_match_list(matches, count, longest);
    }
    mpyk_rl.rl_forced_update_display();
}

/* ---- a line ---- */

static void
on_line(char *line)
{
    mpyk_rl.rl_callback_handler_remove();
    current->line = line;
    current->done = 1;
}

static void
drop_line(struct reading *r)
{
    mpyk_rl.rl_free_line_state();
    mpyk_rl.rl_callback_sigcleanup();
    mpyk_rl.rl_cleanup_after_signal();
    mpyk_rl.rl_callback_handler_remove();
    free(r->line);
    r->line = NULL;
}

/* Read a line into r->line; NULL at the end of the input.  0; -1 with an exception set. */
static int
read_edited(struct reading *r, const char *prompt)
{
    block_sigint(&r->mask);
    if (PyErr_CheckSignals() < 0) {
        pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
        return -1;
    }
    sigaction(SIGINT, NULL, &r->python_sigint);
    mpyk_readline_enter(settings, Py_ARRAY_LENGTH(settings));
    *(FILE **)mpyk_readline_place("rl_instream") = stdin;
    *(FILE **)mpyk_readline_place("rl_outstream") = stdout;
    current = r;
    mpyk_rl.rl_callback_handler_install(prompt, on_line);
    keep_sigint(r);
    while (!r->done && !r->interrupted && wait_for_key(r, fileno(stdin)) == 0) {
        mpyk_rl.rl_callback_read_char();
    }
    if (r->interrupted) {
        drop_line(r);
    }
    current = NULL;
    mpyk_readline_leave(settings, Py_ARRAY_LENGTH(settings));
    keep_sigint(r);
    fflush(stdout);
    pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
    return r->interrupted ? -1 : 0;
}

/*
 * Read a line of stdin with its newline; NULL at the end, or when a signal came.  True if the
 * caller should try again.
 */
static int
get_line(struct reading *r)
{
    size_t size = 0;
    ssize_t got;
    int interrupted;

    Py_BEGIN_ALLOW_THREADS got = getline(&r->line, &size, stdin);
    Py_END_ALLOW_THREADS interrupted = got < 0 && !feof(stdin) && errno == EINTR;
    if (got < 0) {
        free(r->line);
        r->line = NULL;
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
static int
read_plain(struct reading *r, const char *prompt)
{
    int terminal = isatty(fileno(stdin)), shown = terminal || !(pc->flags & SILENT);
    int again, rc;

    if (shown) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    do {
        again = 0;
        r->line = kept_line;
        kept_line = NULL;
        if (r->line == NULL) {
            again = get_line(r);
        }
        rc = PyErr_CheckSignals();
    } while (again && rc == 0);
    if (rc < 0) {
        /* The signal was not meant for a whole line that came after it. */
        if (r->line != NULL && strchr(r->line, '\n') != NULL) {
            kept_line = r->line;
        } else {
            free(r->line);
        }
        return -1;
    }
    if (shown && !terminal) {
        fputs(r->line != NULL ? r->line : "\n", stdout);
        fflush(stdout);
    }
    return 0;
}

static PyObject *
py_repl_read(PyObject *Py_UNUSED(module), PyObject *args_)
{
    struct reading reading = {0};
    MPYK_MALLOC char *line = NULL;
    const char *prompt;
    size_t size;
    int rc;

    if (!PyArg_ParseTuple(args_, "sO:_repl_read", &prompt, &reading.completer)) {
        return NULL;
    }
    if (current != NULL) {
        return mpyk_fail(MPYK_FAIL_STATE, "a line is being read already");
    }
    mpyk_output_flush();
    rc = isatty(fileno(stdin)) && mpyk_readline_found() ? read_edited(&reading, prompt)
                                                        : read_plain(&reading, prompt);
    if (rc < 0) {
        return NULL;
    }
    line = reading.line;
    if (line == NULL) {
        Py_RETURN_NONE;
    }
    size = strlen(line);
    if (size > 0 && line[size - 1] == '\n') {
        size--;
    }
    return mpyk_str(line, (Py_ssize_t)size);
}

/* ---- the session ---- */

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
    int edited = isatty(fileno(stdin)) && mpyk_readline_found();

    free(kept_line);
    kept_line = NULL;
    if (mpyk_guard_depth() == 0) {
        leave_pager();
    }
    return Py_BuildValue("(NN)", PyBool_FromLong(edited), PyBool_FromLong(!(pc->flags & SILENT)));
}

static PyObject *
py_repl_history_add(PyObject *Py_UNUSED(module), PyObject *line)
{
    const char *text = mpyk_as_text(line);

    if (text == NULL) {
        return NULL;
    }
    mpyk_readline_remember(text);
    Py_RETURN_NONE;
}

static PyMethodDef readline_methods[] = {
    {"_repl_begin", py_repl_begin, METH_NOARGS,
     "_repl_begin() -> (bool, bool): end crash's pager; whether lines can be edited, and whether "
     "crash is talkative."},
    {"_repl_read", py_repl_read, METH_VARARGS,
     "_repl_read(prompt, completer) -> str | None: a line, None at the end of the input.\n"
     "completer(head, word) -> (list of matches, character to append, text to insert)."},
    {"_repl_history_add", py_repl_history_add, METH_O,
     "_repl_history_add(line): add to the history of the REPL."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_repl_input_init(PyObject *module)
{
    return PyModule_AddFunctions(module, readline_methods);
}
