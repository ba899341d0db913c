/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The `epython` command and the one way from crash into Python: mpyk_run().
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "crash_needs.h"
#include "epython.h"
#include "gdb_bridge.h"
#include "guard.h"
#include "output.h"
#include "signals.h"

/* What runner.main() returns when SIGINT ended the program. */
#define STATUS_INTERRUPTED 130

static int run_depth;

static const char epython_usage[] =
    "Usage: epython [options] [PROGRAM [ARGUMENT ...]]\n"
    "  epython                     Python statements one by one, until exit() or Ctrl-D\n"
    "  epython prog.py [ARG ...]   run a program: a file, or a name found in $PYKDUMPPATH or in "
    "the bundle\n"
    "  epython -c CODE [ARG ...]   run one line of Python\n"
    "  epython -m MODULE [ARG ...] run a module of the bundle as a program\n"
    "Options:\n"
    "  -i                          after the program, go on with statements in its namespace\n"
    "  -d N                        debug level N for the program\n"
    "  -h, --help, --ehelp         show this text\n"
    "  -V, -v, --version           show the versions of everything involved\n"
    "Output goes where crash sends it: `epython prog.py | head` and `epython prog.py > file` "
    "work.\n";

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
            mpyk_run_starts();
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

static void
print_version(void)
{
    fprintf(fp, "mpykdump %s (source %s), built for crash %s, %s\n", MPYK_VERSION, MPYK_SOURCE_ID,
            MPYK_BUILT_FOR_CRASH, MACHINE_TYPE);
    fprintf(fp, "Python %s\n", Py_GetVersion());
    fprintf(fp, "crash %s, gdb %s, target %s\n",
            pc->program_version != NULL ? pc->program_version : "unknown",
            pc->gdb_version != NULL ? pc->gdb_version : "unknown",
            MPYK_HAS(build_target) && build_target != NULL ? build_target : MACHINE_TYPE);
    if (!mpyk_runs_in_its_release()) {
        fprintf(fp, "this file was not built for that very release of crash\n");
    }
    mpyk_needs_print(fp, mpyk_gdb_major());
    mpyk_abi_print(fp);
    fprintf(fp, "loaded from %s\n", mpyk_so_path() != NULL ? mpyk_so_path() : "an unknown place");
}

static int
is_one_of(const char *word, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(word, *names) == 0) {
            return 1;
        }
    }
    return 0;
}

static int
usage_error(const char *what, const char *word)
{
    fprintf(fp, "epython: %s%s; try `epython -h`.\n", what, word);
    return 1;
}

/* `-d N prog args` is the old spelling of `prog --debug N args`. */
static int
run_with_debug(int argc, char **argv)
{
    static char option[] = "--debug";

    if (argc < 3) {
        return usage_error("-d needs a level and a program", "");
    }
    argv[0] = argv[2];
    argv[2] = argv[1];
    argv[1] = option;
    return mpyk_run("program", argc, argv);
}

/* argv: the words after `epython`. */
static int
epython_main(int argc, char **argv)
{
    static const char *const help[] = {"-h", "--help", "--ehelp", NULL};
    static const char *const version[] = {"-V", "-v", "--version", NULL};

    if (argc > 0 && is_one_of(argv[0], help)) {
        fputs(epython_usage, fp);
        return 0;
    }
    if (argc > 0 && is_one_of(argv[0], version)) {
        print_version();
        return 0;
    }
    /* argv[-1] is `epython`: common options may follow it, and then the words of a program. */
    if (argc == 0 || strncmp(argv[0], "--", 2) == 0) {
        return mpyk_run("session", argc + 1, argv - 1);
    }
    if (strcmp(argv[0], "-i") == 0) {
        return mpyk_run("interactive", argc, argv);
    }
    if (strcmp(argv[0], "-d") == 0) {
        return run_with_debug(argc, argv);
    }
    if (strcmp(argv[0], "-c") == 0) {
        return argc > 1 ? mpyk_run("string", argc - 1, argv + 1) : usage_error("-c needs code", "");
    }
    if (strcmp(argv[0], "-m") == 0) {
        return argc > 1 ? mpyk_run("module", argc - 1, argv + 1)
                        : usage_error("-m needs a module", "");
    }
    if (argv[0][0] == '-') {
        return usage_error("unknown option ", argv[0]);
    }
    return mpyk_run("program", argc, argv);
}

void
mpyk_cmd_epython(void)
{
    struct mpyk_words words;

    mpyk_split_line(&words);
    (void)epython_main(words.argc - 1, words.argv + 1);
}
