/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads lines that the user edits with crash's own readline: for the REPL, and for input() in a
 * program that has imported the module `readline` (pykdump/runtime/line_editor.py).  Our settings,
 * callbacks, history and bindings are in readline only while one line is read, so crash always
 * finds its own.
 */
#include "base/pycompat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "crash/readline_access.h"
#include "crash/readline_bindings.h"
#include "guard/watcher.h"
#include "module/module.h"
#include "session/output.h"

#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

/* More matches than this are counted, not listed. */
#define SHOWN_MATCHES_MAX 400

/* What a caller of _edit_line() gives: all are borrowed. */
struct request {
    const char *prompt, *delimiters;
    PyObject *history, *bindings;           /* lists of str */
    PyObject *complete, *show;              /* functions, or None */
    PyObject *on_startup, *on_before_input; /* functions, or None */
};

/* The state of one reading, for the callbacks. */
static struct reading {
    struct request asked;
    PyObject *matches;
    char *line;
    int done, interrupted;
    sigset_t mask;
    struct sigaction python_sigint;
} *current;

static char **on_complete(const char *text, int start, int end);
static void on_display(char **matches, int count, int longest);
static int on_getc(FILE *stream);
static int on_startup(void);
static int on_before_input(void);

static struct mpyk_readline_setting settings[] = {
#define NUMBER(name, value) {name, sizeof(int), {.number = (value)}, {0}, NULL}
#define POINTER(name, value) {name, sizeof(void *), {.pointer = (value)}, {0}, NULL}
#define CALLBACK(name, value)                                                                      \
    {name, sizeof(void *), {.function = (void (*)(void))(value)}, {0}, NULL}
    CALLBACK("rl_attempted_completion_function", on_complete),
    CALLBACK("rl_completion_display_matches_hook", on_display),
    CALLBACK("rl_getc_function", on_getc),
    CALLBACK("rl_startup_hook", on_startup),
    CALLBACK("rl_pre_input_hook", on_before_input),
    POINTER("rl_completion_entry_function", NULL), /* completes the names of files */
    POINTER("rl_completer_word_break_characters", NULL),
    POINTER("rl_completer_quote_characters", NULL),
    POINTER("rl_basic_quote_characters", ""),
    POINTER("rl_completion_word_break_hook", NULL),
    POINTER("rl_char_is_quoted_p", NULL),
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

/* ---- calls of Python ---- */

/*
 * Call a function of the program while a line is edited; Ctrl-C reaches it.  NULL after an error:
 * an error must not cost the user the line, but Ctrl-C may.
 */
static PyObject *
call_python(struct reading *r, PyObject *function, PyObject *first, PyObject *second)
{
    PyObject *answer;

    pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
    answer = PyObject_CallFunctionObjArgs(function, first, second, NULL);
    block_sigint(&r->mask);
    mpyk_output_flush();
    if (answer == NULL) {
        mpyk_forget_all_but_interrupt();
        r->interrupted |= PyErr_Occurred() != NULL;
    }
    return answer;
}

static int
call_hook(PyObject *hook)
{
    MPYK_REF *answer =
        hook != Py_None && !current->interrupted ? call_python(current, hook, NULL, NULL) : NULL;

    (void)answer;
    return 0;
}

/* rl_startup_hook: before the prompt is shown. */
static int
on_startup(void)
{
    return call_hook(current->asked.on_startup);
}

/* rl_pre_input_hook: after the prompt is shown. */
static int
on_before_input(void)
{
    return call_hook(current->asked.on_before_input);
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

/* complete(line before the word, the word) -> (matches, character to append, text to insert). */
static PyObject *
ask_completer(struct reading *r, const char *text, int start)
{
    const char *buffer = *(char **)mpyk_readline_place("rl_line_buffer");
    MPYK_REF *head = mpyk_str(buffer, start);
    MPYK_REF *word = mpyk_str(text, (Py_ssize_t)strlen(text));

    if (head == NULL || word == NULL) {
        PyErr_Clear();
        return NULL;
    }
    return call_python(r, r->asked.complete, head, word);
}

/* rl_attempted_completion_function.  With None for a completer, readline completes file names. */
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
        *over = r->asked.complete != Py_None;
    }
    answer = r->asked.complete != Py_None ? ask_completer(r, text, start) : NULL;
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
    if (!r->interrupted) {
        mpyk_forget_all_but_interrupt();
    }
    return matches;
}

/* Give the matches to the program's own function: matches[0] is what they have in common. */
static void
show_matches(struct reading *r, char **matches, int count, int longest)
{
    MPYK_REF *list = PyList_New(0);
    MPYK_REF *width = PyLong_FromLong(longest);
    MPYK_REF *answer = NULL;

    for (int i = 0; list != NULL && i <= count; i++) {
        if (mpyk_append(list, mpyk_str(matches[i], (Py_ssize_t)strlen(matches[i]))) < 0) {
            break;
        }
    }
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return;
    }
    answer = call_python(r, r->asked.show, list, width);
}

/*
 * rl_completion_display_matches_hook.  readline cannot ask whether to show many matches when it is
 * called for each key.
 */
static void
on_display(char **matches, int count, int longest)
{
    if (current->asked.show != Py_None) {
        show_matches(current, matches, count, longest);
        return;
    }
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

/* Call `use` with each text of a list.  A text that has no place in a C string is left out. */
static void
for_each_text(PyObject *list, void (*use)(const char *))
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        const char *text = mpyk_as_text(PyList_GET_ITEM(list, i));

        if (text != NULL) {
            use(text);
        }
        PyErr_Clear();
    }
}

static void
bind(const char *line)
{
    (void)mpyk_readline_bind(line);
}

/* Read keys until the line is complete, or Ctrl-C has come. */
static void
edit(struct reading *r)
{
    current = r;
    mpyk_rl.rl_callback_handler_install(r->asked.prompt, on_line);
    keep_sigint(r);
    while (!r->done && !r->interrupted && wait_for_key(r, fileno(stdin)) == 0) {
        mpyk_rl.rl_callback_read_char();
    }
    if (r->interrupted) {
        drop_line(r);
    }
    current = NULL;
}

/* Read a line into r->line; NULL at the end of the input.  0; -1 with an exception set. */
static int
read_edited(struct reading *r)
{
    struct mpyk_readline_bindings *saved = NULL;

    block_sigint(&r->mask);
    if (PyErr_CheckSignals() < 0) {
        pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
        return -1;
    }
    sigaction(SIGINT, NULL, &r->python_sigint);
    mpyk_readline_enter(settings, Py_ARRAY_LENGTH(settings));
    *(FILE **)mpyk_readline_place("rl_instream") = stdin;
    *(FILE **)mpyk_readline_place("rl_outstream") = stdout;
    *(const char **)mpyk_readline_place("rl_completer_word_break_characters") = r->asked.delimiters;
    if (PyList_GET_SIZE(r->asked.bindings) > 0) {
        saved = mpyk_readline_bindings_save();
    }
    if (saved != NULL) {
        for_each_text(r->asked.bindings, bind);
    }
    for_each_text(r->asked.history, mpyk_rl.add_history);
    edit(r);
    mpyk_readline_bindings_restore(saved);
    mpyk_readline_leave(settings, Py_ARRAY_LENGTH(settings));
    keep_sigint(r);
    fflush(stdout);
    pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
    return r->interrupted ? -1 : 0;
}

/* crash's readline belongs to the main thread; others get a line without editing. */
static int
read_line(struct reading *r)
{
    mpyk_output_flush();
    if (!mpyk_lines_are_edited() || !mpyk_watcher_is_main_thread()) {
        return mpyk_read_plain(r->asked.prompt, &r->line);
    }
    return current == NULL ? read_edited(r)
                           : MPYK_FAILED(MPYK_FAIL_STATE, "a line is being read already");
}

static PyObject *
py_edit_line(PyObject *Py_UNUSED(module), PyObject *args_)
{
    struct reading reading = {0};
    struct request *asked = &reading.asked;
    MPYK_MALLOC char *line = NULL;
    size_t size;
    int rc;

    if (!PyArg_ParseTuple(args_, "sO!O!sOOOO:_edit_line", &asked->prompt, &PyList_Type,
                          &asked->history, &PyList_Type, &asked->bindings, &asked->delimiters,
                          &asked->complete, &asked->show, &asked->on_startup,
                          &asked->on_before_input)) {
        return NULL;
    }
    rc = read_line(&reading);
    line = reading.line;
    if (rc < 0) {
        return NULL;
    }
    if (line == NULL) {
        Py_RETURN_NONE;
    }
    size = strlen(line);
    return mpyk_str(line, (Py_ssize_t)(size > 0 && line[size - 1] == '\n' ? size - 1 : size));
}

/* ---- the line that is being edited ---- */

static int
number_in(const char *variable)
{
    const int *place = mpyk_readline_place(variable);

    return place != NULL ? *place : 0;
}

static PyObject *
py_edited_line(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    const char *buffer = current != NULL ? *(char **)mpyk_readline_place("rl_line_buffer") : "";

    return Py_BuildValue("(Ni)", mpyk_str(buffer, (Py_ssize_t)strlen(buffer)),
                         number_in("rl_completion_type"));
}

static PyObject *
py_edit_insert(PyObject *Py_UNUSED(module), PyObject *text)
{
    const char *inserted = mpyk_as_text(text);

    if (inserted == NULL) {
        return NULL;
    }
    if (current != NULL) {
        mpyk_rl.rl_insert_text(inserted);
    }
    Py_RETURN_NONE;
}

static PyObject *
py_edit_redisplay(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    mpyk_output_flush();
    if (current != NULL) {
        mpyk_rl.rl_redisplay();
    }
    Py_RETURN_NONE;
}

static PyMethodDef editor_methods[] = {
    {"_edit_line", py_edit_line, METH_VARARGS,
     "_edit_line(prompt, history, bindings, delimiters, complete, show, on_startup, "
     "on_before_input) -> str | None: a line, None at the end of the input."},
    {"_edited_line", py_edited_line, METH_NOARGS,
     "_edited_line() -> (str, int): the line that is being edited, and readline's code of the kind "
     "of completion."},
    {"_edit_insert", py_edit_insert, METH_O,
     "_edit_insert(text): insert into the line that is being edited."},
    {"_edit_redisplay", py_edit_redisplay, METH_NOARGS,
     "_edit_redisplay(): show the line that is being edited again."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_line_editor_init(PyObject *module)
{
    return PyModule_AddFunctions(module, editor_methods);
}
