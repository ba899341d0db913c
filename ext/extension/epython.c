/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See epython.h. */
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

/* What _runner.main() returns when SIGINT ended the program. */
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
    module = PyImport_ImportModule("pykdump._runner");
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
    int status = 1;

    mpyk_signals_enter(&signals);
    if (mpyk_interp_start() == 0) {
        if (run_depth++ == 0) {
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
        fprintf(fp, "this file was built for another release of crash\n");
    }
    mpyk_symbols_print(fp, mpyk_gdb_major());
    mpyk_layout_print(fp);
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

/* argv has the words after `epython`. */
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
    /* argv[-1] is `epython`.  Common options may follow it, and then the words of a program. */
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
